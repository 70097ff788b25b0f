package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/vad/score"
)

// file is one file of the development set, made when it is needed.
type file struct {
	name string
	make func() take
}

// take is a file's audio and what is known of it.
type take struct {
	score.File
	near, far []int16
}

// heard is what all detectors made of one file.
type heard struct {
	results []score.Result // one for each detector
	saved   []byte
}

// hearAll runs every detector over every file, so many files at a time, and
// returns a column for each detector, with its results in the order of the files.
// What was heard is written to saved in that order too, unless it is nil.
func hearAll(ctx context.Context, cores int, detectors []detector, files []file, saved, progress io.Writer) ([]score.Column, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	all := make([]heard, len(files))
	var next, done atomic.Int64
	var hearing, telling sync.WaitGroup
	for range cores {
		hearing.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(files)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				var err error
				if all[i], err = hear(ctx, detectors, files[i], saved != nil); err != nil {
					fail(err)
				}
				done.Add(1)
			}
		})
	}
	finished := make(chan struct{})
	telling.Go(func() { tell(finished, &done, len(files), progress) })
	hearing.Wait()
	close(finished)
	telling.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if saved != nil {
		for _, h := range all {
			if _, err := saved.Write(h.saved); err != nil {
				return nil, fmt.Errorf("save what was heard: %w", err)
			}
		}
	}
	return columns(detectors, all), nil
}

func hear(ctx context.Context, detectors []detector, f file, save bool) (h heard, err error) {
	made := f.make()
	for _, d := range detectors {
		out, err := d.hear(ctx, made.near, made.far)
		if err != nil {
			return heard{}, fmt.Errorf("%s hears %s: %w", d.name, f.name, err)
		}
		result, err := score.Judge(made.File, out)
		if err != nil {
			return heard{}, fmt.Errorf("%s: %w", d.name, err)
		}
		h.results = append(h.results, result)
		if save {
			h.saved = appendFrames(h.saved, d.name, made.File, out)
		}
	}
	return h, nil
}

func columns(detectors []detector, all []heard) []score.Column {
	columns := make([]score.Column, len(detectors))
	for i, d := range detectors {
		columns[i].Name, columns[i].Barred = d.name, d.barred
		for _, h := range all {
			columns[i].Results = append(columns[i].Results, h.results[i])
		}
	}
	return columns
}

// tell says every few seconds how far it is.
func tell(finished <-chan struct{}, done *atomic.Int64, all int, progress io.Writer) {
	ticker := time.NewTicker(5 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-finished:
			return
		case <-ticker.C:
			fmt.Fprintf(progress, "heard %d of %d files\n", done.Load(), all)
		}
	}
}

// appendFrames writes a line for each frame: detector, file, frame, label,
// probability, decision, turn, whether the bot is audible.
func appendFrames(text []byte, detector string, f score.File, out score.Output) []byte {
	for k, label := range f.Labels {
		audible := k < len(f.Audible) && f.Audible[k]
		text = fmt.Appendf(text, "%s\t%s\t%d\t%d\t%.4f\t%d\t%d\t%d\n",
			detector, f.Name, k, label, out.Probability[k], bit(out.Decision[k]), bit(out.Open[k]), bit(audible))
	}
	return text
}

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lexline/internal/audio"
	"lexline/internal/hearing"
	"lexline/internal/hearplot"
)

const (
	tellFrom  = time.Minute      // recordings of this length on are reported on while they are heard
	tellEvery = 30 * time.Second // of the recording
)

// hearRun is one `lexline hear` of files.
type hearRun struct {
	env      *environment
	o        *hearOptions
	out      hearPrinter
	progress *teller
}

// heardFile is a recording as it was heard.
type heardFile struct {
	name     string
	channels int
	rate     int
	hasBot   bool
	missing  time.Duration
	picture  string        // empty: none was drawn
	was, is  hearing.Heard // is: with what --set changes
}

// file hears one file, and prints and draws what was heard.
func (h *hearRun) file(ctx context.Context, number int, name string) error {
	if err := h.o.sparesInput(number); err != nil {
		return err
	}
	source, err := openRegular(name)
	if err != nil {
		return noRecording(name, "hear: ", err)
	}
	defer source.Close()
	recording, err := hearing.NewRecording(source)
	if err != nil {
		return badRecording(name, err)
	}
	if h.o.far != "" {
		far, err := openRegular(h.o.far)
		if err != nil {
			return noRecording(h.o.far, "hear: far end: ", err)
		}
		defer far.Close()
		if err := addBot(recording, far); errors.Is(err, hearing.ErrHasBot) {
			return badRecording(name, err)
		} else if err != nil {
			return badRecording(h.o.far, err)
		}
	}
	return h.recording(ctx, number, name, recording)
}

func addBot(recording *hearing.Recording, far io.Reader) error {
	bot, err := hearing.NewBot(far)
	if err != nil {
		return err
	}
	return recording.SetBot(bot)
}

// openRegular opens a file that has an end, and that opening does not wait for.
func openRegular(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	return os.Open(name)
}

// noRecording adds advice to an error about a file that cannot be opened.
func noRecording(name, doing string, err error) error {
	err = fmt.Errorf("%s%w", doing, err)
	info, statErr := os.Stat(name)
	switch {
	case errors.Is(statErr, fs.ErrNotExist):
		return &hintError{err, "the gateway's own recordings are in the folder recording.folder of its configuration"}
	case statErr == nil && info.IsDir():
		return &hintError{err, "name the recordings in the folder: lexline hear " + filepath.Join(name, "*.wav")}
	}
	return err
}

// badRecording adds advice to an error about what is in a file.
func badRecording(name string, err error) error {
	base := filepath.Base(name)
	hint := "another program can make a WAV file of it: sox " + base + " -r 8000 -b 16 call.wav; raw audio can be heard with --frames"
	switch {
	case errors.Is(err, hearing.ErrNoAudio):
		hint = "a recording that was broken off may have lost its audio, or its header was never finished"
	case errors.Is(err, hearing.ErrChannels):
		hint = "another program can take the channels of the two sides: sox " + base + " call.wav remix 1 2"
	case errors.Is(err, hearing.ErrHasBot):
		hint = "leave --far out, or take the caller's channel alone: sox " + base + " caller.wav remix 1"
	case noAudioAtAll(name):
		hint = "hear takes recordings of calls, as WAV files: lexline hear call.wav"
	}
	return &hintError{fmt.Errorf("hear %s: %w", name, err), hint}
}

// noAudioAtAll reports whether a file is empty or begins with text, so that no
// program can make a recording of it.
func noAudioAtAll(name string) bool {
	file, err := openRegular(name)
	if err != nil {
		return false
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, 512))
	return err == nil && strings.HasPrefix(http.DetectContentType(head), "text/")
}

func (h *hearRun) recording(ctx context.Context, number int, name string, recording *hearing.Recording) error {
	file := &heardFile{name: name, channels: recording.Channels(), rate: recording.Rate(), hasBot: recording.HasBot()}
	listeners, plot := h.listeners(file)
	if err := h.listen(ctx, name, recording, listeners); err != nil {
		return badRecording(name, err)
	}
	file.missing = recording.Missing()
	file.was = listeners[0].End()
	if file.was.Length == 0 {
		return badRecording(name, hearing.ErrNoAudio)
	}
	if len(h.o.set) > 0 {
		file.is = listeners[1].End()
	}
	if plot != nil {
		if h.o.from >= file.was.Length {
			return usageError{fmt.Errorf("hear %s: --from %v is behind its end at %v", name, h.o.from, file.was.Length)}
		}
		var err error
		if file.picture, err = h.draw(number, file, plot); err != nil {
			return err
		}
	}
	return h.out.heard(file)
}

// listeners returns who hears a recording: one, or two with --set. plot has their
// traces; nil: nothing is to be drawn.
func (h *hearRun) listeners(file *heardFile) (listeners []*hearing.Listener, plot *hearplot.Plot) {
	all := []hearSettings{h.o.was}
	names := []string{""}
	if len(h.o.set) > 0 {
		all, names = append(all, h.o.is), []string{h.o.base, "with --set"}
	}
	if h.o.plot != "" {
		plot = &hearplot.Plot{Title: filepath.Base(file.name), HasBot: file.hasBot}
	}
	for i, s := range all {
		var trace *hearing.Trace
		if plot != nil {
			trace = hearing.NewTrace(h.o.from, h.o.to, hearplot.Points)
			plot.Hearings = append(plot.Hearings, hearplot.Hearing{Name: names[i], Threshold: s.Threshold, Trace: trace})
		}
		listeners = append(listeners, hearing.NewListener(newJudge(), s.Settings, s.answer, trace))
	}
	return listeners, plot
}

// listen has all of them hear the whole recording.
func (h *hearRun) listen(ctx context.Context, name string, recording *hearing.Recording, listeners []*hearing.Listener) error {
	defer h.progress.end()
	near, far := make([]int16, audio.FrameSamples), make([]int16, audio.FrameSamples)
	played := far
	if !recording.HasBot() {
		played = nil
	}
	length := recording.Length() // 0: its header does not say
	tells := length >= tellFrom || length == 0
	for now := time.Duration(0); ctx.Err() == nil; now += audio.FrameDuration {
		if err := recording.Frame(near, far); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for _, l := range listeners {
			l.Frame(near, played)
		}
		if tells && now%tellEvery == 0 && now >= tellFrom/2 {
			h.progress.say(filepath.Base(name), heardSoFar(now, length))
		}
	}
	return context.Cause(ctx)
}

// heardSoFar words how far a recording was heard, of its length if that is known.
func heardSoFar(now, length time.Duration) string {
	if length == 0 {
		return fmt.Sprintf("%v heard", now)
	}
	return fmt.Sprintf("%v of %v heard", now, length.Round(time.Second))
}

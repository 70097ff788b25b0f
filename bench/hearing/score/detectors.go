package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"lexline/bench/hearing/baseline"
	"lexline/internal/audio"
	"lexline/internal/vad"
	"lexline/internal/vad/score"
)

// detector is one column of the table.
type detector struct {
	name   string
	barred bool // whether it is held against the bars
	hear   hearer
}

// hearer hears one file from its beginning to its end; far is nil where the bot
// is silent. Several goroutines call it at the same time.
type hearer func(ctx context.Context, near, far []int16) (score.Output, error)

// listener hears one frame after the other.
type listener func(near, far []int16) (probability float32, decision, open bool)

// framewise hears a file with a new listener.
func framewise(open func() listener) hearer {
	return func(ctx context.Context, near, far []int16) (score.Output, error) {
		var out score.Output
		listen := open()
		for i := 0; i+audio.FrameSamples <= len(near); i += audio.FrameSamples {
			var bot []int16
			if i+audio.FrameSamples <= len(far) {
				bot = far[i : i+audio.FrameSamples]
			}
			p, decision, open := listen(near[i:i+audio.FrameSamples], bot)
			out.Probability = append(out.Probability, p)
			out.Decision = append(out.Decision, decision)
			out.Open = append(out.Open, open)
		}
		return out, ctx.Err()
	}
}

// builtIn are the detectors in Go.
func builtIn(o options) (map[string]func() listener, error) {
	ours, err := readWeights(o.weights)
	if err != nil {
		return nil, err
	}
	return map[string]func() listener{
		"lexline": func() listener { return lexline(ours(), o.settings) },
		"energy":  func() listener { return lexline(new(vad.Energy), o.settings) },
		"amplitude": func() listener {
			turns := baseline.Turns{Start: baseline.Start, Stop: baseline.Stop}
			return simple(baseline.Amplitude, turns)
		},
		"rms": func() listener {
			turns := baseline.Turns{Start: baseline.ArticleStart, Stop: baseline.ArticleStop}
			return simple(baseline.RMS, turns)
		},
	}, nil
}

func simple(judge func([]int16) (float32, bool), turns baseline.Turns) listener {
	return func(near, _ []int16) (float32, bool, bool) {
		p, speech := judge(near)
		return p, speech, turns.Frame(speech)
	}
}

// lexline is what the gateway hears with.
func lexline(detector vad.FrameJudge, settings vad.Settings) listener {
	ear := vad.NewEar(detector, settings)
	return func(near, far []int16) (float32, bool, bool) {
		heard := ear.Samples(near, far)
		return heard.Probability, heard.Speech, ear.Open()
	}
}

// readWeights returns what makes detectors: of the program's own network, or of the
// one in a file.
func readWeights(name string) (func() vad.FrameJudge, error) {
	if name == "" {
		return func() vad.FrameJudge { return vad.NewDetector() }, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	network, err := vad.ReadNetwork(data)
	if err == nil && network.Inputs != vad.Features {
		err = fmt.Errorf("%d inputs; the front end makes %d features", network.Inputs, vad.Features)
	}
	if err != nil {
		return nil, fmt.Errorf("weights %s: %w", name, err)
	}
	return func() vad.FrameJudge { return vad.NewDetectorOf(network) }, nil
}

// openDetectors readies the detectors of the command line. done takes away what
// was built for them.
func openDetectors(ctx context.Context, o options, progress io.Writer) (all []detector, done func(), err error) {
	known, err := builtIn(o)
	if err != nil {
		return nil, nil, err
	}
	done = func() {}
	for _, name := range o.detectors {
		if open := known[name]; open != nil {
			all = append(all, detector{name: name, barred: name == "lexline", hear: framewise(open)})
			continue
		}
		if name != "webrtc" {
			done()
			names := append(slices.Sorted(maps.Keys(known)), "webrtc")
			return nil, nil, fmt.Errorf("%w: -detector %q; want of %s", errUsage, name, strings.Join(names, ", "))
		}
		hear, remove, err := buildWebRTC(ctx)
		switch {
		case errors.Is(err, errNoCompiler) && os.Getenv("CI") == "":
			fmt.Fprintln(progress, "webrtc is left out:", err)
		case err != nil:
			return nil, nil, err
		default:
			done = remove
			all = append(all, detector{name: name, hear: hear})
		}
	}
	return all, done, nil
}

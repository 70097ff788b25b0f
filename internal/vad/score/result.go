// Package score measures how well a voice activity detector and its endpointer
// hear labelled telephone audio: which frames hold speech (F1, AUC), and what a
// caller notices of it (turns missed, first syllables clipped, turns cut early,
// waiting for an end, turns that nobody spoke).
//
// A frame has 20 ms. Judge compares what was heard of one file with its labels;
// a Table puts the quantities of all files beside their bars. Everything here is
// pure, and the same for any detector: it sees probabilities, decisions and open
// turns, never how they came to be.
package score

import (
	"fmt"
	"math"

	"lexline/internal/vad/corpus"
)

// Echo as a kind of noise is the bot's own voice that comes back.
const Echo = "echo"

// File is one labelled file, as far as a score needs it.
type File struct {
	Name      string
	Talker    string         // who speaks; empty if nobody does
	Condition string         // as package corpus names them
	Noise     string         // its kind, as package corpus names them, or Echo; empty for none
	SNR       float64        // dB; +Inf without noise
	Labels    []corpus.Label // one for each frame
	Turns     []Span         // the utterances, in order and apart; none in a file without speech
	Audible   []bool         // frames in which the caller hears the bot; nil for a silent bot
}

// Output is what a detector made of a file, one of each for every frame. Entry k
// must depend on frames 0 to k only.
type Output struct {
	Probability []float32 // that the caller speaks, 0 to 1
	Decision    []bool    // the detector's own
	Open        []bool    // whether the endpointer has a turn open
}

// Result is the comparison of one file's output with its labels.
type Result struct {
	File
	tally                    // of decisions
	speech         []float32 // probabilities of the frames labelled so
	silence        []float32
	turns          []turn
	gapFrames      int // frames outside all utterances
	falseStarts    int // turns opened that no utterance explains
	openFrames     int
	frames, starts int // frames of the file, and turns opened in it
}

// Judge compares an output with its file. It is an error, naming the file, if the
// output has not one entry for every label, or a probability outside 0 to 1.
func Judge(file File, out Output) (Result, error) {
	n := len(file.Labels)
	if len(out.Probability) != n || len(out.Decision) != n || len(out.Open) != n {
		return Result{}, fmt.Errorf("score %s: %d labels, but %d probabilities, %d decisions and %d states of the turn",
			file.Name, n, len(out.Probability), len(out.Decision), len(out.Open))
	}
	r := Result{File: file, frames: n}
	for k, label := range file.Labels {
		p := out.Probability[k]
		if math.IsNaN(float64(p)) || p < 0 || p > 1 {
			return Result{}, fmt.Errorf("score %s: probability %v in frame %d; want 0 to 1", file.Name, p, k)
		}
		switch label {
		case corpus.Speech:
			r.speech = append(r.speech, p)
		case corpus.Silence:
			r.silence = append(r.silence, p)
		}
		r.add(label, out.Decision[k])
	}
	r.judgeTurns(spans(out.Open))
	return r, nil
}

// spans returns the runs of open frames.
func spans(open []bool) (all []Span) {
	for k, is := range open {
		switch {
		case !is:
		case k > 0 && open[k-1]:
			all[len(all)-1].End = k + 1
		default:
			all = append(all, Span{First: k, End: k + 1})
		}
	}
	return all
}

// Span is a whole utterance or an open turn, in frames: the first one that is
// active or open, and one past the last.
type Span struct{ First, End int }

// overlap reports whether two spans share a frame.
func overlap(a, b Span) bool { return a.First < b.End && b.First < a.End }

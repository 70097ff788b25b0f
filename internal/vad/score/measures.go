package score

import (
	"cmp"
	"math"
	"slices"

	"lexline/internal/vad/corpus"
)

const (
	frameMS = 20
	perHour = 3600 * 1000 / frameMS // frames
)

// tally counts decisions on scored frames.
type tally struct{ truePositive, falsePositive, falseNegative int }

func (t *tally) add(label corpus.Label, decision bool) {
	switch {
	case label == corpus.Speech && decision:
		t.truePositive++
	case label == corpus.Silence && decision:
		t.falsePositive++
	case label == corpus.Speech:
		t.falseNegative++
	}
}

// measure is a figure over results, and over how many cases it was taken. Without
// a case there is no figure.
type measure func([]Result) (value float64, cases int)

// f1 is the harmonic mean of precision and recall of the decisions on all scored
// frames together: 2 TP / (2 TP + FP + FN). Cases are frames of speech.
func f1(results []Result) (float64, int) {
	var sum tally
	for _, r := range results {
		sum.truePositive += r.truePositive
		sum.falsePositive += r.falsePositive
		sum.falseNegative += r.falseNegative
	}
	speech := sum.truePositive + sum.falseNegative
	return 2 * float64(sum.truePositive) / float64(2*sum.truePositive+sum.falsePositive+sum.falseNegative), speech
}

// auc is the area under the receiver operating characteristic of the
// probabilities of all scored frames together: the chance that a frame of speech
// has a higher one than a frame of silence, where equal ones count one half.
// Cases are pairs, or rather the fewer of the two kinds of frames.
func auc(results []Result) (float64, int) {
	type scored struct {
		p      float32
		speech bool
	}
	var all []scored
	speech := 0
	for _, r := range results {
		speech += len(r.speech)
		for _, p := range r.speech {
			all = append(all, scored{p, true})
		}
		for _, p := range r.silence {
			all = append(all, scored{p, false})
		}
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(a.p, b.p) })
	silence := len(all) - speech
	var area float64
	below := 0 // frames of silence with a lower probability
	for len(all) > 0 {
		n, tiedSpeech := 0, 0
		for ; n < len(all) && all[n].p == all[0].p; n++ {
			if all[n].speech {
				tiedSpeech++
			}
		}
		tiedSilence := n - tiedSpeech
		area += float64(tiedSpeech) * (float64(below) + float64(tiedSilence)/2)
		below += tiedSilence
		all = all[n:]
	}
	return area / (float64(speech) * float64(silence)), min(speech, silence)
}

// share is the percentage of turns with a property among those that it may be
// asked of.
func share(among, has func(turn) bool) measure {
	return func(results []Result) (float64, int) {
		n, of := 0, 0
		for _, r := range results {
			for _, t := range r.turns {
				if !among(t) {
					continue
				}
				of++
				if has(t) {
					n++
				}
			}
		}
		return 100 * float64(n) / float64(of), of
	}
}

// percentile is the smallest delay in milliseconds that at least p percent of the
// turns which have one do not exceed (nearest rank).
func percentile(p int, delay func(turn) (frames int, has bool)) measure {
	return func(results []Result) (float64, int) {
		var all []int
		for _, r := range results {
			for _, t := range r.turns {
				if frames, has := delay(t); has {
					all = append(all, frames)
				}
			}
		}
		if len(all) == 0 {
			return 0, 0
		}
		slices.Sort(all)
		rank := int(math.Ceil(float64(p*len(all)) / 100))
		return frameMS * float64(all[max(rank, 1)-1]), len(all)
	}
}

// startsPerHour counts turns that no utterance explains, per hour of audio
// without an utterance. Cases are frames of it.
func startsPerHour(results []Result) (float64, int) {
	starts, frames := 0, 0
	for _, r := range results {
		starts += r.falseStarts
		frames += r.gapFrames
	}
	return float64(starts) / float64(frames) * perHour, frames
}

// timeOpen is the percentage of frames in which a turn is open.
func timeOpen(results []Result) (float64, int) {
	open, frames := 0, 0
	for _, r := range results {
		open += r.openFrames
		frames += r.frames
	}
	return 100 * float64(open) / float64(frames), frames
}

package corpus

import (
	"slices"

	"lexline/internal/audio"
)

// The convention of labels, in dB and frames.
const (
	belowLevel   = 25.0 // a frame is active down to this far below the active level
	aboveFloor   = 10.0 // and this far above the noise floor
	floorShare   = 20   // the floor is the level that one frame in so many lies below
	floorHighest = 20.0 // and at least this far below the active level: a clip may have no pause
	clickFrames  = 2    // active runs of up to 40 ms alone are clicks
	bridgeFrames = 3    // gaps of up to 60 ms are speech: closures of plosives
	pauseFrames  = 9    // gaps of up to 180 ms are not scored
)

// labelSpeech returns the label of every whole frame of pcm, which is one clean
// utterance as it leaves the telephone channel (8 kHz, no noise but its own), and the
// stretch from its first active frame to its last.
//
// A frame is active above the higher of the active level less 25 dB and the
// noise floor plus 10 dB. Gaps of up to 60 ms between active frames are speech;
// active runs under 60 ms that are left alone are clicks, and silence; gaps of 80
// to 180 ms are not scored; longer ones are silence. One frame on each side of
// every edge is not scored, because nobody can say in which the edge is.
func labelSpeech(pcm []int16) ([]Label, stretch) {
	active := activeFrames(pcm)
	return labels(active), extent(active)
}

// activeFrames tells of each whole frame of pcm whether it is active: gaps of
// plosives closed, clicks taken out.
func activeFrames(pcm []int16) []bool {
	levels := make([]float64, len(pcm)/FrameSamples)
	for k := range levels {
		levels[k] = audio.Level(pcm[k*FrameSamples : (k+1)*FrameSamples])
	}
	active := make([]bool, len(levels))
	level := ActiveLevel(pcm)
	floor := min(noiseFloor(levels), level-floorHighest)
	threshold := max(level-belowLevel, floor+aboveFloor, noLevel)
	for k, l := range levels {
		active[k] = l > threshold
	}
	for _, gap := range runs(active, false) {
		inside := gap.first > 0 && gap.end < len(active)
		if inside && gap.end-gap.first <= bridgeFrames {
			fill(active, gap, true)
		}
	}
	for _, run := range runs(active, true) {
		if run.end-run.first <= clickFrames {
			fill(active, run, false)
		}
	}
	return active
}

// noiseFloor returns the level that the quietest frames stay below; of no
// frames that of silence.
func noiseFloor(levels []float64) float64 {
	if len(levels) == 0 {
		return noLevel
	}
	sorted := slices.Sorted(slices.Values(levels))
	return sorted[len(sorted)/floorShare]
}

func labels(active []bool) []Label {
	out := make([]Label, len(active))
	for k, a := range active {
		if a {
			out[k] = Speech
		}
	}
	for _, gap := range runs(active, false) {
		inside := gap.first > 0 && gap.end < len(active)
		if inside && gap.end-gap.first <= pauseFrames {
			fill(out, gap, Unscored)
		}
	}
	for k := 1; k < len(active); k++ {
		if active[k] != active[k-1] {
			out[k-1], out[k] = Unscored, Unscored
		}
	}
	return out
}

// stretch is the first of some frames, and the one past their last.
type stretch struct{ first, end int }

// runs returns the stretches of frames that are value.
func runs(frames []bool, value bool) []stretch {
	var spans []stretch
	for k := 0; k < len(frames); k++ {
		if frames[k] != value {
			continue
		}
		first := k
		for k < len(frames) && frames[k] == value {
			k++
		}
		spans = append(spans, stretch{first, k})
	}
	return spans
}

func fill[T any](frames []T, s stretch, value T) {
	for k := s.first; k < s.end; k++ {
		frames[k] = value
	}
}

// extent returns the span from the first active frame to the last.
func extent(active []bool) stretch {
	first := slices.Index(active, true)
	if first < 0 {
		return stretch{}
	}
	end := len(active)
	for !active[end-1] {
		end--
	}
	return stretch{first, end}
}

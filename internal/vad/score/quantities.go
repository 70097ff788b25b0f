package score

import (
	"slices"
	"strings"

	"lexline/internal/vad/corpus"
)

// Quantity is one line of the table: a figure, over which files it is taken, and
// its bars.
type Quantity struct {
	Name  string // as it is printed, and the key of the JSON output
	Unit  string // "%", "ms", "/h"; empty for a number from 0 to 1
	Must  float64
	Aim   float64 // the bar to stretch for; 0 for none
	Lower bool    // whether less is better

	of measure
}

// HasBar reports whether the quantity has a bar; 0 stands for none, since no bar is 0.
func (q Quantity) HasBar() bool { return q.Must != 0 }

// Misses reports whether a value is worse than the bar that must be met.
func (q Quantity) Misses(value float64) bool {
	if q.Lower {
		return q.HasBar() && value > q.Must
	}
	return q.HasBar() && value < q.Must
}

// Measure returns the quantity of a set of results; false if no file, turn or
// frame of theirs has to do with it.
func (q Quantity) Measure(results []Result) (value float64, ok bool) {
	value, cases := q.of(results)
	return value, cases > 0
}

// Quantities returns the lines of the table with their bars, in order.
//
// "Speech files" have an utterance, "noise only" files have none. "Voice-like"
// noise is babble, a far talker, music and echo. The lines from clean to music are
// about files with nothing but noise of one kind on the line. All F1 and AUC are taken
// over the frames of all files together, so that a long file counts more than a short
// one; frames labelled Unscored are left out. What share of the turns was clipped, cut or
// never ended is taken of those that were not missed. "Barge-in" lines are about
// the utterances that begin while the bot is audible.
//
// The bars come from what was measured of other detectors on comparable audio:
// the best of them, Silero v5, has an F1 of .83 and an AUC of .964 there, misses
// 5.3 % of the turns and clips 10.5 % of their starts. A caller who interrupts the
// bot is to be heard within 300 ms.
func Quantities() []Quantity {
	var all []Quantity
	all = append(all, frameQuantities()...)
	all = append(all, turnQuantities()...)
	return append(all, noiseQuantities()...)
}

func frameQuantities() []Quantity {
	all := []Quantity{
		{Name: "F1", Must: .91, Aim: .93, of: f1},
		{Name: "AUC", Must: .985, Aim: .991, of: auc},
		{Name: "F1 speech files", Must: .935, Aim: .95, of: over(f1, hasSpeech)},
		{Name: "F1 speech files, not voice-like", Must: .95, Aim: .965, of: over(f1, hasSpeech, notVoiceLike)},
	}
	for _, row := range []struct {
		name      string
		must, aim float64
		files     []func(File) bool
	}{
		{"clean", .97, .98, is(condition(corpus.Clean))},
		{"30 dB", .975, .985, is(condition("snr30"))},
		{"20 dB", .96, .97, is(condition("snr20"))},
		{"10 dB", .93, .945, is(condition("snr10"))},
		{"5 dB", .89, .915, is(condition("snr5"))},
		{"0 dB", .82, .86, is(condition("snr0"))},
		{"babble", .84, .88, is(ratio, noise("babble"))},
		{"music", .85, .90, is(ratio, noise("music"))},
		{"DTMF", .95, .965, is(condition(corpus.Dialling))},
		{"call progress", .95, .965, is(condition(corpus.Progress))},
		{"level step", .95, .965, is(condition(corpus.LevelStep))},
		{"packet loss", .95, .965, is(condition(corpus.Loss))},
		{"DTX", .95, .965, is(condition(corpus.DTX))},
		{"low", .95, .965, is(condition(corpus.Low))},
		{"clipped", .95, .965, is(condition(corpus.Clipped))},
	} {
		all = append(all, Quantity{Name: "F1 " + row.name, Must: row.must, Aim: row.aim, of: over(f1, append(row.files, hasSpeech)...)})
	}
	return all
}

// What became of turns.
var (
	missedTurns   = share(func(turn) bool { return true }, isMissed)
	clippedOnsets = share(isHeard, func(t turn) bool { return t.clipped })
	earlyCuts     = share(isHeard, func(t turn) bool { return t.cut })
	noEndpoints   = share(isHeard, func(t turn) bool { return t.noEndpoint })
	missedBargeIn = share(func(t turn) bool { return t.bargeIn }, isMissed)
)

func isMissed(t turn) bool { return t.missed }
func isHeard(t turn) bool  { return !t.missed }

func onset(p int) measure {
	return percentile(p, func(t turn) (int, bool) { return t.onset, t.hasOnset })
}

func endDelay(p int) measure {
	return percentile(p, func(t turn) (int, bool) { return t.end, t.hasEnd })
}

func bargeIn(p int) measure {
	return percentile(p, func(t turn) (int, bool) { return t.onset, t.hasOnset && t.bargeIn })
}

func turnQuantities() []Quantity {
	return []Quantity{
		{Name: "missed turns", Unit: "%", Must: 1, Aim: .3, Lower: true, of: missedTurns},
		{Name: "clipped onset", Unit: "%", Must: 2.5, Aim: 1, Lower: true, of: clippedOnsets},
		{Name: "onset p50", Unit: "ms", Must: 180, Aim: 140, Lower: true, of: onset(50)},
		{Name: "onset p95", Unit: "ms", Must: 340, Aim: 280, Lower: true, of: onset(95)},
		{Name: "early cut", Unit: "%", Must: 7, Aim: 4, Lower: true, of: earlyCuts},
		{Name: "end delay p50", Unit: "ms", Must: 700, Aim: 680, Lower: true, of: endDelay(50)},
		{Name: "end delay p95", Unit: "ms", Must: 1000, Aim: 900, Lower: true, of: endDelay(95)},
		{Name: "no endpoint", Unit: "%", Must: 1.5, Aim: .5, Lower: true, of: noEndpoints},
		{Name: "barge-in p50", Unit: "ms", Lower: true, of: bargeIn(50)},
		{Name: "barge-in p95", Unit: "ms", Must: 300, Lower: true, of: bargeIn(95)},
		{Name: "barge-in missed", Unit: "%", Lower: true, of: missedBargeIn},
	}
}

func noiseQuantities() []Quantity {
	return []Quantity{
		{Name: "false starts, noise only, not voice-like", Unit: "/h", Must: 3, Aim: 1, Lower: true, of: over(startsPerHour, noSpeech, notVoiceLike)},
		{Name: "false starts, all noise only", Unit: "/h", Must: 50, Aim: 25, Lower: true, of: over(startsPerHour, noSpeech)},
		{Name: "false starts, gaps of speech files", Unit: "/h", Must: 15, Aim: 6, Lower: true, of: over(startsPerHour, hasSpeech)},
		{Name: "time open, noise only", Unit: "%", Must: 6, Aim: 3, Lower: true, of: over(timeOpen, noSpeech)},
		{Name: "time open, echo only", Unit: "%", Must: 5, Aim: 1, Lower: true, of: over(timeOpen, noSpeech, noise(Echo))},
	}
}

// over restricts a measure to the files that pass all the tests.
func over(m measure, tests ...func(File) bool) measure {
	return func(results []Result) (float64, int) {
		var kept []Result
	files:
		for _, r := range results {
			for _, test := range tests {
				if !test(r.File) {
					continue files
				}
			}
			kept = append(kept, r)
		}
		return m(kept)
	}
}

// voiceLike are the kinds of noise that sound like somebody's voice, and the far
// talker that is one.
var voiceLike = []string{"babble", "talker", "music", Echo}

func hasSpeech(f File) bool    { return len(f.Turns) > 0 }
func noSpeech(f File) bool     { return len(f.Turns) == 0 }
func notVoiceLike(f File) bool { return !slices.Contains(voiceLike, f.Noise) }

// ratio passes the files of a plain signal-to-noise ratio.
func ratio(f File) bool { return strings.HasPrefix(f.Condition, "snr") }

func condition(name string) func(File) bool { return func(f File) bool { return f.Condition == name } }
func noise(kind string) func(File) bool     { return func(f File) bool { return f.Noise == kind } }

func is(tests ...func(File) bool) []func(File) bool { return tests }

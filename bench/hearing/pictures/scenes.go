package main

import (
	"fmt"
	"time"
)

// scene is a call that is told of in the documents.
type scene struct {
	name   string
	length time.Duration
	seed   uint64
	noise  string  // a kind of the development set; empty: a quiet line
	ratio  float64 // dB of the caller over the noise
	caller []part
	bot    []part // none: it is silent, and the recording has the caller only
	set    string // a setting that the recording is heard with as well
	want   heard
}

// part is something that is heard from a time on: words, the keys of a telephone,
// or ring-back.
type part struct {
	at    time.Duration
	words string
	keys  string
	rings time.Duration
}

// heard is what came of a recording. Turns of the other setting are 0 where there is none.
type heard struct{ turns, bargeIns, tones, turnsSet int }

// String tells it in words.
func (h heard) String() string {
	return fmt.Sprintf("turns %d, barge-ins %d, tones %d, turns with the other setting %d", h.turns, h.bargeIns, h.tones, h.turnsSet)
}

const (
	ms  = time.Millisecond
	sec = time.Second
)

// scenes are the pictures. What is wanted of each is what the documents say.
var scenes = []scene{
	{
		name: "clean", length: 9 * sec, seed: 1,
		caller: []part{{at: 800 * ms, words: "I would like to order some flowers."}, {at: 4900 * ms, words: "Twelve roses, for Thursday morning."}},
		want:   heard{turns: 2},
	},
	{
		name: "noise", length: 11 * sec, seed: 1, noise: "typing", ratio: 10,
		caller: []part{{at: 2800 * ms, words: "I would like to order some flowers."}, {at: 6900 * ms, words: "Twelve roses, for Thursday morning."}},
		want:   heard{turns: 2},
	},
	{
		name: "tones", length: 11 * sec, seed: 1,
		caller: []part{{at: 500 * ms, rings: 2 * sec}, {at: 3500 * ms, keys: "147#"}, {at: 6 * sec, words: "My number is one four seven."}},
		want:   heard{turns: 1, tones: 5},
	},
	{
		name: "interrupt", length: 11 * sec, seed: 1,
		caller: []part{{at: 5 * sec, words: "No, I would like tulips."}},
		bot:    []part{{at: 500 * ms, words: "You would like to order one dozen roses, to be picked up on Thursday at ten in the morning. Does that sound okay? Please say yes or no."}},
		want:   heard{turns: 1, bargeIns: 1},
	},
	{
		name: "setting", length: 9 * sec, seed: 1, set: "end_of_speech=1s",
		caller: []part{{at: 800 * ms, words: "I would like to order"}, {at: 3000 * ms, words: "some roses and some tulips."}, {at: 6900 * ms, words: "Yes."}},
		want:   heard{turns: 3, turnsSet: 2},
	},
}

// compare returns an error where something else was heard than the documents tell.
func (s scene) compare(got heard) error {
	if got != s.want {
		return fmt.Errorf("heard: %v; the documents tell of: %v", got, s.want)
	}
	return nil
}

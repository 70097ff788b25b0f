package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// soundsDir is where Debian's asterisk-core-sounds-en-wav keeps its recordings of
// a human voice, below the folders of the possible installations.
var soundsDirs = []string{"/usr/share/asterisk/sounds/en", "/usr/share/asterisk/sounds/en_US_f_Allison"}

// order is what a demo caller wants, with the slot values that the bot must log.
type order struct {
	flower string // FlowerType
	day    string // as the caller says it
	date   string // PickupDate, ISO
	hour   int    // 1 to 12
	pm     bool
	clock  string // PickupTime, HH:MM
}

// slots are the values that the bot's own log must show.
func (o order) slots() map[string]string {
	return map[string]string{"FlowerType": o.flower, "PickupDate": o.date, "PickupTime": o.clock}
}

// actor is one caller of the demo.
type actor struct {
	name   string
	voice  string // of the synthesizer
	about  string // whose voice is heard, for people
	keyed  bool   // presses keys instead of speaking
	order  order
	script string // in the simulated phone's script language
}

var (
	flowers = []string{"roses", "lilies", "tulips"}
	// days and hours are those of a shop. Sunday, four and six p.m. are not among
	// them: the recognizer does not understand the human and flite's awb every time
	// (bench/speech shows what it understands from whom).
	hours = []int{9, 10, 11, 12, 13, 14, 15, 17}
	days  = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday}
)

// drawOrder draws an order. today is the bot's date: a day of the week means the
// next one, today included.
func drawOrder(rng *rand.Rand, today time.Time) order {
	day := days[rng.IntN(len(days))]
	ahead := (int(day) - int(today.Weekday()) + 7) % 7
	hour := hours[rng.IntN(len(hours))]
	return order{
		flower: flowers[rng.IntN(len(flowers))],
		day:    day.String(),
		date:   today.AddDate(0, 0, ahead).Format(time.DateOnly),
		hour:   (hour+11)%12 + 1,
		pm:     hour >= 12,
		clock:  fmt.Sprintf("%02d:00", hour),
	}
}

// cast draws the demo's callers from a seed: two for the first act and one for the
// second. Ben has a human voice as far as the recordings in the folder sounds go,
// if there is one. With a reason why they cannot speak, all press keys.
func cast(seed uint64, today time.Time, whyKeys, sounds string) []actor {
	rng := rand.New(rand.NewPCG(seed, 0))
	ann := actor{name: "Ann", voice: "rms", about: "a synthetic voice (flite rms), not the bot's", order: drawOrder(rng, today)}
	ben := actor{name: "Ben", voice: "awb", about: "a synthetic voice (flite awb)", order: drawOrder(rng, today)}
	cleo := actor{name: "Cleo", voice: "rms", about: "a synthetic voice (flite rms)", order: drawOrder(rng, today)}
	switch {
	case whyKeys != "":
		for _, a := range []*actor{&ann, &ben, &cleo} {
			a.keyed, a.about = true, "by key presses, "+whyKeys
			a.script = keyedScript(a.order)
		}
		return []actor{ann, ben, cleo}
	case sounds != "":
		ben.about = "human recordings for day and time, a synthetic voice (flite awb) for the rest"
		ben.script = spokenScript(ben, recordedDay(sounds, ben.order), recordedTime(sounds, ben.order))
	default:
		ben.script = spokenScript(ben, "", "")
	}
	ann.script, cleo.script = spokenScript(ann, "", ""), spokenScript(cleo, "", "")
	return []actor{ann, ben, cleo}
}

// recordedSounds returns the folder of the human recordings, or nothing.
func recordedSounds() string {
	for _, dir := range soundsDirs {
		if _, err := os.Stat(filepath.Join(dir, "digits", "day-0.wav")); err == nil {
			return dir
		}
	}
	return ""
}

func recordedDay(dir string, o order) string {
	for _, day := range days {
		if day.String() == o.day {
			return "play " + filepath.Join(dir, "digits", fmt.Sprintf("day-%d.wav", day))
		}
	}
	return ""
}

func recordedTime(dir string, o order) string {
	half := "a-m.wav"
	if o.pm {
		half = "p-m.wav"
	}
	return fmt.Sprintf("play %s %s", filepath.Join(dir, "digits", fmt.Sprintf("%d.wav", o.hour)), filepath.Join(dir, "digits", half))
}

// spokenScript is a whole order by voice. day and clock replace the caller's own
// voice by recordings.
func spokenScript(a actor, day, clock string) string {
	half := "a.m."
	if a.order.pm {
		half = "p.m."
	}
	if day == "" {
		day = fmt.Sprintf("say %q", strings.ToLower(a.order.day))
	}
	if clock == "" {
		clock = fmt.Sprintf("say %q", fmt.Sprintf("%d %s", a.order.hour, half))
	}
	return strings.Join([]string{
		"# " + a.name + " orders flowers by voice.",
		"voice " + a.voice,
		"wait",
		`say "I would like to order some flowers"`,
		"wait",
		fmt.Sprintf("say %q", a.order.flower),
		"wait",
		day,
		"wait",
		clock,
		"wait",
		`say "yes"`,
		"expect-end", "",
	}, "\n")
}

// keyedScript is a whole order by keys, as the local Lex reads them out.
func keyedScript(o order) string {
	return strings.Join([]string{
		"# An order by key presses.",
		"wait",
		"press 1#",
		"wait",
		fmt.Sprintf("press %d#", 1+indexOf(flowers, o.flower)),
		"wait",
		fmt.Sprintf("press %s%s#", o.date[5:7], o.date[8:10]),
		"wait",
		fmt.Sprintf("press %s%s#", o.clock[:2], o.clock[3:]),
		"wait",
		"press 1#",
		"expect-end", "",
	}, "\n")
}

func indexOf(list []string, word string) int {
	for i, item := range list {
		if item == word {
			return i
		}
	}
	return -1
}

package drill

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Question is what a turn of a caller answers. Delays are compared between turns
// of the same question only.
type Question string

// Questions, in the order in which they are asked.
const (
	AskIntent  Question = "intent"
	AskFlower  Question = "flower"
	AskDay     Question = "day"
	AskTime    Question = "time"
	AskConfirm Question = "confirm" // the answer commits: the order is placed
)

// Order is what a caller wants, with the values that must be in the ledger.
type Order struct {
	Flower string // FlowerType
	Day    string // as the caller says it
	Date   string // PickupDate, ISO
	Hour   string // as the caller says it
	Clock  string // PickupTime, HH:MM
}

// Slots returns the values that the order must be placed with.
func (o Order) Slots() map[string]string {
	return map[string]string{"FlowerType": o.Flower, "PickupDate": o.Date, "PickupTime": o.Clock}
}

// saying is one thing that a caller says.
type saying struct {
	Kind Question
	Text string
	Clip string // id of its recording
	// Think is how long the caller says nothing before.
	Think time.Duration
}

// voice is whose voice the recording has.
func (s saying) voice() string { return s.Clip[:strings.IndexByte(s.Clip, '-')] }

// role is one call before it is placed: who calls and what they say.
type role struct {
	Voice   string
	Order   Order
	Sayings []saying
}

var (
	voices  = []string{"rms", "awb"} // of flite; the bot's is another
	flowers = []string{"roses", "lilies", "tulips"}
	days    = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday}
	// hours are those that the recognizer understands from both voices each time.
	hours = []int{9, 10, 11, 12, 13, 14, 15, 17}
)

// draw draws call number n of a seed. today is the date of the bot's clock. One
// in three callers names the flowers at once and so has a turn less.
func draw(seed uint64, n int, today time.Time) role {
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	day, hour := days[rng.IntN(len(days))], hours[rng.IntN(len(hours))]
	ahead := (int(day) - int(today.Weekday()) + 7) % 7
	r := role{
		Voice: voices[rng.IntN(len(voices))],
		Order: Order{
			Flower: flowers[rng.IntN(len(flowers))],
			Day:    strings.ToLower(day.String()), Date: today.AddDate(0, 0, ahead).Format(time.DateOnly),
			Hour: spokenHour(hour), Clock: fmt.Sprintf("%02d:00", hour),
		},
	}
	if rng.IntN(3) == 0 {
		r.says(AskIntent, "I would like to order "+r.Order.Flower)
	} else {
		r.says(AskIntent, "I would like to order some flowers")
		r.says(AskFlower, r.Order.Flower)
	}
	r.says(AskDay, r.Order.Day)
	r.says(AskTime, r.Order.Hour)
	r.says(AskConfirm, "yes")
	for i := range r.Sayings {
		r.Sayings[i].Think = shortThink + time.Duration(rng.Int64N(int64(longThink-shortThink))).Round(20*time.Millisecond)
	}
	return r
}

// How long callers think. It spreads the turns of all callers over time, and
// makes calls as long as those of people, who listen to words and not to tones.
const (
	shortThink = time.Second
	longThink  = 5 * time.Second
)

func spokenHour(hour int) string {
	if hour >= 12 {
		return fmt.Sprintf("%d p.m.", (hour+11)%12+1)
	}
	return fmt.Sprintf("%d a.m.", hour)
}

func (r *role) says(kind Question, text string) {
	r.Sayings = append(r.Sayings, saying{Kind: kind, Text: text, Clip: clipID(r.Voice, text)})
}

// clipID names the recording of a text in a voice; it is a file name.
func clipID(voice, text string) string {
	return voice + "-" + strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(text), ".", ""), " ", "-")
}

// script is the role in the simulated phone's script language. The recordings
// lie in the folder clips.
func (r *role) script(clips string) string {
	var b strings.Builder
	for _, s := range r.Sayings {
		fmt.Fprintf(&b, "wait\npause %v\nplay %s/%s.wav\n", s.Think, clips, s.Clip)
	}
	b.WriteString("expect-end\n")
	return b.String()
}

// repertoire lists everything that any caller says, once each.
func repertoire() []saying {
	var all []saying
	for _, voice := range voices {
		add := func(kind Question, text string) {
			all = append(all, saying{Kind: kind, Text: text, Clip: clipID(voice, text)})
		}
		add(AskIntent, "I would like to order some flowers")
		for _, flower := range flowers {
			add(AskIntent, "I would like to order "+flower)
			add(AskFlower, flower)
		}
		for _, day := range days {
			add(AskDay, strings.ToLower(day.String()))
		}
		for _, hour := range hours {
			add(AskTime, spokenHour(hour))
		}
		add(AskConfirm, "yes")
	}
	return all
}

package vad

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
)

// scripted is a detector whose decisions are written down. It answers any frame.
type scripted struct {
	decisions []Decision
	at        int
}

func (s *scripted) Frame(_, _ []byte) Decision {
	s.at++
	if s.at > len(s.decisions) {
		return Decision{Level: -100, Floor: -100, Echo: -100}
	}
	return s.decisions[s.at-1]
}

// overheard is what became of a row of frames.
type overheard struct {
	Started, Ended []int
	BargeIns       []int
	Refused        []int
}

// overhear runs an ear over decisions, while the bot talks in the frames from until to.
func overhear(s Settings, decisions []Decision, from, to int) (o overheard) {
	ear := NewEar(&scripted{decisions: decisions}, s)
	far := audio.EncodeMuLaw(nil, noise(rand.New(rand.NewPCG(31, 1)), -20, 20*time.Millisecond))
	for i := range decisions {
		var played []byte
		if i >= from && i < to {
			played = far
		}
		h := ear.Frame(nil, played)
		switch h.Change {
		case Started:
			o.Started = append(o.Started, i)
		case Ended:
			o.Ended = append(o.Ended, i)
		}
		if h.BargeIn {
			o.BargeIns = append(o.BargeIns, i)
		}
		if h.Refused > 0 {
			o.Refused = append(o.Refused, i)
		}
	}
	return o
}

// talk is frames of which the caller talks in those from until to, at a level in dBov
// over an echo of another one.
func talk(frames, from, to int, level, echoLevel float32) []Decision {
	decisions := make([]Decision, frames)
	for i := range decisions {
		decisions[i] = Decision{Level: echoLevel, Floor: -70, Echo: echoLevel}
		if i >= from && i < to {
			decisions[i].Probability, decisions[i].Level = 0.95, level
		}
	}
	return decisions
}

func TestBargeIn(t *testing.T) {
	tests := []struct {
		name      string
		s         Settings
		decisions []Decision
		from, to  int // of the bot
		want      overheard
	}{
		{
			"no bot",
			Settings{},
			talk(200, 50, 100, -25, -100), 0, 0,
			overheard{Started: []int{55}, Ended: []int{131}},
		},
		{
			"over the bot",
			Settings{},
			talk(200, 50, 100, -25, -45), 20, 200,
			overheard{Started: []int{57}, Ended: []int{131}, BargeIns: []int{57}},
		},
		{
			"over the bot, sooner",
			Settings{BargeIn: 100 * time.Millisecond},
			talk(200, 50, 100, -25, -45), 20, 200,
			overheard{Started: []int{54}, Ended: []int{131}, BargeIns: []int{54}},
		},
		{
			"a cough over the bot",
			Settings{},
			talk(200, 50, 57, -25, -45), 20, 200,
			overheard{Refused: []int{66}},
		},
		{
			"a cough, too short to be a candidate", Settings{}, talk(200, 50, 54, -25, -45), 20, 200, overheard{},
		},
		{
			"a caller who is no louder than the echo",
			Settings{},
			talk(200, 50, 100, -45, -43), 20, 200,
			overheard{Started: []int{57}, Ended: []int{131}, BargeIns: []int{57}},
		},
		{
			"echo of what the bot said before",
			Settings{},
			talk(200, 50, 57, -25, -45), 20, 40,
			overheard{Refused: []int{66}},
		},
		{
			"600 ms after the bot",
			Settings{},
			talk(200, 50, 58, -25, -100), 0, 20,
			overheard{Started: []int{55}, Ended: []int{89}},
		},
		{
			"the bot begins within a turn",
			Settings{},
			talk(200, 50, 100, -25, -45), 60, 200,
			overheard{Started: []int{55}, Ended: []int{131}},
		},
		{
			"never",
			Settings{BargeIn: Never},
			talk(200, 50, 100, -25, -45), 20, 200,
			overheard{Refused: []int{121}},
		},
		{
			"never, but still talking when the bot is silent",
			Settings{BargeIn: Never},
			talk(200, 50, 150, -25, -45), 20, 80,
			overheard{Started: []int{109}, Ended: []int{181}},
		},
		{
			"never, but a word right after the bot",
			Settings{BargeIn: Never},
			talk(200, 90, 105, -25, -45), 20, 80,
			overheard{Started: []int{109}, Ended: []int{136}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := overhear(test.s, test.decisions, test.from, test.to)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuietFarEndIsNoBot(t *testing.T) {
	rng := rand.New(rand.NewPCG(32, 1))
	for level, want := range map[float64]bool{-75: false, -50: true} {
		ear := NewEar(new(Energy), Settings{})
		if got := ear.Frame(nil, audio.EncodeMuLaw(nil, noise(rng, level, 20*time.Millisecond))).Audible; got != want {
			t.Errorf("a far end of %v dBov: audible %v; want %v", level, got, want)
		}
	}
}

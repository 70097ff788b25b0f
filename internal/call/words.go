package call

import (
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Words are Sounds for a call whose carrier speaks: see Info.Words.
type Words struct {
	Fillers    []string // words of waiting, heard in rotation
	Apology    string   // said when the bot failed on a turn, before the question
	StillThere string   // said when the caller has said nothing, before the question
	Goodbye    string   // said before the call is given up; default: Apology
}

const (
	// How long a carrier may take to say words is estimated generously: the voices of
	// telephones say 12 to 17 characters a second. When the words are really over, the
	// leg's mark says.
	charactersPerSecond = 10
	wordsPause          = time.Second // until the carrier begins
	longestWords        = 2 * time.Minute

	maxQuestionWords = 400 // characters of the bot's last words that are said again: the end of them
)

// unheardSound stands for the sound of words that a carrier speaks: what is decided
// about an answer goes by its length, and nobody hears this.
var unheardSound = sync.OnceValue(func() []byte { return make([]byte, bytesOf(longestWords)) })

func bytesOf(d time.Duration) int { return int(d/time.Millisecond) * bytesPerMillisecond }

// soundOf is a sound that is as long as a carrier takes, at most, to say words.
func soundOf(words string) []byte {
	if words == "" {
		return nil
	}
	length := wordsPause + time.Duration(utf8.RuneCountInString(words))*time.Second/charactersPerSecond
	return unheardSound()[:bytesOf(min(length, longestWords))]
}

// sounds are as long as the words.
func (w Words) sounds() Sounds {
	s := Sounds{Apology: soundOf(w.Apology), StillThere: soundOf(w.StillThere), Goodbye: soundOf(w.Goodbye)}
	for _, filler := range w.Fillers {
		s.Fillers = append(s.Fillers, soundOf(filler))
	}
	return s
}

// say has the carrier say the words that a doPlay speaks of, in place of all that it
// was to say before.
func (c *Call) say(act action) error {
	words := c.words
	if act.filler > 0 {
		words = c.cfg.Words.Fillers[act.filler-1]
	}
	return c.leg.Send(Output{Kind: Say, Words: words})
}

// tellWords makes words what the caller is told now.
func (c *Call) tellWords(words string) {
	c.words = words
	c.reply = NewFinishedSpeech(soundOf(words))
}

// spokenWords are the words of an answer as a carrier is given them.
func spokenWords(answer *Answer) string { return strings.Join(answer.Messages, " ") }

// questionWords are the end of an answer, from the beginning of a word on.
func questionWords(answer *Answer) string {
	words := spokenWords(answer)
	runes := []rune(words)
	if len(runes) <= maxQuestionWords {
		return words
	}
	_, rest, _ := strings.Cut(string(runes[len(runes)-maxQuestionWords:]), " ")
	return rest
}

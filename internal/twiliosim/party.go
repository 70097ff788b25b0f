package twiliosim

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Times of a party whose specification does not say.
const (
	defaultRing = time.Second
	defaultTalk = 2 * time.Second
)

// Fate is what becomes of a call to a party.
type Fate uint8

// Fates.
const (
	Fails    Fate = iota // it cannot be reached: there is no such number
	Answers              // after it has rung for a while
	Busy                 // it is talking to somebody else
	NoAnswer             // it rings until the carrier gives up
)

var fateNames = map[string]Fate{"answers": Answers, "busy": Busy, "no-answer": NoAnswer, "failed": Fails}

// Party is somebody whom the application may have called: a human that a caller is
// passed on to by Dial or Enqueue, or the person whom an outbound call is for. The
// zero Party cannot be reached.
type Party struct {
	Fate Fate
	Ring time.Duration // from the first ring to the answer, or to the busy tone

	// Of a human who is connected with a caller.
	Talk          time.Duration // how long they talk
	CallerHangsUp bool          // then the caller hangs up; otherwise the human does

	// Of the person whom an outbound call is for.
	Machine bool    // an answering machine takes the call
	Script  *Script // what they do when they have answered; nil for the Script of Config
}

// PartyHelp explains to the person who runs a phone how parties are given.
const PartyHelp = `A party is somebody whom the application has called, by Dial or Enqueue or as an outbound
call, written TARGET=FATE[,OPTION...]:

  TARGET   +15550100010, sip:desk@example.com, client:alice, queue:support or conference:room
  FATE     answers, busy, no-answer (rings until the time-out) or failed (no such number)
  ring=1s       how long it rings before that
  talk=2s       how long caller and human talk
  hangup=human  who hangs up then, human or caller
  machine       an answering machine takes an outbound call
  script=FILE   what they do who have answered an outbound call

The target * stands for all that are not given; without it those cannot be reached.`

// What a party looks like. The parameters of a SIP address may have = in them.
var partyForm = regexp.MustCompile(`^(.+?)=(answers|busy|no-answer|failed)(?:,(.*))?$`)

// ParseParty reads a party as PartyHelp has it, and returns the target that it
// stands for.
func ParseParty(text string) (target string, p Party, err error) {
	parts := partyForm.FindStringSubmatch(text)
	if parts == nil {
		return "", Party{}, fmt.Errorf("party %q: the form is TARGET=FATE, with the fate answers, busy, no-answer or failed, such as +15550100010=answers,talk=2s", text)
	}
	target = partyKey(parts[1])
	p = Party{Fate: fateNames[parts[2]], Ring: defaultRing, Talk: defaultTalk}
	for option := range strings.SplitSeq(parts[3], ",") {
		if err := p.option(option); err != nil && parts[3] != "" {
			return "", Party{}, fmt.Errorf("party %s: %w", target, err)
		}
	}
	return target, p, nil
}

func (p *Party) option(text string) (err error) {
	name, value, hasValue := strings.Cut(text, "=")
	switch {
	case name == "machine" && !hasValue:
		p.Machine = true
	case name == "script":
		p.Script, err = ReadScript(value)
	case name == "ring":
		p.Ring, err = parseDuration(value)
	case name == "talk":
		p.Talk, err = parseDuration(value)
	case name == "hangup" && slices.Contains([]string{"human", "caller"}, value):
		p.CallerHangsUp = value == "caller"
	case name == "hangup":
		err = errors.New("hangup is human or caller, who hangs up when they have talked")
	default:
		err = fmt.Errorf("unknown option %q; the options are ring, talk, hangup, machine and script", text)
	}
	return err
}

// partyKey brings a target into the form by which it is looked up: numbers without
// what people write between digits, SIP addresses without parameters and headers.
func partyKey(target string) string {
	target = strings.TrimSpace(target)
	if scheme, rest, ok := strings.Cut(target, ":"); ok {
		if scheme = strings.ToLower(scheme); scheme == "sip" || scheme == "sips" {
			rest, _, _ = strings.Cut(rest, "?")
			rest, _, _ = strings.Cut(rest, ";")
			return scheme + ":" + strings.ToLower(rest)
		}
		return scheme + ":" + rest
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -().", r) {
			return -1
		}
		return r
	}, target)
}

// party returns what is given for a key, or for all others.
func (cfg *Config) party(key string) Party {
	if p, ok := cfg.Parties[key]; ok {
		return p
	}
	return cfg.Parties["*"]
}

// progress is how far a call to a party has come.
type progress uint8

const (
	rings progress = iota
	answered
	isBusy
	unanswered
	unreachable
	canceled // somebody else answered first, or the caller hung up
	finished // it was answered, and is over
)

// progressNames are the statuses that Twilio gives to calls.
var progressNames = map[progress]string{
	rings: "ringing", answered: "in-progress", isBusy: "busy", unanswered: "no-answer", unreachable: "failed", canceled: "canceled",
	finished: "completed",
}

// after returns how far a call to the party has come when it was placed a while
// ago, if the carrier gives up after timeout.
func (p Party) after(passed, timeout time.Duration) progress {
	switch {
	case p.Fate == Fails:
		return unreachable
	case passed >= timeout && (p.Fate == NoAnswer || p.Ring >= timeout):
		return unanswered
	case p.Fate == NoAnswer || passed < p.Ring:
		return rings
	case p.Fate == Busy:
		return isBusy
	}
	return answered
}

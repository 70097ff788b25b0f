package twilio

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// TargetKind is the way to a target.
type TargetKind int

// The kinds, and what Address is for each.
const (
	TargetNumber   TargetKind = iota + 1 // a telephone number, E.164
	TargetSIP                            // a SIP address, sip:NAME@HOST
	TargetClient                         // the identity of a Twilio client, in a browser or an app
	TargetQueue                          // the name of a Twilio queue, in which the caller waits
	TargetWorkflow                       // the SID of a TaskRouter workflow, which finds somebody
)

// String is the kind in one word, as settings have it.
func (k TargetKind) String() string {
	return [...]string{"", "number", "sip", "client", "queue", "workflow"}[k]
}

// Texts of targets that have none of their own.
const (
	defaultConnecting = "One moment please. I am connecting you."
	defaultWhisper    = "A call from {{line}}. {{context}}"
	defaultNobody     = "I am sorry, nobody can take your call now. Please call again later. Goodbye."
	defaultBack       = "I am sorry, nobody can take your call now. I am listening again."
)

// Target is somebody, or something, that callers are handed over to.
type Target struct {
	Name    string // by which bots and lines mean it
	Kind    TargetKind
	Address string

	CallerID  string        // that the target sees: a number of the account's or one that it has verified; the caller's own if empty
	Timeout   time.Duration // so long it rings, 5 s to 10 min; 20 s if 0. Queues and workflows have their own
	TimeLimit time.Duration // so long they may talk, up to 24 h; Twilio's 4 h if 0
	WaitURL   string        // TwiML that a caller in a queue or a workflow hears; Twilio's music if empty

	// Say is said before the target is dialled, unless the bot has just spoken itself.
	// It has a default.
	Say string
	// Whisper is what a number's owner hears before they are connected, and the caller
	// does not. {{line}} and {{context}} stand for what the call is about. Nothing is
	// said if it is WhisperOff; it has a default.
	Whisper string

	Unanswered Unanswered
}

// WhisperOff is the Whisper of a target that is told nothing.
const WhisperOff = "off"

// Unanswered is what follows for a caller whose target is busy, does not answer or
// cannot be reached.
type Unanswered struct {
	Say  string // said first; has a default
	Bot  bool   // they are back with the bot ...
	Next string // ... or this target is tried; else they are hung up
}

// RedirectTo is other TwiML that a bot can send a caller on to.
type RedirectTo struct {
	Name  string
	URL   string // https address of a document, which Twilio asks for with POST ...
	TwiML string // ... or the document
}

// Check says what is wrong with a target by itself.
func (t Target) Check() error { return t.prepare() }

// CheckTargets says what is wrong with targets together: names, and what follows when
// nobody answers.
func CheckTargets(targets []Target) error {
	_, err := newOnward(targets, nil)
	return err
}

// onward has the targets and redirects by their names.
type onward struct {
	targets   map[string]*Target
	redirects map[string]*RedirectTo
}

func newOnward(targets []Target, redirects []RedirectTo) (*onward, error) {
	o := &onward{map[string]*Target{}, map[string]*RedirectTo{}}
	for i, target := range targets {
		if err := target.prepare(); err != nil {
			return nil, fmt.Errorf("target %d, %q: %w", i+1, target.Name, err)
		}
		if o.targets[target.Name] != nil {
			return nil, fmt.Errorf("target %q is there twice", target.Name)
		}
		o.targets[target.Name] = &target
	}
	for _, target := range targets {
		if err := o.checkChain(target.Name); err != nil {
			return nil, fmt.Errorf("target %q: %w", target.Name, err)
		}
	}
	for i, redirect := range redirects {
		if err := redirect.Check(); err != nil {
			return nil, fmt.Errorf("redirect %d, %q: %w", i+1, redirect.Name, err)
		}
		if o.redirects[redirect.Name] != nil {
			return nil, fmt.Errorf("redirect %q is there twice", redirect.Name)
		}
		o.redirects[redirect.Name] = &redirect
	}
	return o, nil
}

// checkChain follows what comes when nobody answers: it must come to an end.
func (o *onward) checkChain(name string) error {
	seen := map[string]bool{}
	for at := o.targets[name]; at.Unanswered.Next != ""; at = o.targets[at.Unanswered.Next] {
		seen[at.Name] = true
		next := at.Unanswered.Next
		if o.targets[next] == nil {
			return fmt.Errorf("there is no target %q to follow", next)
		}
		if seen[next] {
			return fmt.Errorf("%q follows it when nobody answers, and in the end it follows itself", next)
		}
	}
	return nil
}

var (
	nameForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`) })
	numberForm   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) })
	sipForm      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sips?:[^\s@?]+@[^\s@?]+$`) })
	clientForm   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z_.@+-]{1,121}$`) })
	workflowForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^WW[0-9a-f]{32}$`) })
)

// prepare fills in defaults and checks the rest.
func (t *Target) prepare() error {
	t.Timeout = cmp.Or(t.Timeout, 20*time.Second)
	t.Say = cmp.Or(t.Say, defaultConnecting)
	t.Whisper = cmp.Or(t.Whisper, defaultWhisper)
	back := defaultNobody
	switch {
	case t.Unanswered.Bot:
		back = defaultBack
	case t.Unanswered.Next != "":
		back = "" // the next one is announced
	}
	t.Unanswered.Say = cmp.Or(t.Unanswered.Say, back)
	switch {
	case !nameForm().MatchString(t.Name):
		return errors.New("a name has 1 to 64 letters, digits, dots, hyphens and underscores")
	case t.Timeout < 5*time.Second || t.Timeout > 10*time.Minute:
		return fmt.Errorf("timeout %v is not between 5s and 10m", t.Timeout)
	case t.TimeLimit != 0 && (t.TimeLimit < time.Second || t.TimeLimit > 24*time.Hour):
		return fmt.Errorf("time limit %v is not between 1s and 24h", t.TimeLimit)
	case t.Unanswered.Bot && t.Unanswered.Next != "":
		return errors.New("when nobody answers, either the bot follows or another target")
	}
	for _, text := range []string{t.Say, t.Whisper, t.Unanswered.Say} {
		if n := utf8.RuneCountInString(text); n > maxSay/2 {
			return fmt.Errorf("a text has %d characters; %d are taken", n, maxSay/2)
		}
	}
	return t.checkAddress()
}

// checkAddress says what is wrong with the way to the target.
func (t *Target) checkAddress() error {
	queued := t.Kind == TargetQueue || t.Kind == TargetWorkflow
	form := map[TargetKind]*regexp.Regexp{
		TargetNumber: numberForm(), TargetSIP: sipForm(), TargetClient: clientForm(), TargetQueue: nameForm(), TargetWorkflow: workflowForm(),
	}[t.Kind]
	switch {
	case form == nil:
		return errors.New("it is none of number, sip, client, queue and workflow")
	case !form.MatchString(t.Address):
		return fmt.Errorf("%q is no address of that kind", t.Address)
	case t.CallerID != "" && !numberForm().MatchString(t.CallerID) && !clientForm().MatchString(strings.TrimPrefix(t.CallerID, "client:")):
		return fmt.Errorf("caller id %q is neither a number like +14155550100 nor client:NAME", t.CallerID)
	case t.WaitURL != "" && !queued:
		return errors.New("only callers in a queue or a workflow wait for something")
	}
	if t.WaitURL != "" {
		return checkAddress(t.WaitURL)
	}
	return nil
}

// Check says what is wrong with a redirect by itself.
func (r RedirectTo) Check() error {
	switch {
	case !nameForm().MatchString(r.Name):
		return errors.New("a name has 1 to 64 letters, digits, dots, hyphens and underscores")
	case (r.URL == "") == (r.TwiML == ""):
		return errors.New("it has either an address or a document")
	case r.URL != "":
		return checkAddress(r.URL)
	case len(r.TwiML) > maxTwiML:
		return fmt.Errorf("%d bytes are more than Twilio takes", len(r.TwiML))
	}
	_, err := readTwiML(r.TwiML)
	return err
}

// checkAddress says what is wrong with an address that Twilio is sent to.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) || u.Host == "" {
		return fmt.Errorf("address %q is not of the form https://HOST/PATH", address)
	}
	return nil
}

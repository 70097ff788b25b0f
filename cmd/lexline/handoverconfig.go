package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lexline/internal/botdef"
	"lexline/internal/call"
	"lexline/internal/twilio"
)

// targetConfig is somebody, or something, that callers can be handed over to.
type targetConfig struct {
	Name     string `key:"name"`
	Number   string `key:"number"`
	SIP      string `key:"sip"`
	Client   string `key:"client"`
	Queue    string `key:"queue"`
	Workflow string `key:"workflow"`

	CallerID  string        `key:"caller_id"`
	Timeout   time.Duration `key:"timeout"`
	TimeLimit time.Duration `key:"time_limit"`
	WaitURL   string        `key:"wait_url"`
	Say       string        `key:"say"`
	Whisper   string        `key:"whisper"`

	Unanswered    string `key:"unanswered"`
	UnansweredSay string `key:"unanswered_say"`
}

// redirectConfig is other TwiML that a bot can send callers on to.
type redirectConfig struct {
	Name  string `key:"name"`
	URL   string `key:"url"`
	TwiML string `key:"twiml"`
}

// transferConfig says when the callers of a line are handed over, and to whom.
type transferConfig struct {
	To       string            `key:"to"`
	Intents  map[string]string `key:"intents"`
	Key      string            `key:"key"`
	KeySlots []string          `key:"key_slots"`
	After    []string          `key:"after"`
	Hide     []string          `key:"hide"`
}

// The occasions on which callers are handed over in place of a goodbye.
const (
	afterFailures = "failures"
	afterSilence  = "silence"
	afterMaxTime  = "max_time"
)

// keyOff is the key of a line whose callers reach nobody by a key.
const keyOff = "off"

// complete fills the gaps of a line's hand-over.
func (t *transferConfig) complete() {
	if t.To == "" {
		return
	}
	fill(&t.Key, "0")
	if t.After == nil {
		t.After = []string{afterFailures, afterMaxTime}
	}
}

// target is what twilio is told of a target.
func (t *targetConfig) target() twilio.Target {
	target := twilio.Target{
		Name: t.Name, CallerID: t.CallerID, Timeout: t.Timeout, TimeLimit: t.TimeLimit, WaitURL: t.WaitURL,
		Say: t.Say, Whisper: t.Whisper, Unanswered: twilio.Unanswered{Say: t.UnansweredSay},
	}
	for kind, address := range t.addresses() {
		if address != "" {
			target.Kind, target.Address = kind, address
		}
	}
	switch t.Unanswered {
	case "", "hang_up":
	case "bot":
		target.Unanswered.Bot = true
	default:
		target.Unanswered.Next = t.Unanswered
	}
	return target
}

// addresses are the ways to a target, of which it has one.
func (t *targetConfig) addresses() map[twilio.TargetKind]string {
	return map[twilio.TargetKind]string{
		twilio.TargetNumber: t.Number, twilio.TargetSIP: t.SIP, twilio.TargetClient: t.Client,
		twilio.TargetQueue: t.Queue, twilio.TargetWorkflow: t.Workflow,
	}
}

// checkTargets returns what is wrong with the targets and the redirects.
func (cfg *config) checkTargets() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	names := map[string]bool{}
	for i := range cfg.Targets {
		t := &cfg.Targets[i]
		ways := 0
		for _, address := range t.addresses() {
			ways += min(len(address), 1)
		}
		if err := t.target().Check(); ways != 1 {
			fault("targets[%d]: %q has %d of number, sip, client, queue and workflow; one is wanted", i, t.Name, ways)
		} else if err != nil {
			fault("targets[%d]: %w", i, err)
		}
		if names[t.Name] || t.Name == "bot" || t.Name == "hang_up" {
			fault("targets[%d].name: %q is there twice, or means something else", i, t.Name)
		}
		names[t.Name] = true
	}
	if len(faults) == 0 {
		if err := twilio.CheckTargets(doorTargets(cfg.Targets)); err != nil {
			fault("targets: %w", err)
		}
	}
	redirects := map[string]bool{}
	for i, r := range cfg.Redirects {
		if err := twilio.RedirectTo(r).Check(); err != nil {
			fault("redirects[%d]: %w", i, err)
		}
		if redirects[r.Name] {
			fault("redirects[%d].name: %q is there twice", i, r.Name)
		}
		redirects[r.Name] = true
	}
	for i := range cfg.Lines {
		faults = append(faults, cfg.Lines[i].Transfer.check(fmt.Sprintf("lines[%d].transfer", i), cfg.Call.KeyEnd, names)...)
	}
	return faults
}

// check returns what is wrong with a line's hand-over; targets are the names there are.
func (t *transferConfig) check(key, keyEnd string, targets map[string]bool) (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(key+format, args...)) }
	known := func(of, name string) {
		if !targets[name] {
			fault("%s: %q is not one of the targets%s", of, name, meant(name, targets))
		}
	}
	if t.To != "" {
		known(".to", t.To)
	}
	for _, intent := range slices.Sorted(maps.Keys(t.Intents)) {
		known(".intents."+intent, t.Intents[intent])
	}
	switch {
	case t.Key == "" || t.Key == keyOff:
	case len(t.Key) != 1 || !strings.Contains("0123456789ABCD*#", t.Key):
		fault(".key: %q is not one telephone key, nor off", t.Key)
	case t.Key == keyEnd:
		fault(".key: %q ends keyed digits, by call.key_end", t.Key)
	case t.To == "":
		fault(".key: is there without %s.to; it reaches nobody", key)
	}
	for i, occasion := range t.After {
		if occasion != afterFailures && occasion != afterSilence && occasion != afterMaxTime {
			fault(".after[%d]: %q is none of failures, silence, max_time", i, occasion)
		} else if t.To == "" {
			fault(".after[%d]: is there without %s.to; it reaches nobody", i, key)
		}
	}
	return faults
}

// handover is what calls of a line are told of it.
func (cfg *config) handover(line lineConfig) (call.Handover, error) {
	t := line.Transfer
	h := call.Handover{Intents: t.Intents, KeySlots: t.KeySlots, Goodbye: line.GoodbyeIntent}
	for _, target := range cfg.Targets {
		h.Targets = append(h.Targets, target.Name)
	}
	for _, redirect := range cfg.Redirects {
		h.Redirects = append(h.Redirects, redirect.Name)
	}
	if len(t.Key) == 1 {
		h.Key, h.KeyTo = t.Key[0], t.To
	}
	for _, occasion := range t.After {
		*map[string]*string{afterFailures: &h.Failed, afterSilence: &h.Silent, afterMaxTime: &h.TooLong}[occasion] = t.To
	}
	hidden, err := line.hiddenSlots()
	h.Hidden = hidden
	return h, err
}

// hiddenSlots are those whose values nobody is told: those that are configured, and
// those that the bot's export keeps out of logs.
func (line lineConfig) hiddenSlots() ([]string, error) {
	hidden := slices.Clone(line.Transfer.Hide)
	if line.Export == "" {
		return hidden, nil
	}
	bot, err := botdef.Load(line.Export)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if locale := bot.Locale(line.Locale); locale != nil {
		for _, intent := range locale.Intents {
			for _, slot := range intent.Slots {
				hidden = append(hidden, obfuscatedIn(slot)...)
			}
		}
	}
	return hidden, nil
}

// obfuscatedIn names a slot, or those of its sub-slots, that the bot keeps out of logs.
func obfuscatedIn(slot *botdef.Slot) (names []string) {
	if slot.Obfuscated {
		return []string{slot.Name}
	}
	for _, sub := range slot.Subslots {
		if sub.Obfuscated {
			names = append(names, slot.Name+"."+sub.Name)
		}
	}
	return names
}

// ways are the ways to the targets, by their names.
func (cfg *config) ways() map[string]string {
	ways := map[string]string{}
	for i := range cfg.Targets {
		ways[cfg.Targets[i].Name] = cfg.Targets[i].target().Kind.String()
	}
	return ways
}

// doorTargets are the targets for the door.
func doorTargets(configured []targetConfig) (targets []twilio.Target) {
	for i := range configured {
		targets = append(targets, configured[i].target())
	}
	return targets
}

// doorRedirects are the redirects for the door.
func doorRedirects(configured []redirectConfig) (redirects []twilio.RedirectTo) {
	for _, r := range configured {
		redirects = append(redirects, twilio.RedirectTo(r))
	}
	return redirects
}

// checkTime returns what is wrong with the longest time of a call.
func (c callConfig) checkTime() (faults []error) {
	const least, most = 10 * time.Second, 24 * time.Hour
	if d := time.Duration(c.MaxTime); c.MaxTime != off && (d < least || d > most) {
		faults = append(faults, fmt.Errorf("call.max_time: %v is not between %v and %v; off lets calls go on for ever", d, least, most))
	}
	return faults
}

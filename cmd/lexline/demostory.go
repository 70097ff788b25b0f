package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lexline/internal/twiliosim"
)

// botRecord is what the demo reads of a line of the local Lex's log.
type botRecord struct {
	Time       time.Time         `json:"time"`
	Op         string            `json:"op"`
	Region     string            `json:"region"`
	Session    string            `json:"session"`
	Mode       string            `json:"mode"`
	Transcript string            `json:"transcript"`
	Intent     string            `json:"intent"`
	State      string            `json:"state"`
	Slots      map[string]string `json:"slots"`
	Elicits    string            `json:"elicits"`
	Messages   []string          `json:"messages"`
	Status     int               `json:"status"`
}

// gatewayRecord is what the demo reads of a line of the gateway's log.
type gatewayRecord struct {
	Time    time.Time `json:"time"`
	Level   string    `json:"level"`
	Message string    `json:"msg"`
	Call    string    `json:"call"`
	Turn    int       `json:"turn"`
	Reason  string    `json:"reason"`
	Err     string    `json:"err"`
	Region  string    `json:"region"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Why     string    `json:"why"`
}

// demoTurn is one question and its answer, as the three processes saw it.
type demoTurn struct {
	Said       string            `json:"said"` // by the caller: the script's words, files or keys
	Mode       string            `json:"mode"`
	Transcript string            `json:"transcript"` // what the bot heard
	Intent     string            `json:"intent"`
	State      string            `json:"state"`
	Slots      map[string]string `json:"slots"`
	Elicits    string            `json:"elicits,omitempty"`
	Heard      string            `json:"heard"`             // by the caller, as text
	Region     string            `json:"region"`            // whose bot answered
	Fillers    int               `json:"fillers,omitempty"` // words heard while the answer was late

	saidAt, endedAt, answeredAt, heardAt time.Time

	DetectMS int64 `json:"detect_ms"` // from the caller's last word to the end of the turn detected
	AnswerMS int64 `json:"answer_ms"` // from there to the answer of Lex
	HearMS   int64 `json:"hear_ms"`   // from there to the first audio that the caller hears
	TotalMS  int64 `json:"total_ms"`  // all three: the silence that the caller notices
	measured bool
}

// lostRegion says which region was stopped while a caller spoke.
type lostRegion struct {
	Region string `json:"region"`
	Turn   int    `json:"turn"` // of the caller's, from 1
}

// scene is one caller's call.
type scene struct {
	actor actor
	call  string // CallSid, once it is known
	turns []*demoTurn
	began int             // utterances, or turns of keys, that the caller has begun
	lost  *lostRegion     // nil: none
	end   twiliosim.Event // of the phone
	over  bool
}

// story follows the calls of a demo through the logs of its processes. It is
// pure: each method takes one line and returns what there is to show of it.
type story struct {
	scenes []*scene
	// cue, if set, is called once: when the caller of the second act begins with
	// their third turn.
	cue func() []line
}

// The cue comes in the call of the third actor, who is giving the day.
const (
	cueScene = 2
	cueTurn  = 3
)

// begins takes note of a turn that a caller begins, and gives the cue.
func (s *story) begins(i int) []line {
	s.scenes[i].began++
	if i != cueScene || s.scenes[i].began != cueTurn || s.cue == nil {
		return nil
	}
	lines := s.cue()
	s.cue = nil
	return lines
}

// line is one thing to show.
type line struct {
	who  string // the caller whose call it is
	verb string
	text string
}

func newStory(actors []actor) *story {
	s := &story{}
	for _, a := range actors {
		s.scenes = append(s.scenes, &scene{actor: a})
	}
	return s
}

func (s *story) byCall(call string) *scene {
	for _, scene := range s.scenes {
		if call != "" && scene.call == call {
			return scene
		}
	}
	return nil
}

// phone takes a line of the phone of caller number i.
func (s *story) phone(i int, text []byte) []line {
	var event twiliosim.Event
	scene := s.scenes[i]
	if json.Unmarshal(text, &event) != nil {
		return []line{{scene.actor.name, "phone", string(text)}}
	}
	show := func(verb, format string, args ...any) []line {
		return []line{{scene.actor.name, verb, fmt.Sprintf(format, args...)}}
	}
	switch event.Event {
	case "call":
		scene.call = event.Call
		return show("calls", "%s", event.To)
	case "say":
		return show("hears", "%q", event.Text)
	case "speech_start":
		return s.begins(i)
	case "speech_end":
		return scene.said(event, saidText(event))
	case "press":
		fresh := scene.expectsKeys()
		lines := scene.pressed(event)
		if fresh {
			lines = append(lines, s.begins(i)...)
		}
		return lines
	case "heard_start":
		if event.Source == "stream" {
			return scene.hears(event.Time)
		}
	case "fault":
		return show("fault", "%d %s", event.Code, event.Text)
	case "end":
		scene.end, scene.over = event, true
		return show("ended", "%s: %s", event.Reason, event.Text)
	}
	return nil
}

func saidText(event twiliosim.Event) string {
	if event.Text != "" {
		return fmt.Sprintf("%q", event.Text)
	}
	names := make([]string, len(event.Files))
	for i, file := range event.Files {
		names[i] = file[strings.LastIndex(file, "/")+1:]
	}
	return "recordings " + strings.Join(names, " + ")
}

func (c *scene) said(event twiliosim.Event, text string) []line {
	c.turns = append(c.turns, &demoTurn{Said: text, saidAt: event.Time})
	return []line{{c.actor.name, "says", text}}
}

// keysSaid begins what was "said" by pressing keys.
const keysSaid = "keys "

// expectsKeys reports whether the next key begins a turn.
func (c *scene) expectsKeys() bool {
	last := c.latest()
	return last == nil || !strings.HasPrefix(last.Said, keysSaid) || strings.HasSuffix(last.Said, "#")
}

// pressed collects the keys of one turn.
func (c *scene) pressed(event twiliosim.Event) []line {
	if c.expectsKeys() {
		c.turns = append(c.turns, &demoTurn{Said: keysSaid})
	}
	last := c.latest()
	last.Said += event.Key
	last.saidAt = event.Time
	if event.Key == "#" {
		return []line{{c.actor.name, "presses", strings.TrimPrefix(last.Said, keysSaid)}}
	}
	return nil
}

func (c *scene) latest() *demoTurn {
	if len(c.turns) == 0 {
		return nil
	}
	return c.turns[len(c.turns)-1]
}

func (c *scene) hears(at time.Time) []line {
	turn := c.latest()
	if turn == nil || !turn.heardAt.IsZero() || turn.Fillers > 0 {
		return nil
	}
	turn.heardAt = at
	return c.measure(turn)
}

// bot takes a line of the local Lex's log.
func (s *story) bot(text []byte) []line {
	var record botRecord
	if json.Unmarshal(text, &record) != nil || record.Session == "" || record.Status >= 300 {
		return nil
	}
	scene := s.byCall(record.Session)
	if scene == nil || scene.latest() == nil {
		return nil
	}
	turn := scene.latest()
	turn.Mode, turn.Transcript, turn.Intent, turn.State = record.Mode, record.Transcript, record.Intent, record.State
	turn.Slots, turn.Elicits, turn.Heard = record.Slots, record.Elicits, strings.Join(record.Messages, " ")
	turn.Region = record.Region
	understood := fmt.Sprintf("%s %s", record.Intent, record.State)
	if filled := slotText(record.Slots); filled != "" {
		understood += ", " + filled
	}
	if record.Elicits != "" {
		understood += ", asks " + record.Elicits
	}
	return append([]line{
		{scene.actor.name, "bot", fmt.Sprintf("heard %q (%s) in %s", record.Transcript, record.Mode, record.Region)},
		{scene.actor.name, "bot", understood},
		{scene.actor.name, "hears", fmt.Sprintf("%q", turn.Heard)},
	}, scene.measure(turn)...)
}

// slotText lists the filled slots in the order of their names.
func slotText(slots map[string]string) string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(slots)) {
		if slots[name] != "" {
			texts = append(texts, name+"="+slots[name])
		}
	}
	return strings.Join(texts, " ")
}

// gateway takes a line of the gateway's log.
func (s *story) gateway(text []byte) []line {
	var record gatewayRecord
	if json.Unmarshal(text, &record) != nil {
		return []line{{"", "gateway", string(text)}}
	}
	scene := s.byCall(record.Call)
	who := ""
	if scene != nil {
		who = scene.actor.name
	}
	if text := record.failover(); text != "" {
		return []line{{who, "gateway", text}}
	}
	if record.Level == "WARN" || record.Level == "ERROR" {
		return []line{{who, "gateway", strings.TrimSpace(record.Message + " " + record.Reason + " " + record.Err)}}
	}
	if scene == nil || scene.latest() == nil {
		return nil
	}
	turn := scene.latest()
	switch record.Message {
	case "turn ended":
		turn.endedAt = record.Time
	case "turn answered":
		turn.answeredAt = record.Time
	case "filler playing":
		turn.Fillers++
		turn.heardAt = time.Time{} // the answer is still to be heard
		return []line{{who, "hears", "words that fill the silence"}}
	case "turn playing":
		if turn.Fillers > 0 {
			turn.heardAt = record.Time
		}
	}
	return scene.measure(turn)
}

// failover tells what a line of the gateway's log says of regions, empty for
// nothing.
func (r gatewayRecord) failover() string {
	switch r.Message {
	case "turn sent again":
		return "sends the same words to " + r.Region
	case "call moved":
		return fmt.Sprintf("the call goes on in %s", r.To)
	case "region changed":
		return fmt.Sprintf("%s is %s: %s", r.Region, r.To, r.Why)
	case "active region moved":
		return fmt.Sprintf("new calls go to %s", r.To)
	}
	return ""
}

// measure fills in a turn's times once all of them are known.
func (c *scene) measure(turn *demoTurn) []line {
	if turn.measured || turn.saidAt.IsZero() || turn.endedAt.IsZero() || turn.answeredAt.IsZero() || turn.heardAt.IsZero() || turn.Mode == "" {
		return nil
	}
	turn.measured = true
	turn.DetectMS = turn.endedAt.Sub(turn.saidAt).Milliseconds()
	turn.AnswerMS = turn.answeredAt.Sub(turn.endedAt).Milliseconds()
	turn.HearMS = turn.heardAt.Sub(turn.answeredAt).Milliseconds()
	turn.TotalMS = turn.heardAt.Sub(turn.saidAt).Milliseconds()
	last := "last word"
	if strings.HasPrefix(turn.Said, keysSaid) {
		last = "last key"
	}
	return []line{{c.actor.name, "times", fmt.Sprintf("%s > %d ms > turn end > %d ms > Lex > %d ms > sound = %d ms",
		last, turn.DetectMS, turn.AnswerMS, turn.HearMS, turn.TotalMS)}}
}

// verdict says what is wrong with a call, as the bot's own log has it; empty
// when the order was fulfilled with the values that were drawn.
func (c *scene) verdict() string {
	var last *demoTurn
	for _, turn := range c.turns {
		if turn.State == "Fulfilled" {
			last = turn
		}
		if turn.Mode == "" {
			return turn.Said + " was never answered"
		}
		if !c.actor.keyed && turn.Mode != "Speech" {
			return fmt.Sprintf("%s was taken in %q mode, not Speech", turn.Said, turn.Mode)
		}
	}
	if last == nil {
		return "the bot did not fulfil the order"
	}
	want := c.actor.order.slots()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got := last.Slots[name]; got != want[name] {
			return fmt.Sprintf("%s is %q, not %q", name, got, want[name])
		}
	}
	if home := demoRegions[0]; c.actor.name == "Cleo" && last.Region == home {
		return "the order was fulfilled in " + home + ", which had been stopped"
	}
	if c.end.Result != twiliosim.ResultOK {
		return fmt.Sprintf("the phone reports %s: %s", c.end.Reason, c.end.Text)
	}
	return ""
}

// silences are the median and the longest time between a caller's last word and
// the answer, over the turns that were measured. Words that filled a silence do
// not count as an answer.
func (c *scene) silences() (median, longest int64, ok bool) {
	var totals []int64
	for _, turn := range c.turns {
		if turn.measured {
			totals = append(totals, turn.TotalMS)
		}
	}
	if len(totals) == 0 {
		return 0, 0, false
	}
	slices.Sort(totals)
	return totals[len(totals)/2], totals[len(totals)-1], true
}

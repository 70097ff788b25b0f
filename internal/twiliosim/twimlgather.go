package twiliosim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	defaultGatherTimeout = 5 * time.Second
	maxGatherTimeout     = 600 * time.Second
	autoSpeechTimeout    = time.Second // what speechTimeout="auto" is taken as
)

// gatherNoun is what a Gather collects.
type gatherNoun struct {
	keys, speech  bool // input
	timeout       time.Duration
	speechTimeout time.Duration
	numDigits     int    // 0 for any number
	finishOnKey   string // one key; empty for none
	emptyToo      bool   // the action is asked though nothing came
	bargeIn       bool   // whatever comes cuts the prompts short
	prompts       []verb
}

// readGather reads the attributes of a Gather, and the prompts in it.
func (v *verb) readGather(e *element) *Fault {
	g := &gatherNoun{finishOnKey: "#"}
	v.gather = g
	var flt *Fault
	if v.method, flt = choice(e, codeGatherMethod, "method", "POST", "GET"); flt != nil {
		return flt
	}
	if g.timeout, flt = wholeSeconds(e, codeGatherTimeout, "timeout", defaultGatherTimeout, maxGatherTimeout); flt != nil {
		return flt
	}
	if g.emptyToo, flt = flag(e, codeGatherEmpty, "actionOnEmptyResult"); flt != nil {
		return flt
	}
	bargeIn, flt := choice(e, codeSchema, "bargeIn", "true", "false")
	if flt != nil {
		return flt
	}
	g.bargeIn = bargeIn == "true"
	for _, read := range []func(*element) *Fault{g.readInput, g.readKeys, g.readSpeechTimeout, g.readPrompts} {
		if flt := read(e); flt != nil {
			return flt
		}
	}
	return nil
}

func (g *gatherNoun) readInput(e *element) *Fault {
	inputs := strings.Fields(e.attrs["input"])
	if len(inputs) == 0 {
		inputs = []string{"dtmf"}
	}
	for _, input := range inputs {
		switch input {
		case "dtmf":
			g.keys = true
		case "speech":
			g.speech = true
		default:
			return fault(codeSchema, "the input of <Gather> is dtmf, speech or both, not %q", e.attrs["input"])
		}
	}
	return nil
}

func (g *gatherNoun) readKeys(e *element) *Fault {
	if key, ok := e.attrs["finishOnKey"]; ok {
		if len(key) > 1 || !strings.Contains("0123456789*#", key) {
			return fault(codeGatherFinish, "the finishOnKey of <Gather> is one of 0-9, * and #, or empty, not %q", key)
		}
		g.finishOnKey = key
	}
	text, ok := e.attrs["numDigits"]
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return fault(codeGatherDigits, "the numDigits of <Gather> is a whole number from 1 on, not %q", text)
	}
	g.numDigits = n
	return nil
}

func (g *gatherNoun) readSpeechTimeout(e *element) *Fault {
	if e.attrs["speechTimeout"] == "auto" {
		g.speechTimeout = autoSpeechTimeout
		return nil
	}
	var flt *Fault
	g.speechTimeout, flt = wholeSeconds(e, codeSchema, "speechTimeout", g.timeout, maxGatherTimeout)
	return flt
}

func (g *gatherNoun) readPrompts(e *element) *Fault {
	for i := range e.children {
		child := &e.children[i]
		if !slices.Contains([]string{"Say", "Play", "Pause"}, child.name) {
			return fault(codeGatherNested, "<Gather> holds <Say>, <Play> and <Pause>, not <%s>", child.name)
		}
		prompt, flt := newVerb(child)
		if flt != nil {
			return flt
		}
		g.prompts = append(g.prompts, prompt)
	}
	return nil
}

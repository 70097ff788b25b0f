package botdef

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// intents reads the Intents folder of a locale, whose slot types are known.
func (ld *loader) intents(dir string, locale *Locale) error {
	for _, folder := range ld.folders(path.Join(dir, "intents")) {
		o, err := ld.open(path.Join(folder, "Intent.json"))
		if err != nil {
			return err
		}
		in := readIntent(o)
		if o.doc.err != nil {
			return o.doc.err
		}
		slots, err := ld.slots(folder, locale)
		if err != nil {
			return err
		}
		if in.Slots, err = o.inOrder(slots); err != nil {
			return err
		}
		o.done()
		locale.Intents = append(locale.Intents, in)
	}
	slices.SortStableFunc(locale.Intents, func(a, b *Intent) int {
		return cmp.Or(compareBool(a.Parent == FallbackSignature, b.Parent == FallbackSignature), strings.Compare(a.Name, b.Name))
	})
	return nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func readIntent(o object) *Intent {
	in := &Intent{
		Name:        o.name("name", "intentName"),
		ID:          o.text("identifier", "intentId"),
		DisplayName: o.text("displayName", "intentDisplayName"),
		Description: o.text("description"),
		Parent:      o.text("parentIntentSignature"),
		Utterances:  o.texts("utterance", "sampleUtterances"),

		InputContexts: o.texts("name", "inputContexts"),
		Initial:       readInitial(o.object("initialResponseSetting")),
		Confirmation:  readConfirmation(o.object("intentConfirmationSetting")),
		Fulfillment:   readFulfillment(o.object("fulfillmentCodeHook")),
		Closing:       readClosing(o.object("intentClosingSetting")),
	}
	for _, c := range o.objects("outputContexts") {
		in.OutputContexts = append(in.OutputContexts, Context{
			Name:       c.name("name"),
			TimeToLive: c.duration(0, time.Second, "timeToLiveInSeconds"),
			Turns:      c.integer(0, "turnsToLive"),
		})
		c.done()
	}
	hook := o.object("dialogCodeHook")
	in.DialogHook = hook.flag(false, "enabled")
	hook.done()
	o.ignore("version", "intentIdentifier")
	o.unsupported("kendraConfiguration", "qnAIntentConfiguration", "qInConnectIntentConfiguration", "bedrockAgentIntentConfiguration")
	return in
}

// inOrder returns the slots in the order of slotPriorities, then the others by
// name. Exports name the slots, the models API gives their ids.
func (o object) inOrder(slots []*Slot) ([]*Slot, error) {
	priority := map[*Slot]int{}
	for _, p := range o.objects("slotPriorities") {
		n := p.integer(0, "priority")
		name := p.name("slotName", "slotId")
		p.done()
		if o.doc.err != nil {
			return nil, o.doc.err
		}
		i := slices.IndexFunc(slots, func(s *Slot) bool { return s.Name == name || s.ID == name && name != "" })
		if i < 0 {
			return nil, fmt.Errorf("%s: %sslotName: slot %q has no Slots/%s/Slot.json", o.doc.file, p.at, name, name)
		}
		if _, twice := priority[slots[i]]; twice {
			return nil, fmt.Errorf("%s: %sslotName: slot %q is listed twice", o.doc.file, p.at, name)
		}
		priority[slots[i]] = n
	}
	if o.doc.err != nil {
		return nil, o.doc.err
	}
	slices.SortStableFunc(slots, func(a, b *Slot) int {
		pa, listedA := priority[a]
		pb, listedB := priority[b]
		return cmp.Or(-compareBool(listedA, listedB), cmp.Compare(pa, pb), strings.Compare(a.Name, b.Name))
	})
	return slots, nil
}

func readInitial(o object) Initial {
	in := Initial{Hook: readHook(o.object("codeHook"))}
	in.Response = readResponse(o.object("initialResponse"))
	in.Next = readStep(o.object("nextStep"))
	in.Conditional = readConditional(o.object("conditional"))
	o.done()
	return in
}

func readConfirmation(o object) *Confirmation {
	if !o.present() {
		return nil
	}
	c := &Confirmation{
		Active:          o.flag(true, "isActive", "active"),
		Prompt:          readPrompt(o.object("promptSpecification", "confirmationPrompt")),
		Confirmed:       readOutcome(o, "confirmation"),
		Declined:        readOutcome(o, "declination"),
		Failure:         readOutcome(o, "failure"),
		Hook:            readHook(o.object("codeHook")),
		ElicitationHook: readHook(o.object("elicitationCodeHook")),
	}
	o.done()
	return c
}

func readFulfillment(o object) Fulfillment {
	status := o.object("postFulfillmentStatusSpecification")
	f := Fulfillment{
		Hook:    o.flag(false, "enabled"),
		Active:  o.flag(o.present(), "isActive", "active"),
		Success: readOutcome(status, "success"),
		Failure: readOutcome(status, "failure"),
		Timeout: readOutcome(status, "timeout"),
		Updates: readUpdates(o.object("fulfillmentUpdatesSpecification")),
	}
	status.done()
	o.done()
	return f
}

func readUpdates(o object) *Updates {
	if !o.present() {
		return nil
	}
	start, update := o.object("startResponse"), o.object("updateResponse")
	u := &Updates{
		Active:    o.flag(false, "active", "isActive"),
		Delay:     start.duration(0, time.Second, "delayInSeconds"),
		Start:     readResponse(start),
		Frequency: update.duration(0, time.Second, "frequencyInSeconds"),
		Update:    readResponse(update),
		Timeout:   o.duration(0, time.Second, "timeoutInSeconds"),
	}
	o.done()
	return u
}

func readClosing(o object) *Closing {
	if !o.present() {
		return nil
	}
	c := &Closing{Active: o.flag(true, "isActive", "active")}
	c.Response = readResponse(o.object("closingResponse"))
	c.Next = readStep(o.object("nextStep"))
	c.Conditional = readConditional(o.object("conditional"))
	o.done()
	return c
}

package botdef

import (
	"strconv"
	"time"
)

// consoleAttempt is what the Lex console writes for each attempt of a prompt.
var consoleAttempt = Attempt{
	AllowInterrupt:   true,
	AllowAudio:       true,
	AllowDTMF:        true,
	StartTimeout:     4 * time.Second,
	EndTimeout:       640 * time.Millisecond,
	MaxLength:        15 * time.Second,
	DTMFMaxLength:    513,
	DTMFEndTimeout:   5 * time.Second,
	DTMFDeletion:     "*",
	DTMFEnd:          "#",
	TextStartTimeout: 30 * time.Second,
}

// maxRetries is the most repetitions that Lex allows for a prompt:
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_PromptSpecification.html
const maxRetries = 5

func readPrompt(o object) *Prompt {
	if !o.present() {
		return nil
	}
	const consoleRetries = 4
	p := &Prompt{
		Groups:         readGroups(o),
		MaxRetries:     o.integer(consoleRetries, "maxRetries"),
		AllowInterrupt: o.flag(true, "allowInterrupt"),
		Ordered:        o.text("messageSelectionStrategy") == "Ordered",
	}
	attempts := o.object("promptAttemptsSpecification")
	for i := range min(max(p.MaxRetries, 0), maxRetries) + 1 {
		key := "Initial"
		if i > 0 {
			key = "Retry" + strconv.Itoa(i)
		}
		p.Attempts = append(p.Attempts, readAttempt(attempts.object(key), p.AllowInterrupt))
	}
	// More attempts than retries are common and harmless.
	attempts.ignore("Retry1", "Retry2", "Retry3", "Retry4", "Retry5")
	attempts.done()
	o.done()
	return p
}

func readAttempt(o object, interrupt bool) Attempt {
	a := consoleAttempt
	a.AllowInterrupt = o.flag(interrupt, "allowInterrupt")
	types := o.object("allowedInputTypes")
	a.AllowAudio = types.flag(a.AllowAudio, "allowAudioInput")
	a.AllowDTMF = types.flag(a.AllowDTMF, "allowDTMFInput")
	types.done()

	input := o.object("audioAndDTMFInputSpecification")
	a.StartTimeout = input.duration(a.StartTimeout, time.Millisecond, "startTimeoutMs")
	audio := input.object("audioSpecification")
	a.EndTimeout = audio.duration(a.EndTimeout, time.Millisecond, "endTimeoutMs")
	a.MaxLength = audio.duration(a.MaxLength, time.Millisecond, "maxLengthMs")
	audio.done()
	dtmf := input.object("dtmfSpecification")
	a.DTMFMaxLength = dtmf.integer(a.DTMFMaxLength, "maxLength")
	a.DTMFEndTimeout = dtmf.duration(a.DTMFEndTimeout, time.Millisecond, "endTimeoutMs")
	if s := dtmf.text("deletionCharacter"); s != "" {
		a.DTMFDeletion = s
	}
	if s := dtmf.text("endCharacter"); s != "" {
		a.DTMFEnd = s
	}
	dtmf.done()
	input.done()

	text := o.object("textInputSpecification")
	a.TextStartTimeout = text.duration(a.TextStartTimeout, time.Millisecond, "startTimeoutMs")
	text.done()
	o.done()
	return a
}

// readResponse reads a response; without a message there is none.
func readResponse(o object) *Response {
	r := &Response{Groups: readGroups(o), AllowInterrupt: o.flag(true, "allowInterrupt")}
	o.done()
	if len(r.Groups) == 0 {
		return nil
	}
	return r
}

func readGroups(o object) []MessageGroup {
	var groups []MessageGroup
	for _, g := range o.objects("messageGroupsList", "messageGroups") {
		message := g.object("message")
		if !message.present() {
			g.faultf("message", "is missing")
		}
		group := MessageGroup{readMessage(message)}
		for _, variation := range g.objects("variations") {
			group = append(group, readMessage(variation))
		}
		g.done()
		groups = append(groups, group)
	}
	return groups
}

func readMessage(o object) Message {
	plain, ssml := o.object("plainTextMessage"), o.object("ssmlMessage")
	custom, picture := o.object("customPayload"), o.object("imageResponseCard")
	o.done()
	switch {
	case plain.present():
		return Message{Kind: PlainText, Text: plain.name("value")}
	case ssml.present():
		return Message{Kind: SSML, Text: ssml.name("value")}
	case custom.present():
		return Message{Kind: CustomPayload, Text: custom.name("value")}
	case picture.present():
		return Message{Kind: ImageCard, Card: readCard(picture)}
	case o.present():
		o.faultf("plainTextMessage", "is missing, as is every other kind of message")
	}
	return Message{}
}

func readCard(o object) *Card {
	c := &Card{Title: o.name("title"), Subtitle: o.text("subtitle"), ImageURL: o.text("imageUrl")}
	for _, b := range o.objects("buttons") {
		c.Buttons = append(c.Buttons, Button{Text: b.name("text"), Value: b.name("value")})
		b.done()
	}
	o.done()
	return c
}

// readOutcome reads the three keys that begin with prefix, such as
// successResponse, successNextStep and successConditional.
func readOutcome(o object, prefix string) Outcome {
	return Outcome{
		Response:    readResponse(o.object(prefix + "Response")),
		Next:        readStep(o.object(prefix + "NextStep")),
		Conditional: readConditional(o.object(prefix + "Conditional")),
	}
}

// readStep reads a dialog state. The console writes empty ones everywhere.
func readStep(o object) *Step {
	action, intent := o.object("dialogAction"), o.object("intent")
	step := &Step{
		Action:              action.text("type"),
		SlotToElicit:        action.text("slotToElicit"),
		SuppressNextMessage: action.flag(false, "suppressNextMessage"),
		Intent:              intent.text("name"),
	}
	for _, m := range intent.members("slots") {
		value := m.object()
		if step.Slots == nil {
			step.Slots = map[string]string{}
		}
		step.Slots[m.key] = value.object("value").text("interpretedValue")
		value.unsupported("values")
	}
	for _, m := range o.members("sessionAttributes") {
		if step.SessionAttributes == nil {
			step.SessionAttributes = map[string]string{}
		}
		step.SessionAttributes[m.key] = m.text()
	}
	action.done()
	intent.done()
	o.done()
	if step.Action == "" && step.Intent == "" && step.Slots == nil && step.SessionAttributes == nil {
		return nil
	}
	return step
}

func readConditional(o object) *Conditional {
	if !o.present() {
		return nil
	}
	c := &Conditional{
		Active:  o.flag(true, "isActive", "active"),
		Default: readBranch(o.object("defaultBranch")),
	}
	for _, b := range o.objects("conditionalBranches") {
		branch := readBranch(b)
		if branch.Expression == "" {
			b.faultf("condition.expressionString", "is missing")
		}
		c.Branches = append(c.Branches, branch)
	}
	o.done()
	return c
}

func readBranch(o object) Branch {
	b := Branch{
		Name:       o.text("name"),
		Expression: o.object("condition").text("expressionString"),
		Next:       readStep(o.object("nextStep")),
		Response:   readResponse(o.object("response")),
	}
	o.done()
	return b
}

func readHook(o object) *CodeHook {
	if !o.present() {
		return nil
	}
	after := o.object("postCodeHookSpecification")
	h := &CodeHook{
		Active:  o.flag(true, "isActive", "active"),
		Invoke:  o.flag(false, "enableCodeHookInvocation"),
		Label:   o.text("invocationLabel"),
		Success: readOutcome(after, "success"),
		Failure: readOutcome(after, "failure"),
		Timeout: readOutcome(after, "timeout"),
	}
	after.done()
	o.done()
	return h
}

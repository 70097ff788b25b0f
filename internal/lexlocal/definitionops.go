package lexlocal

import (
	"maps"
	"strings"

	"lexline/internal/botdef"
)

// The part of the models API that reads definitions. Shapes and rules:
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_DescribeIntent.html.

// place is a locale of a version, with the ids of what is in it. They follow from
// bot, locale and names: they are the same in all versions of a bot, and differ
// between bots, as in Lex. Ids in an export mean nothing to an import.
type place struct {
	bot *servedBot
	v   view
	l   *botdef.Locale
}

// modelsLocale finds the locale that the path of a request names.
func (q *request) modelsLocale() (place, error) {
	b, v, err := q.modelsVersion()
	if err != nil {
		return place{}, err
	}
	id := q.r.PathValue("localeId")
	l := v.def.Locale(id)
	if l == nil {
		return place{}, notFound("version %s of bot %s has no locale %s", v.number, b.name, id)
	}
	return place{b, v, l}, nil
}

func (p place) id(kind string, names ...string) string {
	return makeID(append([]string{p.bot.id, p.l.ID, kind}, names...)...)
}

func (p place) intentID(in *botdef.Intent) string {
	if in.Parent == botdef.FallbackSignature {
		return "FALLBCKINT" // in every bot
	}
	return p.id("intent", in.Name)
}

func (p place) slotID(in *botdef.Intent) func(name string) string {
	return func(name string) string { return p.id("slot", in.Name, name) }
}

// typeID returns the id of a slot type; a built-in one's is its name.
func (p place) typeID(name string) string {
	if strings.HasPrefix(name, "AMAZON.") && p.l.SlotType(name) == nil {
		return name
	}
	return p.id("slottype", name)
}

// names returns what all answers about a locale begin with.
func (p place) names() map[string]any {
	return map[string]any{"botId": p.bot.id, "botVersion": p.v.number, "localeId": p.l.ID}
}

// describe completes the description of something in the locale.
func (p place) describe(d map[string]any) map[string]any {
	maps.Copy(d, p.names())
	d["creationDateTime"], d["lastUpdatedDateTime"] = epoch(p.v.created), epoch(p.v.changed)
	return d
}

// summarize returns the named part of a description, as lists have it.
func (p place) summarize(d map[string]any, keys ...string) map[string]any {
	s := map[string]any{"lastUpdatedDateTime": epoch(p.v.changed)}
	for _, k := range keys {
		if v, ok := d[k]; ok {
			s[k] = v
		}
	}
	return s
}

func (p place) intent(in *botdef.Intent) map[string]any {
	d := in.API(p.slotID(in))
	d["intentId"] = p.intentID(in)
	return d
}

func (p place) slot(in *botdef.Intent, s *botdef.Slot) map[string]any {
	d := s.API(p.typeID)
	d["slotId"], d["intentId"] = p.slotID(in)(s.Name), p.intentID(in)
	return d
}

func (p place) slotType(t *botdef.SlotType) map[string]any {
	d := t.API()
	d["slotTypeId"] = p.typeID(t.Name)
	return d
}

// modelsIntent finds the intent that the path of a request names.
func (q *request) modelsIntent() (place, *botdef.Intent, error) {
	p, err := q.modelsLocale()
	if err != nil {
		return p, nil, err
	}
	id := q.r.PathValue("intentId")
	for _, in := range p.l.Intents {
		if p.intentID(in) == id {
			return p, in, nil
		}
	}
	return p, nil, notFound("locale %s of version %s has no intent %s", p.l.ID, p.v.number, id)
}

func (q *request) describeIntent() error {
	p, in, err := q.modelsIntent()
	if err != nil {
		return err
	}
	return q.answerJSON(p.describe(p.intent(in)))
}

func (q *request) listIntents() error {
	p, err := q.modelsLocale()
	if err != nil {
		return err
	}
	var body listRequest
	if err := q.list(&body, &body, "IntentName"); err != nil {
		return err
	}
	var found []map[string]any
	for _, in := range p.l.Intents {
		if body.keeps(in.Name) {
			found = append(found, p.summarize(p.intent(in),
				"intentId", "intentName", "intentDisplayName", "description", "parentIntentSignature", "inputContexts", "outputContexts"))
		}
	}
	return q.answerList("intentSummaries", found, body, p.names())
}

func (q *request) describeSlot() error {
	p, in, err := q.modelsIntent()
	if err != nil {
		return err
	}
	id := q.r.PathValue("slotId")
	for _, s := range in.Slots {
		if p.slotID(in)(s.Name) == id {
			return q.answerJSON(p.describe(p.slot(in, s)))
		}
	}
	return notFound("intent %s of version %s has no slot %s", in.Name, p.v.number, id)
}

func (q *request) listSlots() error {
	p, in, err := q.modelsIntent()
	if err != nil {
		return err
	}
	var body listRequest
	if err := q.list(&body, &body, "SlotName"); err != nil {
		return err
	}
	var found []map[string]any
	for _, s := range in.Slots {
		if !body.keeps(s.Name) {
			continue
		}
		d := p.slot(in, s)
		summary := p.summarize(d, "slotId", "slotName", "description", "slotTypeId")
		elicitation := s.APIElicitation()
		summary["slotConstraint"] = elicitation["slotConstraint"]
		if prompt, ok := elicitation["promptSpecification"]; ok {
			summary["valueElicitationPromptSpecification"] = prompt
		}
		found = append(found, summary)
	}
	answer := p.names()
	answer["intentId"] = p.intentID(in)
	return q.answerList("slotSummaries", found, body, answer)
}

func (q *request) describeSlotType() error {
	p, err := q.modelsLocale()
	if err != nil {
		return err
	}
	id := q.r.PathValue("slotTypeId")
	for _, t := range p.l.SlotTypes {
		if p.typeID(t.Name) == id {
			return q.answerJSON(p.describe(p.slotType(t)))
		}
	}
	return notFound("locale %s of version %s has no slot type %s", p.l.ID, p.v.number, id)
}

func (q *request) listSlotTypes() error {
	p, err := q.modelsLocale()
	if err != nil {
		return err
	}
	var body listRequest
	if err := q.list(&body, &body, "SlotTypeName"); err != nil {
		return err
	}
	var found []map[string]any
	for _, t := range p.l.SlotTypes {
		if body.keeps(t.Name) {
			summary := p.summarize(p.slotType(t), "slotTypeId", "slotTypeName", "description", "parentSlotTypeSignature")
			summary["slotTypeCategory"] = categoryOf(t)
			found = append(found, summary)
		}
	}
	return q.answerList("slotTypeSummaries", found, body, p.names())
}

func categoryOf(t *botdef.SlotType) string {
	switch {
	case t.Resolution == botdef.Concatenation:
		return "Composite"
	case t.Parent != "":
		return "Extended"
	}
	return "Custom"
}

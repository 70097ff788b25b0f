package botdef

import (
	"strconv"
	"time"
)

// dialect is how definitions are spelled: exports and the models API have the
// same structure and differ in some names.
type dialect struct {
	api            bool
	groups, active string // keys

	// slotKey and typeKey say how an intent names its slots, and a slot its type.
	slotKey, typeKey string
	slotRef, typeRef func(name string) string
}

var exportDialect = dialect{
	groups: "messageGroupsList", active: "isActive",
	slotKey: "slotName", typeKey: "slotTypeName", slotRef: itself, typeRef: itself,
}

func itself(name string) string { return name }

// fields is a JSON object that is being written. What is empty is left out, which
// means the same as null.
type fields map[string]any

func (f fields) text(key, value string) fields {
	if value != "" {
		f[key] = value
	}
	return f
}

func (f fields) object(key string, value fields) fields {
	if len(value) > 0 {
		f[key] = value
	}
	return f
}

// texts writes a list of strings, each in an object of its own.
func (f fields) texts(key, inner string, values []string) fields {
	var list []fields
	for _, v := range values {
		list = append(list, fields{inner: v})
	}
	return f.objects(key, list)
}

func (f fields) objects(key string, values []fields) fields {
	if len(values) > 0 {
		f[key] = values
	}
	return f
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func (d dialect) prompt(p *Prompt) fields {
	if p == nil {
		return nil
	}
	attempts := fields{}
	for i, a := range p.Attempts {
		key := "Initial"
		if i > 0 {
			key = "Retry" + strconv.Itoa(i)
		}
		attempts[key] = spellAttempt(a)
	}
	strategy := "Random"
	if p.Ordered {
		strategy = "Ordered"
	}
	f := fields{
		"maxRetries": p.MaxRetries, "allowInterrupt": p.AllowInterrupt, "messageSelectionStrategy": strategy,
	}
	return f.objects(d.groups, spellGroups(p.Groups)).object("promptAttemptsSpecification", attempts)
}

func spellAttempt(a Attempt) fields {
	return fields{
		"allowInterrupt":    a.AllowInterrupt,
		"allowedInputTypes": fields{"allowAudioInput": a.AllowAudio, "allowDTMFInput": a.AllowDTMF},
		"audioAndDTMFInputSpecification": fields{
			"startTimeoutMs":     a.StartTimeout.Milliseconds(),
			"audioSpecification": fields{"maxLengthMs": a.MaxLength.Milliseconds(), "endTimeoutMs": a.EndTimeout.Milliseconds()},
			"dtmfSpecification": fields{
				"maxLength": a.DTMFMaxLength, "endTimeoutMs": a.DTMFEndTimeout.Milliseconds(),
				"deletionCharacter": a.DTMFDeletion, "endCharacter": a.DTMFEnd,
			},
		},
		"textInputSpecification": fields{"startTimeoutMs": a.TextStartTimeout.Milliseconds()},
	}
}

func (d dialect) response(r *Response) fields {
	if r == nil {
		return nil
	}
	return fields{"allowInterrupt": r.AllowInterrupt}.objects(d.groups, spellGroups(r.Groups))
}

func spellGroups(groups []MessageGroup) []fields {
	var list []fields
	for _, g := range groups {
		var variations []fields
		for _, m := range g[1:] {
			variations = append(variations, spellMessage(m))
		}
		list = append(list, fields{"message": spellMessage(g[0])}.objects("variations", variations))
	}
	return list
}

func spellMessage(m Message) fields {
	text := fields{"value": m.Text}
	switch m.Kind {
	case SSML:
		return fields{"ssmlMessage": text}
	case CustomPayload:
		return fields{"customPayload": text}
	case ImageCard:
		var buttons []fields
		for _, b := range m.Card.Buttons {
			buttons = append(buttons, fields{"text": b.Text, "value": b.Value})
		}
		card := fields{"title": m.Card.Title}.text("subtitle", m.Card.Subtitle).text("imageUrl", m.Card.ImageURL)
		return fields{"imageResponseCard": card.objects("buttons", buttons)}
	}
	return fields{"plainTextMessage": text}
}

// outcome writes the three keys that begin with prefix.
func (d dialect) outcome(f fields, prefix string, o Outcome) fields {
	return f.object(prefix+"Response", d.response(o.Response)).
		object(prefix+"NextStep", spellStep(o.Next)).
		object(prefix+"Conditional", d.conditional(o.Conditional))
}

func spellStep(s *Step) fields {
	if s == nil {
		return nil
	}
	action := fields{"suppressNextMessage": s.SuppressNextMessage}.
		text("type", s.Action).text("slotToElicit", s.SlotToElicit)
	slots, attributes := fields{}, fields{}
	for name, value := range s.Slots {
		slots[name] = fields{"shape": "Scalar", "value": fields{"interpretedValue": value}}
	}
	for name, value := range s.SessionAttributes {
		attributes[name] = value
	}
	intent := fields{}.text("name", s.Intent).object("slots", slots)
	return fields{"dialogAction": action}.object("intent", intent).object("sessionAttributes", attributes)
}

func (d dialect) conditional(c *Conditional) fields {
	if c == nil {
		return nil
	}
	var branches []fields
	for _, b := range c.Branches {
		branches = append(branches, d.branch(b))
	}
	return fields{d.active: c.Active, "defaultBranch": d.branch(c.Default)}.objects("conditionalBranches", branches)
}

func (d dialect) branch(b Branch) fields {
	return fields{}.text("name", b.Name).object("condition", fields{}.text("expressionString", b.Expression)).
		object("nextStep", spellStep(b.Next)).object("response", d.response(b.Response))
}

func (d dialect) hook(h *CodeHook) fields {
	if h == nil {
		return nil
	}
	after := d.outcome(d.outcome(d.outcome(fields{}, "success", h.Success), "failure", h.Failure), "timeout", h.Timeout)
	return fields{d.active: h.Active, "enableCodeHookInvocation": h.Invoke}.
		text("invocationLabel", h.Label).object("postCodeHookSpecification", after)
}

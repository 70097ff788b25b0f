package botdef

import (
	"time"
)

// API returns the intent as DescribeIntent of the models API answers, without the
// names of bot, version and locale, and without its own id and times. slotID
// returns the id of a slot of this intent by name.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_DescribeIntent.html
func (in *Intent) API(slotID func(name string) string) map[string]any {
	d := apiDialect()
	d.slotRef = slotID
	f := d.intent(in).text("intentName", in.Name).text("intentDisplayName", in.DisplayName)
	delete(f, "name")
	delete(f, "displayName")
	return f
}

// API returns the slot as DescribeSlot answers, without what Intent.API leaves out.
// typeID returns the id of a slot type by name, a built-in one's too.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_DescribeSlot.html
func (s *Slot) API(typeID func(name string) string) map[string]any {
	d := apiDialect()
	d.typeRef = typeID
	f := d.slot(s).text("slotName", s.Name)
	delete(f, "name")
	return f
}

// APIElicitation returns the valueElicitationSetting of DescribeSlot, parts of which
// ListSlots repeats.
func (s *Slot) APIElicitation() map[string]any {
	return apiDialect().elicitation(s)
}

// API returns the slot type as DescribeSlotType answers, without what Intent.API
// leaves out. The parts of a composite type are with the slots that are of it.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_DescribeSlotType.html
func (t *SlotType) API() map[string]any {
	f := apiDialect().slotType(t).text("slotTypeName", t.Name)
	delete(f, "name")
	return f
}

func apiDialect() dialect {
	return dialect{
		api: true, groups: "messageGroups", active: "active",
		slotKey: "slotId", typeKey: "slotTypeId", slotRef: itself, typeRef: itself,
	}
}

func (d dialect) intent(in *Intent) fields {
	var priorities, contexts []fields
	for i, s := range in.Slots {
		priorities = append(priorities, fields{"priority": i + 1, d.slotKey: d.slotRef(s.Name)})
	}
	for _, c := range in.OutputContexts {
		contexts = append(contexts, fields{
			"name": c.Name, "timeToLiveInSeconds": seconds(c.TimeToLive), "turnsToLive": c.Turns,
		})
	}
	f := fields{"name": in.Name, "dialogCodeHook": fields{"enabled": in.DialogHook}, "fulfillmentCodeHook": d.fulfillment(in.Fulfillment)}
	return f.text("displayName", in.DisplayName).text("description", in.Description).text("parentIntentSignature", in.Parent).
		texts("sampleUtterances", "utterance", in.Utterances).texts("inputContexts", "name", in.InputContexts).
		objects("outputContexts", contexts).objects("slotPriorities", priorities).
		object("initialResponseSetting", d.initial(in.Initial)).
		object("intentConfirmationSetting", d.confirmation(in.Confirmation)).
		object("intentClosingSetting", d.closing(in.Closing))
}

func (d dialect) initial(i Initial) fields {
	return fields{}.object("initialResponse", d.response(i.Response)).object("nextStep", spellStep(i.Next)).
		object("conditional", d.conditional(i.Conditional)).object("codeHook", d.hook(i.Hook))
}

func (d dialect) confirmation(c *Confirmation) fields {
	if c == nil {
		return nil
	}
	f := fields{d.active: c.Active}.object("promptSpecification", d.prompt(c.Prompt)).
		object("codeHook", d.hook(c.Hook)).object("elicitationCodeHook", d.elicitationHook(c.ElicitationHook))
	return d.outcome(d.outcome(d.outcome(f, "confirmation", c.Confirmed), "declination", c.Declined), "failure", c.Failure)
}

// elicitationHook writes a hook that has nothing but a label in the API.
func (d dialect) elicitationHook(h *CodeHook) fields {
	f := d.hook(h)
	if d.api {
		delete(f, d.active)
		delete(f, "postCodeHookSpecification")
	}
	return f
}

func (d dialect) fulfillment(f Fulfillment) fields {
	status := d.outcome(d.outcome(d.outcome(fields{}, "success", f.Success), "failure", f.Failure), "timeout", f.Timeout)
	return fields{"enabled": f.Hook, d.active: f.Active}.
		object("postFulfillmentStatusSpecification", status).
		object("fulfillmentUpdatesSpecification", d.updates(f.Updates))
}

func (d dialect) updates(u *Updates) fields {
	if u == nil {
		return nil
	}
	told := func(r *Response, key string, every time.Duration) fields {
		f := d.response(r)
		if f == nil {
			f = fields{}
		}
		f[key] = seconds(every)
		return f
	}
	return fields{
		"active": u.Active, "timeoutInSeconds": seconds(u.Timeout), // an export says active here, too
		"startResponse":  told(u.Start, "delayInSeconds", u.Delay),
		"updateResponse": told(u.Update, "frequencyInSeconds", u.Frequency),
	}
}

func (d dialect) closing(c *Closing) fields {
	if c == nil {
		return nil
	}
	return fields{d.active: c.Active}.object("closingResponse", d.response(c.Response)).
		object("nextStep", spellStep(c.Next)).object("conditional", d.conditional(c.Conditional))
}

func (d dialect) slot(s *Slot) fields {
	f := fields{
		"name": s.Name, d.typeKey: d.typeRef(s.Type), "valueElicitationSetting": d.elicitation(s),
		"multipleValuesSetting": fields{"allowMultipleValues": s.Multiple},
	}
	if s.Obfuscated {
		f["obfuscationSetting"] = fields{"obfuscationSettingType": "DefaultObfuscation"}
	}
	parts := fields{}
	for _, part := range s.Subslots {
		parts[part.Name] = fields{d.typeKey: d.typeRef(part.Type), "valueElicitationSetting": d.elicitation(part)}
	}
	return f.text("description", s.Description).object("subSlotSetting", fields{}.object("slotSpecifications", parts))
}

func (d dialect) elicitation(s *Slot) fields {
	f := fields{"slotConstraint": "Optional"}
	if s.Required {
		f["slotConstraint"] = "Required"
	}
	capture := d.outcome(d.outcome(fields{}, "capture", s.Capture), "failure", s.Failure).
		object("codeHook", d.hook(s.Hook)).object("elicitationCodeHook", d.elicitationHook(s.ElicitationHook))
	return f.object("promptSpecification", d.prompt(s.Prompt)).texts("sampleUtterances", "utterance", s.Utterances).
		object("defaultValueSpecification", fields{}.texts("defaultValueList", "defaultValue", s.Defaults)).
		object("slotCaptureSetting", capture)
}

// apiResolutions are the spellings of the models API.
var apiResolutions = map[Resolution]string{
	OriginalValue: "OriginalValue", TopResolution: "TopResolution", Concatenation: "Concatenation",
}

func (d dialect) slotType(t *SlotType) fields {
	var values []fields
	for _, v := range t.Values {
		values = append(values, fields{"sampleValue": fields{"value": v.Value}}.texts("synonyms", "value", v.Synonyms))
	}
	resolution := string(t.Resolution)
	if d.api {
		resolution = apiResolutions[t.Resolution]
	}
	selection := fields{"resolutionStrategy": resolution}.object("regexFilter", fields{}.text("pattern", t.Pattern))
	return fields{"name": t.Name, "valueSelectionSetting": selection}.text("description", t.Description).
		text("parentSlotTypeSignature", t.Parent).objects("slotTypeValues", values)
}

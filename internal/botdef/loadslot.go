package botdef

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// slots reads the Slots folder of an intent.
func (ld *loader) slots(intentDir string, locale *Locale) ([]*Slot, error) {
	var list []*Slot
	for _, folder := range ld.folders(path.Join(intentDir, "slots")) {
		o, err := ld.open(path.Join(folder, "Slot.json"))
		if err != nil {
			return nil, err
		}
		s := readSlot(o)
		o.done()
		if o.doc.err != nil {
			return nil, o.doc.err
		}
		for _, part := range append([]*Slot{s}, s.Subslots...) {
			if !strings.HasPrefix(part.Type, "AMAZON.") && locale.SlotType(part.Type) == nil {
				return nil, fmt.Errorf("%s: slotTypeName: slot type %q has no SlotTypes/%s/SlotType.json", o.doc.file, part.Type, part.Type)
			}
		}
		list = append(list, s)
	}
	return list, nil
}

func readSlot(o object) *Slot {
	s := &Slot{
		Name:        o.name("name", "slotName"),
		ID:          o.text("identifier", "slotId"),
		Description: o.text("description"),
		Type:        o.name("slotTypeName", "slotTypeId"),
		Required:    o.text("slotConstraint") == "Required",
		Multiple:    o.object("multipleValuesSetting").flag(false, "allowMultipleValues"),
	}
	obfuscation := o.object("obfuscationSetting").text("obfuscationSettingType")
	s.Obfuscated = strings.EqualFold(strings.ReplaceAll(obfuscation, "_", ""), "DefaultObfuscation")
	o.readElicitation(s)

	parts := o.object("subSlotSetting")
	for _, m := range parts.members("slotSpecifications") {
		spec := m.object()
		part := &Slot{Name: m.key, Type: spec.name("slotTypeName", "slotTypeId")}
		spec.readElicitation(part)
		spec.done()
		s.Subslots = append(s.Subslots, part)
	}
	parts.unsupported("expression")
	o.ignore("version")
	return s
}

// readElicitation fills in how the slot is asked for.
func (o object) readElicitation(s *Slot) {
	e := o.object("valueElicitationSetting", "slotValueElicitationSetting")
	switch constraint := e.text("slotConstraint"); constraint {
	case "Required", "":
		s.Required = s.Required || constraint != ""
	case "Optional":
	default:
		e.faultf("slotConstraint", "%q is neither Required nor Optional", constraint)
	}
	s.Prompt = readPrompt(e.object("promptSpecification", "prompt"))
	s.Utterances = e.texts("utterance", "sampleUtterances")
	defaults := e.object("defaultValueSpecification", "defaultValueSpec")
	s.Defaults = defaults.texts("defaultValue", "defaultValueList")
	defaults.done()
	capture := e.object("slotCaptureSetting")
	s.Capture = readOutcome(capture, "capture")
	s.Failure = readOutcome(capture, "failure")
	s.Hook = readHook(capture.object("codeHook"))
	s.ElicitationHook = readHook(capture.object("elicitationCodeHook"))
	capture.done()
	wait := e.object("waitAndContinueSpecification")
	if wait.flag(wait.present(), "isActive", "active") {
		e.unsupported("waitAndContinueSpecification")
	}
	e.unsupported("slotResolutionSetting")
	e.done()
}

// slotTypes reads the SlotTypes folder of a locale.
func (ld *loader) slotTypes(dir string, locale *Locale) error {
	for _, folder := range ld.folders(path.Join(dir, "slottypes")) {
		o, err := ld.open(path.Join(folder, "SlotType.json"))
		if err != nil {
			return err
		}
		t := readSlotType(o)
		o.done()
		if o.doc.err != nil {
			return o.doc.err
		}
		locale.SlotTypes = append(locale.SlotTypes, t)
	}
	slices.SortStableFunc(locale.SlotTypes, func(a, b *SlotType) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return nil
}

func readSlotType(o object) *SlotType {
	setting := o.object("valueSelectionSetting")
	t := &SlotType{
		Name:        o.name("name", "slotTypeName"),
		ID:          o.text("identifier", "slotTypeId"),
		Description: o.text("description"),
		Parent:      o.text("parentSlotTypeSignature"),
		Pattern:     setting.object("regexFilter").text("pattern"),
	}
	strategy := setting.text("resolutionStrategy")
	if strategy == "" {
		strategy = o.text("valueSelectionStrategy")
	}
	switch strings.ToLower(strings.ReplaceAll(strategy, "_", "")) {
	case "originalvalue", "":
		t.Resolution = OriginalValue
	case "topresolution":
		t.Resolution = TopResolution
	case "concatenation":
		t.Resolution = Concatenation
	default:
		setting.faultf("resolutionStrategy", "%q is not ORIGINAL_VALUE, TOP_RESOLUTION or CONCATENATION", strategy)
	}
	for _, v := range o.objects("slotTypeValues") {
		sample := v.object("sampleValue")
		t.Values = append(t.Values, Value{Value: sample.name("value"), Synonyms: v.texts("value", "synonyms")})
		if !sample.present() {
			v.faultf("sampleValue", "is missing")
		}
		v.done()
	}
	setting.ignore("advancedRecognitionSetting")
	setting.done()
	o.ignore("version", "valueSelectionStrategy")
	o.unsupported("externalSourceSetting")
	parts := o.object("compositeSlotTypeSetting")
	parts.ignore("subSlots") // each composite slot repeats them with their prompts
	return t
}

package botdef

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var warnings = cmpopts.IgnoreFields(Bot{}, "Warnings")

// again writes a bot and reads what was written.
func again(t testing.TB, bot *Bot) *Bot {
	t.Helper()
	var buf bytes.Buffer
	if err := Write(&buf, bot); err != nil {
		t.Fatal(err)
	}
	read, err := ReadZip(buf.Bytes())
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
	if len(read.Warnings) > 0 {
		t.Errorf("what was written has warnings %q, want none", read.Warnings)
	}
	return read
}

func TestWrittenBotIsTheSame(t *testing.T) {
	conditional, err := os.ReadFile("testdata/conditional.json")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		edit func(e export)
	}{
		{"the example", func(export) {}},
		{"conditions, hooks, cards and contexts", func(e export) { e[orderIntent] = string(conditional) }},
		{"a slot with everything", func(e export) {
			e[typeSlot] = `{"name":"FlowerType","identifier":"SLOTFLOWER","description":"d","slotTypeName":"FlowerTypes",
				"obfuscationSetting":{"obfuscationSettingType":"DefaultObfuscation"},"multipleValuesSetting":{"allowMultipleValues":true},
				"valueElicitationSetting":{"slotConstraint":"Optional","sampleUtterances":[{"utterance":"the {FlowerType}"}],
				"defaultValueSpecification":{"defaultValueList":[{"defaultValue":"roses"},{"defaultValue":"[flower]"}]},
				"promptSpecification":{"maxRetries":1,"allowInterrupt":false,"messageSelectionStrategy":"Ordered",
				"messageGroupsList":[{"message":{"plainTextMessage":{"value":"<Which> & why?"}}}],
				"promptAttemptsSpecification":{"Retry1":{"allowedInputTypes":{"allowAudioInput":false,"allowDTMFInput":true},
				"audioAndDTMFInputSpecification":{"startTimeoutMs":1,"audioSpecification":{"maxLengthMs":2,"endTimeoutMs":3},
				"dtmfSpecification":{"maxLength":4,"endTimeoutMs":5,"deletionCharacter":"1","endCharacter":"2"}},
				"textInputSpecification":{"startTimeoutMs":6}}}},
				"slotCaptureSetting":{"captureNextStep":{"dialogAction":{"type":"ElicitSlot","slotToElicit":"PickupDate"}},
				"failureResponse":{"messageGroupsList":[{"message":{"plainTextMessage":{"value":"No."}}}]},
				"codeHook":{"isActive":false,"enableCodeHookInvocation":true,"invocationLabel":"l"},
				"elicitationCodeHook":{"enableCodeHookInvocation":true}}},
				"subSlotSetting":{"slotSpecifications":{"Colour":{"slotTypeName":"FlowerTypes"},"Size":{"slotTypeName":"AMAZON.Number",
				"valueElicitationSetting":{"slotConstraint":"Required"}}}}}`
		}},
		{"a slot type with everything", func(e export) {
			e[flowerTypes] = `{"name":"FlowerTypes","identifier":"TYPEFLOWER","description":"d","parentSlotTypeSignature":"AMAZON.AlphaNumeric",
				"slotTypeValues":[{"sampleValue":{"value":"roses"},"synonyms":[{"value":"rose"},{"value":""}]},{"sampleValue":{"value":"lilies"}}],
				"valueSelectionSetting":{"resolutionStrategy":"TOP_RESOLUTION","regexFilter":{"pattern":"[a-z]+"}}}`
		}},
		{"a bot with little", func(e export) { e["OrderFlowers/Bot.json"] = `{"name":"OrderFlowers"}` }},
		{"a single locale", func(e export) {
			delete(e, "OrderFlowers/Bot.json")
			e["Manifest.json"] = `{"metaData":{"resourceType":"BOT_LOCALE"}}`
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := readExport(t, flowers)
			test.edit(e)
			bot, err := ReadZip(e.zip(t))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(bot, again(t, bot), warnings); diff != "" {
				t.Errorf("written and read again (-before +after):\n%s", diff)
			}
		})
	}
}

func TestWriteIsTheSameEveryTime(t *testing.T) {
	bot, err := Load(flowers)
	if err != nil {
		t.Fatal(err)
	}
	var one, two bytes.Buffer
	if err := errors.Join(Write(&one, bot), Write(&two, bot)); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Errorf("the same bot gave %d bytes, then others, %v", one.Len(), err)
	}
	z, err := zip.NewReader(bytes.NewReader(one.Bytes()), int64(one.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	for name := range readExport(t, flowers) {
		if !strings.Contains("\n"+strings.Join(names, "\n")+"\n", "\n"+name+"\n") {
			t.Errorf("%s is not written", name)
		}
	}
}

func TestNamesThatNoFileCanHave(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(bot *Bot)
		want string
	}{
		{"a way out", func(bot *Bot) { bot.Name = "../x" }, `"../x" cannot be the name of a folder`},
		{"a hidden file", func(bot *Bot) { bot.Locales[0].ID = ".en" }, `".en" cannot`},
		{"a path", func(bot *Bot) { bot.Locales[0].SlotTypes[0].Name = "a/b" }, `"a/b" cannot`},
		{"nothing", func(bot *Bot) { bot.Locales[0].Intents[0].Slots[0].Name = "" }, `"" cannot`},
		{"other case only", func(bot *Bot) {
			in := *bot.Locales[0].Intents[0]
			in.Name = strings.ToUpper(in.Name)
			bot.Locales[0].Intents = append(bot.Locales[0].Intents, &in)
		}, "is there twice"},
	} {
		bot, err := Load("../../bots/BookTrip")
		if err != nil {
			t.Fatal(err)
		}
		test.edit(bot)
		if err := Write(&bytes.Buffer{}, bot); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", test.name, err, test.want)
		}
	}
}

func TestReadZipWantsAManifest(t *testing.T) {
	e := readExport(t, flowers)
	delete(e, "Manifest.json")
	if _, err := ReadZip(e.zip(t)); err == nil || !strings.Contains(err.Error(), "Manifest.json is missing") {
		t.Errorf("ReadZip = %v, want that the manifest is missing", err)
	}
}

// FuzzWrite writes what can be read of any text in the place of each kind of file.
func FuzzWrite(f *testing.F) {
	e := readExport(f, flowers)
	kinds := []string{"OrderFlowers/Bot.json", localeDir + "BotLocale.json", orderIntent, typeSlot, flowerTypes}
	for i, name := range kinds {
		f.Add(uint8(i), []byte(e[name]))
	}
	conditional, err := os.ReadFile("testdata/conditional.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(2), conditional)
	f.Fuzz(func(t *testing.T, kind uint8, text []byte) {
		files := source{}
		for name, data := range e {
			files[strings.ToLower(name)] = &sourceFile{name: name, data: []byte(data)}
		}
		files[strings.ToLower(kinds[int(kind)%len(kinds)])].data = text
		bot, err := files.bot("fuzz")
		if err != nil {
			return
		}
		if err := Write(&bytes.Buffer{}, bot); err != nil {
			if len(bot.Check()) == 0 && fileForm.MatchString(bot.Locales[0].ID) {
				t.Fatalf("a bot without problems cannot be written: %v", err)
			}
			return
		}
		if diff := cmp.Diff(bot, again(t, bot), warnings); diff != "" {
			t.Errorf("written and read again (-before +after):\n%s", diff)
		}
	})
}

package botdef

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	flowers     = "../../bots/OrderFlowers"
	localeDir   = "OrderFlowers/BotLocales/en_US/"
	orderIntent = localeDir + "Intents/OrderFlowers/Intent.json"
	typeSlot    = localeDir + "Intents/OrderFlowers/Slots/FlowerType/Slot.json"
	flowerTypes = localeDir + "SlotTypes/FlowerTypes/SlotType.json"
)

// export is a bot's files by path, to be changed by a test.
type export map[string]string

func readExport(t testing.TB, dir string) export {
	t.Helper()
	files := export{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		files[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatalf("read example bot: %v", err)
	}
	return files
}

// replace changes the first place where old is in the file.
func (e export) replace(t testing.TB, file, old, text string) {
	t.Helper()
	if !strings.Contains(e[file], old) {
		t.Fatalf("%s does not contain %s", file, old)
	}
	e[file] = strings.Replace(e[file], old, text, 1)
}

func (e export) folder(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "export")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range e {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (e export) zip(t testing.TB) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, data := range e {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func writeFile(t testing.TB, name string, data []byte) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestLoadExampleBots(t *testing.T) {
	for _, name := range []string{"OrderFlowers", "BookTrip"} {
		bot, err := Load("../../bots/" + name)
		if err != nil {
			t.Fatalf("Load(%s): %v", name, err)
		}
		if len(bot.Warnings) > 0 {
			t.Errorf("Load(%s) warns: %q", name, bot.Warnings)
		}
		if problems := bot.Check(); len(problems) > 0 {
			t.Errorf("Check(%s) = %v, want no problems", name, problems)
		}
	}
}

func TestLoadedBot(t *testing.T) {
	bot, err := Load(flowers)
	if err != nil {
		t.Fatal(err)
	}
	if bot.Name != "OrderFlowers" || bot.ID != "FLOWERSBOT" || bot.SessionTTL != 5*time.Minute {
		t.Errorf("bot is %q %q %v, want OrderFlowers FLOWERSBOT 5m0s", bot.Name, bot.ID, bot.SessionTTL)
	}
	l := bot.Locale("en_US")
	if l == nil {
		t.Fatal("no locale en_US")
	}
	if bot.Locale("de_DE") != nil || l.Intent("none") != nil || l.SlotType("none") != nil {
		t.Error("an absent name is found")
	}
	if l.Threshold != 0.4 || l.VoiceID != "Joanna" {
		t.Errorf("locale has threshold %v, voice %q; want 0.4, Joanna", l.Threshold, l.VoiceID)
	}
	var names []string
	for _, in := range l.Intents {
		names = append(names, in.Name)
	}
	want := []string{"CancelIntent", "GoodbyeIntent", "HelpIntent", "OrderFlowers", "FallbackIntent"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("intents, the fallback last (-want +got):\n%s", diff)
	}
	if l.Fallback() != l.Intents[4] || !l.Fallback().Builtin() || l.Intent("OrderFlowers").Builtin() {
		t.Error("Fallback or Builtin is wrong")
	}

	in := l.Intent("OrderFlowers")
	var slots []string
	for _, s := range in.Slots {
		slots = append(slots, s.Name+" "+s.Type)
	}
	if diff := cmp.Diff([]string{"FlowerType FlowerTypes", "PickupDate AMAZON.Date", "PickupTime AMAZON.Time"}, slots); diff != "" {
		t.Errorf("slots by priority (-want +got):\n%s", diff)
	}
	p := in.Slot("FlowerType").Prompt
	if len(p.Groups) != 1 || len(p.Groups[0]) != 2 || p.MaxRetries != 3 || len(p.Attempts) != 4 {
		t.Errorf("prompt is %+v, want one group of two messages, 3 retries, 4 attempts", p)
	}
	if diff := cmp.Diff(consoleAttempt, p.Attempts[3]); diff != "" {
		t.Errorf("third retry (-want +got):\n%s", diff)
	}
	wantTypes := &SlotType{
		Name: "FlowerTypes", ID: "FLOWERTYPE", Description: "Kinds of flowers on offer", Resolution: TopResolution,
		Values: []Value{{"roses", []string{"rose"}}, {"lilies", []string{"lily"}}, {"tulips", []string{"tulip"}}},
	}
	if diff := cmp.Diff(wantTypes, l.SlotType("FlowerTypes")); diff != "" {
		t.Errorf("slot type (-want +got):\n%s", diff)
	}
	if f := in.Fulfillment; !f.Active || !f.Hook || f.Success.Response.Groups[0][0].Text != "Thank you, your {FlowerType} have been ordered." {
		t.Errorf("fulfilment is %+v", f)
	}
	if d := in.Confirmation.Declined; d.Next.Action != "EndConversation" || d.Response.Groups[0][0].Text != "Okay, I will not place your order." {
		t.Errorf("declination is %+v", d)
	}
}

func TestLoadFormsOfTheSameBot(t *testing.T) {
	want, err := Load(flowers)
	if err != nil {
		t.Fatal(err)
	}
	prefixed := func(prefix string) func(e export) export {
		return func(e export) export {
			out := export{}
			for name, data := range e {
				out[prefix+name] = data
			}
			return out
		}
	}
	tests := []struct {
		name string
		make func(e export) export
	}{
		{"as it is", func(e export) export { return e }},
		{"one folder down", prefixed("my export/")},
		{"lower-case names", func(e export) export {
			out := export{}
			for name, data := range e {
				out[strings.ToLower(name)] = data
			}
			return out
		}},
		{"manifest of the developer guide", func(e export) export {
			e["manifest.json"] = `{"metadata":{"schemaVersion":"1.0","fileFormat":"LexJson","resourceType":"Bot"}}`
			delete(e, "Manifest.json")
			return e
		}},
		{"archiver's leftovers", func(e export) export {
			e["__MACOSX/OrderFlowers/Bot.json"] = "\x00\x05\x16\x07"
			e["OrderFlowers/._Bot.json"] = "\x00\x05\x16\x07"
			return e
		}},
		{"byte order mark", func(e export) export {
			e[orderIntent] = "\ufeff" + e[orderIntent]
			return e
		}},
		{"key names of the models API", func(e export) export {
			e[typeSlot] = strings.ReplaceAll(e[typeSlot], "messageGroupsList", "messageGroups")
			e[orderIntent] = strings.ReplaceAll(e[orderIntent], `"isActive"`, `"active"`)
			e.replace(t, orderIntent, `"slotName": "FlowerType"`, `"slotId": "SLOTFLOWER"`)
			e.replace(t, flowerTypes, "TOP_RESOLUTION", "TopResolution")
			return e
		}},
		{"key names of 2021", func(e export) export {
			e.replace(t, orderIntent, `"promptSpecification"`, `"confirmationPrompt"`)
			e.replace(t, typeSlot, `"valueElicitationSetting"`, `"slotConstraint": "Required", "slotValueElicitationSetting"`)
			e.replace(t, typeSlot, "\n    \"slotConstraint\": \"Required\",", "")
			e.replace(t, flowerTypes, `"valueSelectionSetting"`, `"valueSelectionStrategy": "TOP_RESOLUTION", "valueSelectionSetting"`)
			e.replace(t, flowerTypes, `"resolutionStrategy": "TOP_RESOLUTION"`, `"resolutionStrategy": null`)
			return e
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := test.make(readExport(t, flowers))
			for form, path := range map[string]string{"folder": e.folder(t), "zip": writeFile(t, "bot.zip", e.zip(t))} {
				got, err := Load(path)
				if err != nil {
					t.Errorf("%s: Load: %v", form, err)
					continue
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s differs from the folder in bots (-want +got):\n%s", form, diff)
				}
			}
		})
	}
}

func TestLoadLocaleExport(t *testing.T) {
	e := readExport(t, flowers)
	delete(e, "OrderFlowers/Bot.json")
	e.replace(t, "Manifest.json", `"BOT"`, `"BOT_LOCALE"`)
	bot, err := Load(writeFile(t, "Flowers-en_US.zip", e.zip(t)))
	if err != nil {
		t.Fatal(err)
	}
	if bot.Name != "Flowers-en_US" || bot.Locale("en_US") == nil || bot.SessionTTL != 5*time.Minute {
		t.Errorf("got bot %q with locales %v, TTL %v; want Flowers-en_US, en_US, 5m0s", bot.Name, bot.Locales, bot.SessionTTL)
	}
}

func TestLoadZipWithWindowsPaths(t *testing.T) {
	e := export{}
	for name, data := range readExport(t, flowers) {
		e[strings.ReplaceAll(name, "/", `\`)] = data
	}
	bot, err := Load(writeFile(t, "bot.zip", e.zip(t)))
	if err != nil || bot.Locale("en_US").Intent("OrderFlowers") == nil {
		t.Fatalf("Load = %v, %v; want the bot", bot, err)
	}
}

func TestLoadBadExport(t *testing.T) {
	set := func(file, data string) func(*testing.T, export) {
		return func(_ *testing.T, e export) { e[file] = data }
	}
	remove := func(file string) func(*testing.T, export) {
		return func(t *testing.T, e export) {
			if _, ok := e[file]; !ok {
				t.Fatalf("no file %s", file)
			}
			delete(e, file)
		}
	}
	swap := func(file, old, text string) func(*testing.T, export) {
		return func(t *testing.T, e export) { e.replace(t, file, old, text) }
	}
	tests := []struct {
		name   string
		change func(*testing.T, export)
		want   []string // all must be in the error
	}{
		{"no bot file", remove("OrderFlowers/Bot.json"), []string{"holds no Bot.json"}},
		{"no locale file", remove(localeDir + "BotLocale.json"), []string{"OrderFlowers/BotLocales/en_US/BotLocale.json is missing"}},
		{"no intent file", remove(orderIntent), []string{orderIntent + " is missing"}},
		{"no slot file", remove(typeSlot), []string{orderIntent, "slotPriorities[0].slotName", `"FlowerType"`, "Slot.json"}},
		{"no slot type file", remove(flowerTypes), []string{typeSlot, "slotTypeName", `"FlowerTypes"`, "SlotType.json"}},
		{"no locales", func(_ *testing.T, e export) {
			for name := range e {
				if strings.Contains(name, "BotLocales") {
					delete(e, name)
				}
			}
		}, []string{"holds no locale"}},
		{"two bots", set("Other/Bot.json", `{"name":"Other"}`), []string{"several bots", "Other/Bot.json", "OrderFlowers/Bot.json"}},
		{"same locale twice", func(_ *testing.T, e export) {
			e["OrderFlowers/BotLocales/en_GB/BotLocale.json"] = e[localeDir+"BotLocale.json"]
		}, []string{"BotLocale.json", `"en_US" is there twice`}},
		{"files that differ in case", set(strings.ToLower(typeSlot), "{}"), []string{"differ only in case", "Slot.json"}},
		{"Lex V1", func(_ *testing.T, e export) {
			clear(e)
			e["OrderFlowers_Export.json"] = `{"metadata":{"schemaVersion":"1.0","importType":"LEX","importFormat":"JSON"},"resource":{}}`
		}, []string{"Lex V1"}},
		{"no JSON at all", func(_ *testing.T, e export) { clear(e); e["readme.txt"] = "" }, []string{"holds no JSON file"}},
		{"not a bot", swap("Manifest.json", `"BOT"`, `"CUSTOM_VOCABULARY"`), []string{"Manifest.json: metaData.resourceType", "CUSTOM_VOCABULARY"}},
		{"other format", swap("Manifest.json", "LexJson", "TSV"), []string{"Manifest.json: metaData.fileFormat", "TSV"}},

		{"broken JSON", swap(typeSlot, `"identifier"`, `identifier`), []string{typeSlot, "line 3", "invalid character"}},
		{"cut off", set(typeSlot, "{\n\"name\": \"x\",\n"), []string{typeSlot, "line 3"}},
		{"empty file", set(typeSlot, " \n"), []string{typeSlot + ": is empty"}},
		{"null", set(typeSlot, "null"), []string{typeSlot + ": holds null"}},
		{"a list", set(typeSlot, "[]"), []string{typeSlot + ": holds a JSON array, want an object"}},
		{"two values", set("OrderFlowers/Bot.json", `{"name":"A"} {}`), []string{"Bot.json: line 1", "text after the closing brace"}},

		{"name missing", swap("OrderFlowers/Bot.json", `"name"`, `"nome"`), []string{"Bot.json: name: is missing"}},
		{"name a number", swap("OrderFlowers/Bot.json", `"OrderFlowers"`, `7`), []string{"Bot.json: name: is the number 7, want a string"}},
		{"TTL a string", swap("OrderFlowers/Bot.json", `300`, `"300"`), []string{"idleSessionTTLInSeconds: is a string, want a number"}},
		{"TTL a fraction", swap("OrderFlowers/Bot.json", `300`, `300.5`), []string{"idleSessionTTLInSeconds: 300.5 is not a whole number"}},
		{"TTL enormous", swap("OrderFlowers/Bot.json", `300`, `1e300`), []string{"idleSessionTTLInSeconds: 1e+300 is not a whole number"}},
		{"TTL beyond numbers", swap("OrderFlowers/Bot.json", `300`, `1e999`), []string{"idleSessionTTLInSeconds: 1e999 is out of range"}},
		{"flag a string", swap(typeSlot, `"allowInterrupt": true`, `"allowInterrupt": "yes"`), []string{typeSlot, "valueElicitationSetting.promptSpecification.allowInterrupt: is a string, want true or false"}},
		{"messages no list", swap(typeSlot, `"messageGroupsList": [`, `"messageGroupsList": {"a": [`), []string{"line"}},
		{"message a string", swap(orderIntent, `"utterance": "I would like to pick up flowers"`, `"utterance": ["a"]`), []string{orderIntent, "sampleUtterances[0].utterance: is a list, want a string"}},
		{"utterances an object", swap(localeDir+"Intents/GoodbyeIntent/Intent.json", `"sampleUtterances": [`, `"sampleUtterances": {}, "x": [`), []string{"sampleUtterances: is an object, want a list"}},
		{"no message", swap(typeSlot, `"value": "What type`, `"valu": "What type`), []string{typeSlot, "messageGroupsList[0].message.plainTextMessage.value: is missing"}},
		{"unknown kind of message", swap(typeSlot, `"plainTextMessage"`, `"plainText"`), []string{typeSlot, "message.plainTextMessage: is missing, as is every other kind"}},
		{"bad constraint", swap(typeSlot, `"Required"`, `"Mandatory"`), []string{typeSlot, "slotConstraint", "Mandatory"}},
		{"bad strategy", swap(flowerTypes, "TOP_RESOLUTION", "BEST"), []string{flowerTypes, "resolutionStrategy", "BEST"}},
		{"value without a word", swap(flowerTypes, `"value": "roses"`, `"value": ""`), []string{flowerTypes, "slotTypeValues[0].sampleValue.value: is missing"}},
		{"slot listed twice", swap(orderIntent, `"slotName": "PickupDate"`, `"slotName": "FlowerType"`), []string{orderIntent, "slotPriorities[1].slotName", "listed twice"}},
		{"priority a string", swap(orderIntent, `"priority": 1`, `"priority": "1"`), []string{orderIntent, "slotPriorities[0].priority: is a string"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := readExport(t, flowers)
			test.change(t, e)
			for form, path := range map[string]string{"folder": e.folder(t), "zip": writeFile(t, "bot.zip", e.zip(t))} {
				_, err := Load(path)
				if err == nil {
					t.Errorf("%s: Load succeeds, want an error with %q", form, test.want)
					continue
				}
				for _, part := range test.want {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s: Load error is %q, want %q in it", form, err, part)
					}
				}
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	e := readExport(t, flowers)
	delete(e, "Manifest.json")
	e.replace(t, orderIntent, `"kendraConfiguration": null`, `"kendraConfiguration": {"kendraIndex": "arn"}`)
	e.replace(t, typeSlot, `"maxRetries"`, `"maxRetry"`)
	e["OrderFlowers/BotLocales/en_US/CustomVocabulary/CustomVocabulary.json"] = "{}"
	bot, err := Load(e.folder(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Manifest.json is missing: Lex would not import this",
		orderIntent + ": kendraConfiguration is not supported and has no effect",
		typeSlot + ": valueElicitationSetting.promptSpecification.maxRetry is an unknown key and has no effect",
		localeDir + "CustomVocabulary/CustomVocabulary.json is not used",
	}
	if diff := cmp.Diff(want, bot.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

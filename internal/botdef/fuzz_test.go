package botdef

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
)

// use does what a program does with a bot, to see that nothing in it crashes.
func use(t *testing.T, bot *Bot) {
	if len(bot.Locales) == 0 {
		t.Fatal("a bot without locales was loaded")
	}
	bot.Check()
	if err := bot.Describe(io.Discard); err != nil {
		t.Fatalf("Describe: %v", err)
	}
	for _, l := range bot.Locales {
		for _, in := range l.Intents {
			for _, s := range in.Slots {
				if s.Prompt != nil && len(s.Prompt.Attempts) == 0 {
					t.Fatalf("prompt of %s has no attempts", s.Name)
				}
			}
		}
	}
}

func FuzzLoadZip(f *testing.F) {
	for _, name := range []string{"OrderFlowers", "BookTrip"} {
		f.Add(readExport(f, "../../bots/"+name).zip(f))
	}
	f.Add(zipOf(f, []byte("{}"), deflated("../Bot.json", `a\b.json`)...))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := readZip(bytes.NewReader(data), int64(len(data)), exportLimits)
		if err != nil {
			return
		}
		if bot, err := files.bot("fuzz"); err == nil {
			use(t, bot)
		}
	})
}

// FuzzFiles puts any text in the place of each kind of file.
func FuzzFiles(f *testing.F) {
	e := readExport(f, flowers)
	kinds := []string{"Manifest.json", "OrderFlowers/Bot.json", localeDir + "BotLocale.json", orderIntent, typeSlot, flowerTypes}
	for i, name := range kinds {
		f.Add(uint8(i), []byte(e[name]))
	}
	conditional, err := os.ReadFile("testdata/conditional.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(3), conditional)
	f.Add(uint8(4), []byte(`{"name":"FlowerType","slotTypeName":"FlowerTypes","valueElicitationSetting":{"promptSpecification":{"maxRetries":1e99}}}`))
	f.Add(uint8(5), []byte(`{"name":"x","slotTypeValues":[null,{"sampleValue":[]}]}`))
	f.Fuzz(func(t *testing.T, kind uint8, text []byte) {
		files := source{}
		for name, data := range e {
			files[strings.ToLower(name)] = &sourceFile{name: name, data: []byte(data)}
		}
		name := kinds[int(kind)%len(kinds)]
		files[strings.ToLower(name)].data = text
		if bot, err := files.bot("fuzz"); err == nil {
			use(t, bot)
		}
	})
}

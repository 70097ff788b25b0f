package botdef

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Load reads the bot at name: a zip file as Lex exports it, or the folder it
// unpacks to. It reads at most 64 MiB of definitions and follows no link out
// of the folder. An error names the file and the key at fault.
//
// Load accepts what it can make sense of; Bot.Check finds the faults that Lex
// would find when it builds the bot.
func Load(name string) (*Bot, error) {
	files, err := readSource(name, exportLimits)
	if err != nil {
		return nil, fmt.Errorf("load bot %s: %w", name, err)
	}
	base := filepath.Base(name)
	bot, err := files.bot(strings.TrimSuffix(base, filepath.Ext(base)))
	if err != nil {
		return nil, fmt.Errorf("load bot %s: %w", name, err)
	}
	return bot, nil
}

// ReadZip reads a zip as an import of Lex does: other than Load it wants a
// Manifest.json. Limits and errors are those of Load.
func ReadZip(data []byte) (*Bot, error) {
	if int64(len(data)) > exportLimits.total {
		return nil, fmt.Errorf("read zip: is larger than %s", size(exportLimits.total))
	}
	files, err := readZip(bytes.NewReader(data), int64(len(data)), exportLimits)
	if err != nil {
		return nil, fmt.Errorf("read zip: %w", err)
	}
	if len((&loader{files: files}).find("manifest.json")) == 0 {
		return nil, errors.New("read zip: Manifest.json is missing: not a Lex V2 export")
	}
	bot, err := files.bot("Bot")
	if err != nil {
		return nil, fmt.Errorf("read zip: %w", err)
	}
	return bot, nil
}

// loader turns the files of one export into a Bot.
type loader struct {
	files    source
	warnings []string
}

// bot reads the export; nameless is the name of a bot whose export is a single
// locale and does not say it.
func (files source) bot(nameless string) (*Bot, error) {
	ld := &loader{files: files}
	whole, err := ld.manifest()
	if err != nil {
		return nil, err
	}
	bot, dirs, err := ld.layout(nameless, whole)
	if err != nil {
		return nil, err
	}
	bot.LocaleOnly = !whole
	for _, dir := range dirs {
		locale, err := ld.locale(dir)
		if err != nil {
			return nil, err
		}
		if bot.Locale(locale.ID) != nil {
			return nil, fmt.Errorf("%s/BotLocale.json: identifier: locale %q is there twice", ld.display(dir), locale.ID)
		}
		bot.Locales = append(bot.Locales, locale)
	}
	if len(bot.Locales) == 0 {
		return nil, errors.New("holds no locale, such as BotLocales/en_US/BotLocale.json")
	}
	slices.SortFunc(bot.Locales, func(a, b *Locale) int { return strings.Compare(a.ID, b.ID) })
	ld.unused()
	bot.Warnings = ld.warnings
	return bot, nil
}

// find returns the keys of all files with the given base name, the one nearest
// to the top first.
func (ld *loader) find(base string) []string {
	var keys []string
	for key := range ld.files {
		if path.Base(key) == base {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")), strings.Compare(a, b))
	})
	return keys
}

// manifest reads Manifest.json, which lies at the top. It says whether a whole
// bot was exported, not a single locale.
func (ld *loader) manifest() (whole bool, err error) {
	found := ld.find("manifest.json")
	if len(found) == 0 {
		ld.warnings = append(ld.warnings, "Manifest.json is missing: Lex would not import this")
		return true, nil
	}
	o, err := ld.files[found[0]].parse(&ld.warnings)
	if err != nil {
		return false, err
	}
	meta := o.object("metaData", "metadata")
	format, resource := meta.text("fileFormat"), meta.text("resourceType")
	if o.doc.err != nil {
		return false, o.doc.err
	}
	if format != "" && !strings.EqualFold(format, "LexJson") {
		return false, fmt.Errorf("%s: %sfileFormat: %q is not LexJson", o.doc.file, meta.at, format)
	}
	switch strings.ToLower(strings.ReplaceAll(resource, "_", "")) {
	case "", "bot":
		return true, nil
	case "botlocale":
		return false, nil
	}
	return false, fmt.Errorf("%s: %sresourceType: %q is not a bot", o.doc.file, meta.at, resource)
}

// layout finds and reads Bot.json and returns the folders of the locales.
func (ld *loader) layout(nameless string, whole bool) (*Bot, []string, error) {
	found := ld.find("bot.json")
	if len(found) > 1 {
		return nil, nil, fmt.Errorf("holds several bots: %s, %s", ld.files[found[0]].name, ld.files[found[1]].name)
	}
	if len(found) == 1 {
		bot, err := ld.botFile(ld.files[found[0]])
		return bot, ld.folders(path.Join(path.Dir(found[0]), "botlocales")), err
	}
	switch {
	case len(ld.files) == 0:
		return nil, nil, errors.New("holds no JSON file: not a Lex V2 export")
	case ld.oldExport():
		return nil, nil, errors.New("is an export of Lex V1: migrate the bot to Lex V2 and export that")
	case whole:
		return nil, nil, errors.New("holds no Bot.json")
	}
	var dirs []string
	for _, key := range ld.find("botlocale.json") {
		dirs = append(dirs, path.Dir(key))
	}
	return &Bot{Name: nameless, Version: "DRAFT", SessionTTL: defaultTTL}, dirs, nil
}

// oldExport says whether this is the single JSON file of a Lex V1 export.
func (ld *loader) oldExport() bool {
	for _, f := range ld.files {
		o, err := f.parse(&ld.warnings)
		if err == nil && o.object("metadata").text("importType") == "LEX" {
			return true
		}
	}
	return false
}

const defaultTTL = 5 * time.Minute

func (ld *loader) botFile(file *sourceFile) (*Bot, error) {
	o, err := file.parse(&ld.warnings)
	if err != nil {
		return nil, err
	}
	bot := &Bot{
		Name:          o.name("name", "botName"),
		ID:            o.text("identifier", "botId"),
		Version:       o.text("version", "botVersion"),
		Description:   o.text("description"),
		ChildDirected: o.object("dataPrivacy").flag(false, "childDirected"),
		SessionTTL:    o.duration(defaultTTL, time.Second, "idleSessionTTLInSeconds"),
	}
	o.ignore("botType", "botTags", "errorLogSettings")
	o.unsupported("botMembers")
	o.done()
	return bot, o.doc.err
}

func (ld *loader) locale(dir string) (*Locale, error) {
	o, err := ld.open(path.Join(dir, "BotLocale.json"))
	if err != nil {
		return nil, err
	}
	const consoleThreshold = 0.4
	voice := o.object("voiceSettings")
	locale := &Locale{
		ID:          o.text("identifier", "localeId"),
		Name:        o.text("name", "localeName"),
		Description: o.text("description"),
		VoiceID:     voice.text("voiceId"),
		VoiceEngine: voice.text("engine"),
		Threshold:   o.number(consoleThreshold, "nluConfidenceThreshold", "nluIntentConfidenceThreshold"),
	}
	voice.done()
	o.ignore("version", "botVersion")
	o.unsupported("generativeAISettings", "unifiedSpeechSettings", "speechRecognitionSettings")
	o.done()
	if o.doc.err != nil {
		return nil, o.doc.err
	}
	if locale.ID == "" {
		locale.ID = path.Base(ld.display(dir))
	}
	if err := ld.slotTypes(dir, locale); err != nil {
		return nil, err
	}
	if err := ld.intents(dir, locale); err != nil {
		return nil, err
	}
	return locale, nil
}

// open parses the file at name, which must be there.
func (ld *loader) open(name string) (object, error) {
	file := ld.files[strings.ToLower(name)]
	if file == nil {
		return object{}, fmt.Errorf("%s is missing", path.Join(ld.display(path.Dir(name)), path.Base(name)))
	}
	return file.parse(&ld.warnings)
}

// folders lists the folders below dir that hold any definition, in order.
func (ld *loader) folders(dir string) []string {
	prefix := strings.TrimPrefix(strings.ToLower(dir)+"/", "./")
	var list []string
	for key := range ld.files {
		rest, ok := strings.CutPrefix(key, prefix)
		if name, _, inside := strings.Cut(rest, "/"); ok && inside {
			list = append(list, prefix+name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// display returns the folder's path as its files spell it.
func (ld *loader) display(dir string) string {
	depth := strings.Count(dir, "/") + 1
	best := dir
	for key, f := range ld.files {
		if strings.HasPrefix(key, strings.ToLower(dir)+"/") {
			best = strings.Join(strings.SplitN(f.name, "/", depth+1)[:depth], "/")
		}
	}
	return best
}

// unused reports the files that nothing referred to.
func (ld *loader) unused() {
	var list []string
	for _, f := range ld.files {
		if !f.used {
			list = append(list, f.name)
		}
	}
	slices.Sort(list)
	for _, name := range list {
		ld.warnings = append(ld.warnings, name+" is not used")
	}
}

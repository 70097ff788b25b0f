package botdef

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
)

// fileForm is what the names of files are made of. Load accepts others.
var fileForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]*$`)

// Write writes the bot as a zip in the export format, from which ReadZip makes the
// same bot: everything that a Bot holds, but for its warnings. What Load has
// warned of is lost. A bot with LocaleOnly becomes the export of a locale. The error
// is about names that no file can have, which Check finds as well, or it is of w.
func Write(w io.Writer, b *Bot) error {
	x := &exporter{zip: zip.NewWriter(w), seen: make(map[string]bool)}
	if err := x.bot(b); err != nil {
		return fmt.Errorf("write bot %s: %w", b.Name, err)
	}
	if err := x.zip.Close(); err != nil {
		return fmt.Errorf("write bot %s: %w", b.Name, err)
	}
	return nil
}

// exporter writes the files of an export.
type exporter struct {
	zip  *zip.Writer
	seen map[string]bool // folders, in lower case
}

func (x *exporter) bot(b *Bot) error {
	kind, dir := "BOT", ""
	if b.LocaleOnly {
		kind = "BOT_LOCALE"
	}
	meta := fields{"schemaVersion": "1", "fileFormat": "LexJson", "resourceType": kind}
	if err := x.file("Manifest.json", fields{"metaData": meta}); err != nil {
		return err
	}
	if !b.LocaleOnly {
		var err error
		if dir, err = x.folder("", b.Name); err != nil {
			return err
		}
		f := fields{
			"name": b.Name, "idleSessionTTLInSeconds": seconds(b.SessionTTL),
			"dataPrivacy": fields{"childDirected": b.ChildDirected},
		}
		f.text("identifier", b.ID).text("version", b.Version).text("description", b.Description)
		if err := x.file(path.Join(dir, "Bot.json"), f); err != nil {
			return err
		}
	}
	for _, l := range b.Locales {
		if err := x.locale(path.Join(dir, "BotLocales"), l); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) locale(parent string, l *Locale) error {
	dir, err := x.folder(parent, l.ID)
	if err != nil {
		return err
	}
	f := fields{"identifier": l.ID, "nluConfidenceThreshold": l.Threshold}
	f.text("name", l.Name).text("description", l.Description).
		object("voiceSettings", fields{}.text("voiceId", l.VoiceID).text("engine", l.VoiceEngine))
	if err := x.file(path.Join(dir, "BotLocale.json"), f); err != nil {
		return err
	}
	for _, t := range l.SlotTypes {
		f := exportDialect.slotType(t).text("identifier", t.ID)
		if err := x.definition(path.Join(dir, "SlotTypes"), t.Name, "SlotType.json", f); err != nil {
			return err
		}
	}
	for _, in := range l.Intents {
		f := exportDialect.intent(in).text("identifier", in.ID)
		if err := x.definition(path.Join(dir, "Intents"), in.Name, "Intent.json", f); err != nil {
			return err
		}
		for _, s := range in.Slots {
			f := exportDialect.slot(s).text("identifier", s.ID)
			if err := x.definition(path.Join(dir, "Intents", in.Name, "Slots"), s.Name, "Slot.json", f); err != nil {
				return err
			}
		}
	}
	return nil
}

// definition writes a file into a folder of its own.
func (x *exporter) definition(parent, name, file string, f fields) error {
	dir, err := x.folder(parent, name)
	if err != nil {
		return err
	}
	return x.file(path.Join(dir, file), f)
}

// folder returns the folder for something with a name, which no other one has.
func (x *exporter) folder(parent, name string) (string, error) {
	dir := path.Join(parent, name)
	key := strings.ToLower(dir)
	switch {
	case !fileForm.MatchString(name):
		return "", fmt.Errorf("%q cannot be the name of a folder", name)
	case x.seen[key]:
		return "", fmt.Errorf("%s is there twice", dir)
	}
	x.seen[key] = true
	return dir, nil
}

func (x *exporter) file(name string, f fields) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w, err := x.zip.Create(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	_, err = w.Write(text.Bytes())
	return err
}

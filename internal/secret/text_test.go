package secret

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"
)

const canary = "canary7391"

// holders are the ways in which a secret gets printed by accident.
func holders(t Text) map[string]any {
	type hidden struct {
		n     int
		words Text
	}
	type shown struct {
		Words Text
		More  []Text
		ByKey map[string]Text
	}
	return map[string]any{
		"itself":              t,
		"a pointer to it":     &t,
		"an exported field":   shown{t, []Text{t}, map[string]Text{"k": t}},
		"a hidden field":      hidden{1, t},
		"pointer to a holder": &hidden{1, t},
		"a list":              []Text{t},
		"a map of holders":    map[string]hidden{"k": {1, t}},
		"a map's key":         map[Text]int{t: 1},
		"any":                 []any{t, &t, hidden{2, t}},
		"an array":            [1]hidden{{3, t}},
	}
}

func TestNoVerbPrintsIt(t *testing.T) {
	flags := []string{"", "+", "#", "-", " ", "0", "+#", "20", ".3", "-20.3", "[1]"}
	for name, holder := range holders(New(canary)) {
		for verb := rune('!'); verb < 0x7f; verb++ {
			for _, flag := range flags {
				format := "%" + flag + string(verb)
				check(t, name+" with "+format, fmt.Sprintf(format, holder))
			}
		}
	}
}

func check(t *testing.T, how, printed string) {
	t.Helper()
	squeezed := strings.ToLower(strings.NewReplacer(" ", "", "0x", "", ",", "").Replace(printed))
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%d", []byte(canary))} {
		if strings.Contains(squeezed, strings.ReplaceAll(form, " ", "")) {
			t.Errorf("%s: %s", how, printed)
		}
	}
}

func TestItselfIsStars(t *testing.T) {
	for _, text := range []Text{New(canary), {}} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%20s"} {
			if got := fmt.Sprintf(format, text); got != "***" {
				t.Errorf("Sprintf(%s) = %s; want ***", format, got)
			}
		}
		if got := text.String() + text.GoString(); got != "******" {
			t.Errorf("String and GoString = %s; want ***", got)
		}
	}
}

func TestNoWriterWritesIt(t *testing.T) {
	text := New(canary)
	for name, holder := range holders(text) {
		var out bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).With("with", holder).Error("said", "words", holder, slog.Group("g", "x", holder))
		}
		_ = json.NewEncoder(&out).Encode(holder)
		_ = xml.NewEncoder(&out).Encode(holder)
		_ = gob.NewEncoder(&out).Encode(holder)
		_ = template.Must(template.New("").Parse(`{{.}} {{printf "%v %q" . .}}`)).Execute(&out, holder)
		fmt.Fprintln(&out, errors.Join(fmt.Errorf("heard %v", holder)))
		fmt.Fprint(&out, holder)
		if out.Len() == 0 {
			t.Errorf("%s: nothing was written at all", name)
		}
		check(t, name, out.String())
	}
}

func TestJSON(t *testing.T) {
	out, err := json.Marshal(map[string]any{"a": New(canary), "b": Text{}, "c": map[string]Text{"d": New(canary)}})
	if want := `{"a":"***","b":"***","c":{"d":"***"}}`; err != nil || string(out) != want {
		t.Errorf("Marshal = %s, %v; want %s", out, err, want)
	}
}

func TestReveal(t *testing.T) {
	for _, s := range []string{"", canary, "***", "\xff\x00"} {
		text := New(s)
		if text.Reveal() != s || text.Empty() != (s == "") || !text.Equal(New(s)) || text.Equal(New(s+"x")) {
			t.Errorf("New(%q): Reveal %q, Empty %t, or Equal is wrong", s, text.Reveal(), text.Empty())
		}
	}
}

// FuzzFormat has any format print a secret: it adds nothing to what the same format
// makes of the stars.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{"%v", "%[1]*[1]d", "%!", "%w", "%T %p", "%-+# 020.7q", "%v%v"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, format string) {
		if strings.Contains(format, canary) {
			t.Skip()
		}
		check(t, format, fmt.Sprintf(format, New(canary)))
	})
}

package region

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestVerdictItem(t *testing.T) {
	written := VerdictItem{
		Region: west, State: TableDegraded, Version: 12, By: "gw-1", Why: "us-east-1 up 0, down 3", At: epoch,
		Pin: Pin{Region: west, Until: epoch.Add(90 * time.Minute), By: "ann", Why: "drill"},
	}
	if diff := cmp.Diff(written, DecodeVerdict(Item{Attributes: written.attributes()}, []string{east, west})); diff != "" {
		t.Errorf("what was written is read as (-written +read):\n%s", diff)
	}
	// The shape that others rely on, spelled out.
	want := map[string]any{
		"lexRegion": "us-west-2", "state": "degraded", "version": int64(12), "by": "gw-1", "why": "us-east-1 up 0, down 3", "at": int64(1772366400),
		"pin": map[string]any{"region": "us-west-2", "until": "2026-03-01T13:30:00Z", "by": "ann", "why": "drill"},
	}
	if diff := cmp.Diff(want, written.attributes()); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	seconds := written.attributes()
	seconds["pin"].(map[string]any)["until"] = epoch.Add(90 * time.Minute).Unix()
	seconds["at"] = "2026-03-01T12:00:00Z"
	if diff := cmp.Diff(written, DecodeVerdict(Item{Attributes: seconds}, nil)); diff != "" {
		t.Errorf("the end of the pin as a number, the time as a text (-want +got):\n%s", diff)
	}
}

func TestEvidenceItem(t *testing.T) {
	written := Evidence{Epoch: 5, Seq: 9, Regions: []string{east, west}, Down: []string{west}, Doubt: true, Since: epoch}
	want := map[string]any{
		"epoch": int64(5), "seq": int64(9), "doubt": true, "since": int64(1772366400),
		"regions": map[string]any{"us-east-1": "up", "us-west-2": "down"},
	}
	if diff := cmp.Diff(want, written.attributes()); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	item := Item{Attributes: map[string]any{"observers": map[string]any{"gw-1": written.attributes(), "bad": "x"}}}
	entries, faults, ok := DecodeEvidence(item)
	if diff := cmp.Diff(map[string]Evidence{"gw-1": written}, entries); diff != "" || len(faults) != 1 || !ok {
		t.Errorf("DecodeEvidence: faults %q, ok %v; want one, true; entries (-want +got):\n%s", faults, ok, diff)
	}
}

func TestEvidenceIsBounded(t *testing.T) {
	observers := map[string]any{}
	for i := range 3 * maxObservers {
		observers[fmt.Sprint("gw-", i)] = Evidence{Seq: 1, Regions: []string{east}}.attributes()
	}
	entries, faults, ok := DecodeEvidence(Item{Attributes: map[string]any{"observers": observers}})
	if len(entries) != maxObservers || len(faults) != 1 || !ok {
		t.Errorf("of %d observers %d were read, faults %q; want %d and one fault", len(observers), len(entries), faults, maxObservers)
	}
}

func TestDecodeAttributesRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "a list": "[]", "null": "null", "a null inside": `{"a":null}`, "a fraction": `{"a":1.5}`,
		"a number too large": `{"a":9223372036854775808}`, "an exponent": `{"a":1e3}`, "something after it": `{} {}`,
		"no UTF-8": "{\"a\":\"\xff\"}", "no name": `{"":1}`, "cut short": `{"a":`,
		"too deep": strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20),
		"too long": `{"a":"` + strings.Repeat("x", maxItemBytes) + `"}`,
	} {
		if got, err := DecodeAttributes([]byte(text)); err == nil {
			t.Errorf("%s: DecodeAttributes = %.80v; want an error", name, got)
		}
	}
	long := map[string]any{"a": strings.Repeat("x", maxItemBytes)}
	if _, err := EncodeAttributes(long); err == nil {
		t.Error("EncodeAttributes of what no table takes: no error; want one")
	}
}

// FuzzItem gives any JSON to all who read items.
func FuzzItem(f *testing.F) {
	verdict := VerdictItem{Region: west, State: TableOK, Version: 3, At: epoch, Pin: Pin{Region: east, Until: epoch, By: "ann"}}
	evidence := map[string]any{"observers": map[string]any{"gw-1": Evidence{Epoch: 1, Seq: 2, Regions: []string{east}}.attributes()}}
	history := map[string]any{"version": int64(1), "entries": []any{HistoryEntry{At: epoch, By: "g", What: "move"}.attributes()}}
	for _, attributes := range []map[string]any{verdict.attributes(), evidence, history, {"lexRegion": "err"}, {}} {
		text, err := EncodeAttributes(attributes)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"lexRegion":"us-east-1","version":9223372036854775807,"pin":{"region":"us-east-1","until":-1}}`))
	f.Add([]byte(`{"lexRegion":7,"pin":[],"at":"9999-12-31T23:59:60Z","observers":[],"entries":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		attributes, err := DecodeAttributes(text)
		if err != nil {
			return
		}
		again, err := EncodeAttributes(attributes)
		if err != nil && len(text) < maxItemBytes/6 { // letters may take six bytes each
			t.Fatalf("given %q, EncodeAttributes: %v", text, err)
		}
		if back, err := DecodeAttributes(again); err == nil && !cmp.Equal(back, attributes) {
			t.Fatalf("given %q, read again %v; want %v", text, back, attributes)
		}
		item := Item{Key: east, Attributes: attributes}
		v := DecodeVerdict(item, []string{east, west})
		if v.Region != "" && !slices.Contains([]string{east, west}, v.Region) || len(v.Faults) > maxFaults {
			t.Fatalf("given %q, DecodeVerdict = %+v; want one of the regions", text, v)
		}
		if left := v.Pin.left(epoch); left < 0 || left > LongestPin {
			t.Fatalf("given %q, the pin holds for %v", text, left)
		}
		if w := DecodeVerdict(Item{Attributes: v.attributes()}, nil); v.Region != "" && !v.At.IsZero() && len(v.Faults) == 0 && !cmp.Equal(v, w) {
			t.Fatalf("given %q, DecodeVerdict = %+v, written and read again %+v", text, v, w)
		}
		entries, _, _ := DecodeEvidence(item)
		for id, e := range entries {
			if !validID(id) || e.Seq <= 0 || e.Seq > maxVersion {
				t.Fatalf("given %q, DecodeEvidence has %q: %+v", text, id, e)
			}
		}
		decodeHistory(item)
		observe(t, item)
	})
}

// observe steps an observer through items like that for a while.
func observe(t *testing.T, item Item) {
	o, err := NewObserver(ObserverSettings{ID: "gw-1", Regions: []string{east, west}})
	if err != nil {
		t.Fatal(err)
	}
	var now time.Duration
	var answer ObserverEvent
	for range 40 {
		actions := append(o.Step(now, ObserverEvent{Kind: Reported, Wall: epoch}), o.Step(now, answer)...)
		answer = ObserverEvent{}
		for _, a := range actions {
			switch a.Kind {
			case ReadItems:
				answer = ObserverEvent{Kind: ReadDone, Request: a.Request, Wall: epoch}
				for _, key := range a.Keys {
					answer.Items = append(answer.Items, Got{Key: key, Item: item})
				}
			case WriteItem:
				if _, err := a.Change.Apply(item.Attributes); err != nil {
					t.Fatalf("given %v, the observer's write of %s: %v", item.Attributes, a.Key, err)
				}
				o.Step(now, ObserverEvent{Kind: WriteDone, Request: a.Request, Err: ErrConflict, Wall: epoch})
			}
		}
		now = o.Next()
	}
}

// FuzzCopy gives any file as the copy on disk.
func FuzzCopy(f *testing.F) {
	f.Add([]byte("0f\n{}\n"))
	f.Add([]byte(strings.Repeat("0", 64) + "\n" + `{"saved":1,"key":"us-east-1","item":{}}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if item, _, err := decodeCopy(text); err == nil {
			DecodeVerdict(item, nil)
		}
	})
}

package lexlocal

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/fault"
)

func TestParseFaults(t *testing.T) {
	two := 2
	zero := 0
	for _, test := range []struct {
		text string
		want []Fault
	}{
		{`[]`, []Fault{}},
		{`[{"kind":"latency","delay":"2s"}]`, []Fault{{Kind: "latency", Rate: 1, Delay: fault.Duration(2 * time.Second)}}},
		{
			`[{"kind":"latency","factor":5,"rate":0.3,"operations":["RecognizeText"]}]`,
			[]Fault{{Kind: "latency", Rate: 0.3, Operations: []string{"RecognizeText"}, Factor: 5, Base: fault.Duration(400 * time.Millisecond)}},
		},
		{`[{"kind":"error"}]`, []Fault{{Kind: "error", Rate: 1, Type: "InternalServerException", When: "body"}}},
		{`[{"kind":"error","status":503,"when":"answer"}]`, []Fault{{Kind: "error", Rate: 1, Status: 503, When: "answer"}}},
		{`[{"kind":"reset","when":"accept"}]`, []Fault{{Kind: "reset", Rate: 1, When: "accept"}}},
		{`[{"kind":"drip"}]`, []Fault{{Kind: "drip", Rate: 1, Bytes: 160, Every: fault.Duration(300 * time.Millisecond)}}},
		{`[{"kind":"truncate"},{"kind":"empty"}]`, []Fault{{Kind: "truncate", Rate: 1, Fraction: 0.5}, {Kind: "empty", Rate: 1}}},
		{`[{"kind":"throttle"}]`, []Fault{{Kind: "throttle", Rate: 1, Quota: &zero}}},
		{`[{"kind":"throttle","quota":2,"applied":9}]`, []Fault{{Kind: "throttle", Rate: 1, Quota: &two}}},
		{`[{"kind":"blackhole"}]`, []Fault{{Kind: "blackhole", Rate: 1}}},
	} {
		got, err := parseFaults([]byte(test.text))
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", test.text, err, diff)
		}
	}
}

func TestFaultsThatAreRefused(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{``, "not a JSON list"},
		{`{"kind":"error"}`, "not a JSON list"},
		{`[] []`, "more than one JSON value"},
		{`[7]`, "faults[0]: is not a JSON object"},
		{`[{"kind":"empty"},{}]`, `faults[1]: kind is ""`},
		{`[{"kind":"flood"}]`, `kind is "flood"`},
		{`[{"kind":"reset","delay":"2s"}]`, "delay: a fault of kind reset has no such key"},
		{`[{"kind":"error","colour":1}]`, "colour: a fault of kind error has no such key"},
		{`[{"kind":"latency"}]`, "delay and factor are missing"},
		{`[{"kind":"latency","delay":"soon"}]`, "soon"},
		{`[{"kind":"latency","delay":"-1s"}]`, "0 to 10m"},
		{`[{"kind":"latency","factor":0.5}]`, "factor is 0.5"},
		{`[{"kind":"error","type":"Oops"}]`, `type is "Oops"`},
		{`[{"kind":"error","type":"ConflictException","status":500}]`, "both given"},
		{`[{"kind":"error","status":200}]`, "status is 200"},
		{`[{"kind":"error","when":"accept"}]`, `when is "accept"`},
		{`[{"kind":"hang","when":"later"}]`, `when is "later"`},
		{`[{"kind":"empty","rate":1.5}]`, "rate is 1.5"},
		{`[{"kind":"empty","rate":0}]`, "rate is 0"},
		{`[{"kind":"empty","operations":["Talk"]}]`, `no "Talk"`},
		{`[{"kind":"blackhole","rate":0.5}]`, "whole process"},
		{`[{"kind":"refuse","operations":["GetSession"]}]`, "whole process"},
		{`[{"kind":"truncate","fraction":1}]`, "fraction is 1"},
		{`[{"kind":"drip","bytes":-1}]`, "bytes is -1"},
		{`[{"kind":"throttle","quota":-1}]`, "quota is -1"},
		{"[" + strings.Repeat(`{"kind":"empty"},`, 40) + `{"kind":"empty"}]`, "41 faults"},
	} {
		if _, err := parseFaults([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.text, err, test.want)
		}
	}
}

// FuzzFaults wants that whatever is taken is taken again as it is told.
func FuzzFaults(f *testing.F) {
	f.Add([]byte(`[{"kind":"latency","factor":5,"rate":0.3,"operations":["RecognizeText"]},{"kind":"drip","bytes":1,"every":"1h"}]`))
	f.Add([]byte(`[{"kind":"throttle","quota":3},{"kind":"error","status":599},{"kind":"reset","when":"accept"}]`))
	f.Add([]byte(`[{"kind":"truncate","fraction":1e-300},{"kind":"blackhole"},{"kind":"refuse"},{"kind":"hang"},null]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := parseFaults(text)
		if err != nil {
			return
		}
		told, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		again, err := parseFaults(told)
		if diff := cmp.Diff(first, again); diff != "" || err != nil {
			t.Errorf("%q is told as %s: %v (-first +again):\n%s", text, told, err, diff)
		}
	})
}

func TestFaultRateIsSeeded(t *testing.T) {
	fates := func(seed uint64) string {
		fs := newFaults(seed)
		if err := fs.Change([]Fault{{Kind: faultEmpty, Rate: 0.3}}, time.Now, func(time.Time, error) {}); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for range 1000 {
			if len(fs.Current().Pick("RecognizeText")) > 0 {
				b.WriteByte('x')
			} else {
				b.WriteByte('.')
			}
		}
		return b.String()
	}
	first, again, other := fates(1), fates(1), fates(2)
	if n := strings.Count(first, "x"); n < 250 || n > 350 {
		t.Errorf("%d of 1000 requests are struck, want about 300", n)
	}
	if first != again || first == other {
		t.Errorf("same seed same fates: %v, other seed other fates: %v; want both", first == again, first != other)
	}
}

func TestUsualLatency(t *testing.T) {
	const median = 400 * time.Millisecond
	fs := newFaults(1)
	if got := fs.usual(median, 0); got != median {
		t.Errorf("without spread %v, want %v", got, median)
	}
	below, slow, longest := 0, 0, time.Duration(0)
	for range 10000 {
		d := fs.usual(median, 0.45)
		if d < median {
			below++
		}
		if d > 3*median {
			slow++
		}
		longest = max(longest, d)
	}
	if below < 4800 || below > 5200 || slow < 30 || slow > 130 || longest > maxPace*median {
		t.Errorf("%d of 10000 below the median, %d above three times it, longest %v; want about 5000 and 70, at most %v", below, slow, longest, maxPace*median)
	}
}

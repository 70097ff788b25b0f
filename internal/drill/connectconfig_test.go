package drill

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// connectConfig is a drill with two faults, in the manner of the article's schedule.
func connectConfig(every time.Duration) *ConnectConfig {
	return &ConnectConfig{
		Customers: 20, Faults: []Kind{Stop, Hang}, Region: "us-east-1", Policy: PolicyLexline,
		Every: every, Hold: time.Minute, Scale: 0.1, WarmUp: 10 * time.Second,
	}
}

// TestConnectSchedule holds the schedule to its purpose: every fault comes just after
// a health check, lasts over two more, and leaves the time to come back.
func TestConnectSchedule(t *testing.T) {
	for _, every := range []time.Duration{5 * time.Minute, time.Minute, 2 * time.Minute} {
		c := connectConfig(every)
		acts := c.schedule()
		struck, strikes := time.Duration(0), 0
		for i, a := range acts {
			if i > 0 && a.at < acts[i-1].at {
				t.Errorf("every %v: act %d is at %v, before the one at %v", every, i, a.at, acts[i-1].at)
			}
			switch a.deed {
			case strike:
				strikes++
				struck = a.at
				if after := a.at % c.every(); after != afterCheck {
					t.Errorf("every %v: fault %d comes %v after a check; want %v", every, strikes, after, afterCheck)
				}
				if a.at < c.WarmUp {
					t.Errorf("every %v: a fault comes at %v, in the warm-up", every, a.at)
				}
			case restore:
				if lasts := a.at - struck; lasts < 2*c.every() || lasts < leastFault {
					t.Errorf("every %v: fault %d lasts %v; want two checks and %v at least", every, strikes, lasts, leastFault)
				}
			case finish:
				if left := a.at - struck - c.lasts(); left < 2*c.every()+c.hold() {
					t.Errorf("every %v: %v are left after the last fault; want two checks and the hold at least", every, left)
				}
			}
		}
		if strikes != 2 || acts[len(acts)-1].at != c.Length() {
			t.Errorf("every %v: %d faults, the end at %v; want 2 and %v", every, strikes, acts[len(acts)-1].at, c.Length())
		}
	}
}

func TestConnectCheck(t *testing.T) {
	tests := []struct {
		name   string
		breaks func(*ConnectConfig)
		want   string
	}{
		{"good", func(*ConnectConfig) {}, ""},
		{"no customers", func(c *ConnectConfig) { c.Customers = 0 }, "0 customers"},
		{"a scale of nothing", func(c *ConnectConfig) { c.Scale = 0 }, "scale"},
		{"checks without a pause", func(c *ConnectConfig) { c.Every = time.Second }, "too often"},
		{"no warm-up", func(c *ConnectConfig) { c.WarmUp = 0 }, "warm-up"},
		{"no hold is fine", func(c *ConnectConfig) { c.Hold = 0 }, ""},
		{"a hold of the past", func(c *ConnectConfig) { c.Hold = -1 }, "hold"},
		{"unknown region", func(c *ConnectConfig) { c.Region = "active" }, `"active"`},
		{"unknown policy", func(c *ConnectConfig) { c.Policy = "hope" }, `"hope"`},
		{"the article has no gateway", func(c *ConnectConfig) { c.Policy, c.Gateway = PolicyArticle, true }, "gateway"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := connectConfig(time.Minute)
			tt.breaks(c)
			got := ""
			if err := c.Check(); err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
				t.Errorf("Check = %q; want %q", got, tt.want)
			}
		})
	}
}

// TestContactTimeline counts what is in the picture of a drill.
func TestContactTimeline(t *testing.T) {
	h := oneFault()
	h.Contacts[len(h.Contacts)-1].End = ContactApologised
	var text bytes.Buffer
	if err := WriteContactTimeline(&text, h, JudgeContacts(h)); err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`y="([0-9.]+)"[^>]*>hang in us-east-1<`).FindStringSubmatch(text.String())
	took := regexp.MustCompile(`y="([0-9.]+)" [^>]*class="took"`).FindStringSubmatch(text.String())
	if named == nil || took == nil {
		t.Fatalf("the picture names no fault or no check's time:\n%s", text.String())
	}
	a, _ := strconv.ParseFloat(named[1], 64)
	b, _ := strconv.ParseFloat(took[1], 64)
	if b-a < 10 {
		t.Errorf("the fault's name stands at %v and the checks' times at %v; want one not over the other", a, b)
	}
	classes := map[string]int{}
	for decoder := xml.NewDecoder(&text); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		if element, ok := token.(xml.StartElement); ok {
			attributes := map[string]string{}
			for _, a := range element.Attr {
				attributes[a.Name.Local] = a.Value
			}
			// A path has many lines, each of which begins where it moves to.
			classes[attributes["class"]] += max(1, strings.Count(attributes["d"], "M"))
		}
	}
	for class, want := range map[string]int{"fault": 1, "check": len(h.Checks), "table": len(h.Table), "contact": 10, "key": 7, "bot": 12, "failed": 2, "lost": 1} {
		if classes[class] != want {
			t.Errorf("the picture has %d of %s; want %d", classes[class], class, want)
		}
	}
}

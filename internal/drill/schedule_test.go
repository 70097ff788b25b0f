package drill

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func config(kinds ...Kind) *Config {
	return &Config{
		Calls: 50, Faults: kinds, Region: "us-east-1", Policy: PolicyLexline, Scale: 0.1, Latency: 400 * time.Millisecond,
		Ramp: 20 * time.Second, WarmUp: 30 * time.Second, FaultFor: 20 * time.Second, Settle: 40 * time.Second,
	}
}

func TestSchedule(t *testing.T) {
	tests := []struct {
		name  string
		kinds []Kind
		want  []act
	}{
		{"without faults", nil, []act{{0, "", nothing}, {30 * time.Second, "", finish}}},
		{"two faults", []Kind{Stop, ServerErrors}, []act{
			{0, "", nothing},
			{30 * time.Second, Stop, strike},
			{50 * time.Second, Stop, restore},
			{90 * time.Second, ServerErrors, strike},
			{110 * time.Second, ServerErrors, restore},
			{150 * time.Second, "", finish},
		}},
		{"a flapping region", []Kind{Flap}, []act{
			{0, "", nothing},
			{30 * time.Second, Flap, strike},
			{45 * time.Second, Flap, flapOff},
			{60 * time.Second, Flap, flapOn},
			{75 * time.Second, Flap, flapOff},
			{90 * time.Second, Flap, restore},
			{130 * time.Second, "", finish},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config(tt.kinds...)
			got := cfg.schedule()
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(act{})); diff != "" {
				t.Errorf("schedule of %v (-want +got):\n%s", tt.kinds, diff)
			}
			if last := got[len(got)-1].at; last != cfg.Length() {
				t.Errorf("it ends at %v; want Length, which is %v", last, cfg.Length())
			}
		})
	}
}

// TestFollowTells has every line of progress come once, in words, and no wider
// than a terminal.
func TestFollowTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config(AliasDeleted, Both)
		var lines []string
		cfg.Tell = func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
		d := &drill{cfg: cfg, breaker: newBreaker(cfg, nil)}
		began := time.Now()
		if err := d.follow(t.Context(), d.plan(&callers{}, began), began, nil); err != nil {
			t.Fatal(err)
		}
		told := map[string]int{}
		for _, line := range lines {
			told[line]++
			if told[line] > 1 || len(line) > 80 {
				t.Errorf("%q came %d times, %d columns wide; want once, 80 at most", line, told[line], len(line))
			}
		}
		for _, want := range []string{
			"  30 s  us-east-1 is broken: alias-deleted", "  50 s  us-east-1 works again",
			"  90 s  every region is broken: both", " 110 s  every region works again",
		} {
			if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, want) }) {
				t.Errorf("no line begins with %q:\n%s", want, strings.Join(lines, "\n"))
			}
		}
	})
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name   string
		breaks func(*Config)
		want   string
	}{
		{"good", func(*Config) {}, ""},
		{"no calls", func(c *Config) { c.Calls = 0 }, "0 calls"},
		{"no time", func(c *Config) { c.FaultFor = 0 }, "a second at least"},
		{"callers who begin after the fault", func(c *Config) { c.Ramp = time.Minute }, "begin over 1m0s"},
		{"unknown region", func(c *Config) { c.Region = "mars-1" }, `"mars-1"`},
		{"unknown policy", func(c *Config) { c.Policy = "hope" }, `"hope"`},
		{"the article's check knows no active region", func(c *Config) { c.Policy, c.Region = PolicyArticle, RegionActive }, "name the region"},
		{"a scale of nothing", func(c *Config) { c.Scale = 0 }, "scale"},
		{"a staging pair that cannot be broken", func(c *Config) { c.Staging = &Staging{URL: "https://x"} }, "commands"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config(Stop)
			tt.breaks(cfg)
			got := ""
			if err := cfg.Check(); err != nil {
				got = err.Error()
			}
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("Check is %q; want %q in it", got, tt.want)
			}
		})
	}
}

func TestParseKind(t *testing.T) {
	for _, k := range kinds {
		if got, err := ParseKind(string(k.kind)); err != nil || got != k.kind {
			t.Errorf("ParseKind(%q) = %q, %v; want itself", k.kind, got, err)
		}
		if !strings.Contains(KindHelp(), string(k.kind)) {
			t.Errorf("the help does not explain %s", k.kind)
		}
	}
	if _, err := ParseKind("rain"); err == nil || !strings.Contains(err.Error(), "blackhole") {
		t.Errorf("ParseKind(rain): %v; want an error that lists the kinds", err)
	}
}

func TestFaultHolds(t *testing.T) {
	f := Fault{Kind: Stop, Regions: []string{"us-east-1"}, From: at(10), To: at(20)}
	for _, tt := range []struct {
		region  string
		seconds float64
		want    bool
	}{{"us-east-1", 9.9, false}, {"us-east-1", 10, true}, {"us-east-1", 19.9, true}, {"us-east-1", 20, false}, {"us-west-2", 15, false}} {
		if got := f.holds(tt.region, at(tt.seconds)); got != tt.want {
			t.Errorf("a fault from 10 s to 20 s on us-east-1 is on %s at %v s: %v; want %v", tt.region, tt.seconds, got, tt.want)
		}
	}
}

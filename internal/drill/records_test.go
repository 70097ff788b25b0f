package drill

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCollectorOfRegions(t *testing.T) {
	var c collector
	for _, line := range []string{
		`{"time":"2026-11-20T09:00:01Z","op":"RecognizeUtterance","region":"us-east-1","session":"CA1","turn":"CA1/3","audio_ms":1620,"clips":[{"id":"rms-yes","arrived":0.97}],"intent":"OrderFlowers","state":"InProgress","slots":{"FlowerType":"roses"},"status":200,"audio_out_ms":400,"ms":405.1}`,
		`{"time":"2026-11-20T09:00:02Z","op":"RecognizeUtterance","region":"us-east-1","session":"CA1","status":500,"error":"InternalServerException","fault":"error"}`,
		`{"time":"2026-11-20T09:00:02Z","op":"ListBots","region":"us-east-1","status":200}`,
		`time=2026-11-20T09:00:02Z level=WARN msg="session"`,
		`{"session":7}`,
	} {
		c.region([]byte(line))
	}
	var h History
	lost := c.collected(&h)
	want := []Request{
		{
			Time: at(1), Region: "us-east-1", Op: "RecognizeUtterance", Session: "CA1", Turn: 3, Clips: map[string]float64{"rms-yes": 0.97},
			AudioMS: 1620, AnswerMS: 400, Status: 200, Intent: "OrderFlowers", State: "InProgress", Slots: map[string]string{"FlowerType": "roses"},
		},
		{Time: at(2), Region: "us-east-1", Op: "RecognizeUtterance", Session: "CA1", Status: 500, Error: "InternalServerException", Fault: "error"},
	}
	if diff := cmp.Diff(want, h.Requests); diff != "" || lost != 0 {
		t.Errorf("requests, %d lost (-want +got):\n%s", lost, diff)
	}
}

func TestCollectorOfGateways(t *testing.T) {
	lines := []string{
		`{"time":"2026-11-20T09:00:01Z","msg":"attempt failed","call":"CA1","turn":2,"region":"us-east-1","class":"soft"}`,
		`{"time":"2026-11-20T09:00:01.1Z","msg":"turn sent again","call":"CA1","turn":2,"region":"us-west-2","attempt":2}`,
		`{"time":"2026-11-20T09:00:02Z","msg":"bot answered","call":"CA1","turn":2,"region":"us-west-2"}`,
		`{"time":"2026-11-20T09:00:03Z","msg":"region changed","region":"us-east-1","from":"suspect","to":"down"}`,
		`{"time":"2026-11-20T09:00:03Z","msg":"probe failed","region":"us-east-1"}`,
		`not JSON`,
	}
	attempts := []Attempt{{at(1), "CA1", 2, "us-east-1", Failed}, {at(1.1), "CA1", 2, "us-west-2", Again}, {at(2), "CA1", 2, "us-west-2", Answered}}
	tests := []struct {
		name     string
		take     func(*collector, []byte)
		verdicts []Verdict
	}{
		{"of both regions", (*collector).gateway, []Verdict{{at(3), "us-east-1", "down"}}},
		{"of one region", (*collector).gatewayOfOne, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c collector
			for _, line := range lines {
				tt.take(&c, []byte(line))
			}
			var h History
			c.collected(&h)
			if diff := cmp.Diff(attempts, h.Attempts); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.verdicts, h.Verdicts); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestVerdicts has the gateway tell the same changes again and again, by its
// status and by its log, each time reckoned a little differently.
func TestVerdicts(t *testing.T) {
	status := `{"bots":[{"bot":"OrderFlowers","status":{"active":"us-west-2",
		"regions":[{"region":"us-east-1","state":"down","since":"2026-11-20T09:00:03.02Z"},{"region":"us-west-2","state":"healthy","since":"2026-11-20T09:00:00Z"}],
		"audit":[{"at":"2026-11-20T09:00:02.99Z","what":"region changed","region":"us-east-1","from":"healthy","to":"suspect"},
			{"at":"2026-11-20T09:00:03.01Z","what":"region changed","region":"us-east-1","from":"suspect","to":"down"},
			{"at":"2026-11-20T09:00:03.01Z","what":"active region moved","region":"us-west-2"}]}}]}`
	var c collector
	c.verdict(Verdict{at(3), "us-east-1", "down"})
	for range 3 {
		for _, v := range verdictsIn([]byte(status)) {
			c.verdict(v)
		}
	}
	var h History
	c.collected(&h)
	want := []Verdict{{at(0), "us-west-2", "healthy"}, {at(2.99), "us-east-1", "suspect"}, {at(3), "us-east-1", "down"}}
	if diff := cmp.Diff(want, h.Verdicts); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

func TestBusiest(t *testing.T) {
	var c collector
	if got := c.busiest(at(0)); got != "us-east-1" {
		t.Errorf("without an answer the busiest region is %s; want the primary one", got)
	}
	for i, region := range strings.Fields("us-east-1 us-east-1 us-east-1 us-west-2 us-west-2") {
		c.attempts = append(c.attempts, Attempt{at(float64(i)), "CA1", i, region, Answered})
	}
	if got := c.busiest(at(1.5)); got != "us-west-2" {
		t.Errorf("the busiest region of late is %s; want us-west-2, which answered two of three turns", got)
	}
}

func TestReadLedger(t *testing.T) {
	tests := []struct {
		name, text string
		want       []Placed
		fault      string
	}{
		{"empty", "", nil, ""},
		{"two orders", `{"time":"2026-11-20T09:00:01Z","key":"k1","execution":1,"session":"CA1","order":{"FlowerType":"roses"}}
{"time":"2026-11-20T09:00:02Z","key":"k2","session":"CA2","order":{}}
`, []Placed{{at(1), "k1", "CA1", map[string]string{"FlowerType": "roses"}}, {at(2), "k2", "CA2", map[string]string{}}}, ""},
		{"torn", "{\"key\":\"k1\"}\n{\"key\":", nil, "line 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.jsonl")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := readLedger(path)
			if tt.fault == "" {
				if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
					t.Errorf("ledger, error %v (-want +got):\n%s", err, diff)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("error %v; want one that names %s", err, tt.fault)
			}
		})
	}
	if got, err := readLedger(filepath.Join(t.TempDir(), "none")); got != nil || err != nil {
		t.Errorf("a ledger that was never written is %v, %v; want nothing", got, err)
	}
}

func FuzzLogs(f *testing.F) {
	f.Add(`{"time":"2026-11-20T09:00:01Z","session":"CA1","turn":"CA1/3","clips":[{"id":"a","arrived":1}]}`)
	f.Add(`{"msg":"bot answered","call":"CA1","turn":2,"region":"us-west-2"}`)
	f.Add(`{"regions":[{"region":"us-east-1","state":"down","since":"2026-11-20T09:00:03Z"}]}`)
	f.Add(`{"turn":"/99999999999999999999"}`)
	f.Fuzz(func(t *testing.T, line string) {
		var c collector
		c.region([]byte(line))
		c.gateway([]byte(line))
		if n := turnNumber([]byte(line)); n < 0 || n > 1e7 {
			t.Errorf("the turn in %q is %d", line, n)
		}
		for _, v := range verdictsIn([]byte(line)) {
			if v.Region == "" {
				t.Errorf("a verdict in %q names no region: %+v", line, v)
			}
		}
	})
}

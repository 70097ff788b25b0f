package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
	"lexline/internal/record"
	"lexline/internal/sqlite"
)

var updateGolden = flag.Bool("update", false, "write the golden files anew")

// noon is when the tests look at calls.
var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// sampleCalls are an order that was moved and interrupted, a call whose bot failed, one
// that goes on, and one whose gateway died.
func sampleCalls() []record.Record {
	number := record.Number{Hash: "00112233445566ff", Ends: "67"}
	base := record.Record{Schema: 1, State: record.Ended, Line: "flowers", Direction: record.Inbound, Gateway: "gw1", From: number, To: record.Number{Ends: "00"}}
	order := base
	order.Call, order.Started, order.Ended, order.Updated = "CA0f4a91c2aa77", noon.Add(-10*time.Minute), noon.Add(-9*time.Minute), noon.Add(-9*time.Minute)
	order.Result, order.Reason, order.BargeIns, order.Fillers, order.Keys, order.Silences = "success", "bot_closed", 1, 1, 4, 1
	order.Moves = []record.Move{{Turn: 2, From: "us-east-1", To: "us-west-2"}}
	order.Next = &record.Next{Kind: "transfer", Target: "desk", Way: "number", Context: "wants roses, pin {Pin}", Dialled: []record.Dialled{
		{Target: "desk", Way: "number", Outcome: "busy", Told: noon.Add(-9*time.Minute + 1200*time.Millisecond)},
		{Target: "night", Outcome: "no_answer", Told: noon.Add(-8*time.Minute - 40*time.Second)},
		{Target: "backup", Way: "client", Outcome: "answered", Told: noon.Add(-8 * time.Minute), Talked: 33000},
		{Target: "queue", Way: "queue", Outcome: "answered", Told: noon.Add(-7 * time.Minute)},
	}}
	order.Recording = "20261129T115000.000Z-CA0f4a91c2aa77.wav"
	order.Transcripts = true
	order.Turns = []record.Turn{
		{
			Number: 1, Kind: "speech", Began: 900, Ended: 2000, Noticed: 2640, Asked: 1100, Answered: 2900, Sent: 3000, Heard: 3120, Wait: 1120,
			Region: "us-east-1", Told: 2000, Length: 2000, Intent: "OrderFlowers", State: "InProgress", Elicits: "Pin",
			Words: "i would like a dozen red roses for my mother please and have them brought to her on sunday morning if that can be done", Said: "Roses. What is your pin?",
		},
		{
			Number: 2, Kind: "keys", Began: 6000, Ended: 7000, Noticed: 7000, Asked: 7000, Answered: 9300, Sent: 9360, Heard: 9450, Wait: 2450, Keys: 4, Fillers: 1,
			Region: "us-west-2", Told: 1000, Length: 2000, Interrupted: true, Intent: "OrderFlowers", State: "InProgress", Expected: "Pin",
			Said: "Your pin is", Unsaid: "{Pin}, is it?",
		},
		{
			Number: 3, Kind: "speech", Began: 10500, Ended: 11000, Noticed: 11450, Asked: 10700, Answered: 11800, Sent: 11820, Heard: 11900, Wait: 900,
			Region: "us-west-2", Told: 2500, Length: 2500, Intent: "OrderFlowers", State: "Fulfilled", Closed: true, Words: "yes", Said: "Thank you. Goodbye!",
		},
		{Number: 3, Kind: "none", Noticed: 22000, Sent: 22000, Heard: 22100, Told: 1500, Length: 1500},
	}
	failed := base
	failed.Call, failed.Started, failed.Ended, failed.Updated = "CA77", noon.Add(-2*time.Hour), noon.Add(-2*time.Hour+20*time.Second), noon.Add(-2*time.Hour+20*time.Second)
	failed.Line, failed.Result, failed.Reason, failed.Failures, failed.Resumed = "taxi", "upstream_fault", "bot_failed", 1, true
	failed.Turns = []record.Turn{{Number: 1, Kind: "speech", Began: 900, Ended: 2000, Noticed: 2640, Asked: 1100, Sent: 5000, Wait: 3000, Told: 900, Length: 900, Failure: "soft"}}
	live := base
	live.Call, live.Started, live.Updated, live.State, live.Direction, live.AnsweredBy = "CA88", noon.Add(-65*time.Second), noon.Add(-5*time.Second), record.Live, record.Outbound, "human"
	live.Resumed, live.Returned = true, "desk"
	live.Turns = order.Turns[:1]
	dead := live
	dead.Call, dead.Started, dead.Updated = "CA99", noon.Add(-26*time.Hour), noon.Add(-26*time.Hour+30*time.Second)
	return []record.Record{order, failed, live, dead}
}

func entryOf(t *testing.T, r record.Record) record.Entry {
	t.Helper()
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return record.Entry{
		Call: r.Call, Started: r.Started, Line: r.Line, Result: r.Result, Reason: r.Reason, Number: r.Outside().Hash,
		Until: time.Now().Add(time.Hour).Truncate(time.Second), Record: text,
	}
}

// golden compares a text with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateGolden {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); -update writes it anew:\n%s", path, diff)
	}
	for line := range strings.Lines(got) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > columns {
			t.Errorf("a line of %d columns; want %d at most: %s", n, columns, line)
		}
	}
}

func TestCallsForPeople(t *testing.T) {
	var list, shown bytes.Buffer
	p := callsPrinter{out: &list, now: func() time.Time { return noon }}
	var entries []record.Entry
	for _, r := range sampleCalls() {
		entries = append(entries, entryOf(t, r))
	}
	if err := p.list(append(entries, record.Entry{Call: "CA0", Started: noon, Record: []byte("{")})); err != nil {
		t.Fatal(err)
	}
	golden(t, "calls-list.txt", list.String())
	p.out = &shown
	for _, e := range entries {
		if err := p.show(e); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&shown)
	}
	golden(t, "calls-show.txt", shown.String())
}

func TestTerminalIsGivenNoOrders(t *testing.T) {
	r := sampleCalls()[0]
	r.Turns[0].Words, r.Line, r.Call = "a\x1b[2Jb", "f\x07l", "CA\x1b1"
	var out bytes.Buffer
	p := callsPrinter{out: &out, now: func() time.Time { return noon }}
	text, _ := p.news(entryOf(t, r), progress{})
	if err := p.show(entryOf(t, r)); err != nil {
		t.Fatal(err)
	}
	out.WriteString(text + p.line(entryOf(t, r)))
	if strings.ContainsAny(out.String(), "\x1b\x07") {
		t.Errorf("orders to a terminal are printed: %q", out.String())
	}
}

// TestCallsAreFollowed prints a call as it goes on.
func TestCallsAreFollowed(t *testing.T) {
	whole := sampleCalls()[0]
	for name, tt := range map[string]struct {
		asJSON bool
		want   string
	}{
		"for people": {false, `11:50:00  CA0f4a91c2a…  began: line flowers, ***67
11:50:05  CA0f4a91c2a…  turn 1: speech, us-east-1, OrderFlowers, wait 1.1 s
11:50:10  CA0f4a91c2a…  turn 2: keys, us-west-2, OrderFlowers, wait 2.5 s, heard 1.0 of 2.0 s, interrupted
11:50:14  CA0f4a91c2a…  turn 3: speech, us-west-2, OrderFlowers, wait 0.9 s
11:50:23  CA0f4a91c2a…  silence: the caller said nothing
11:51:00  CA0f4a91c2a…  ended: success, bot_closed, transfer to desk (number), told: wants roses, pin {Pin} after 1:00 and 3 turns
11:51:01  CA0f4a91c2a…  dialled: desk (number): busy
11:51:20  CA0f4a91c2a…  dialled: night: no answer
11:52:00  CA0f4a91c2a…  dialled: backup (client): answered, talked for 33.0 s
11:53:00  CA0f4a91c2a…  dialled: queue (queue): answered
`},
		"as JSON": {true, "one"},
	} {
		var out bytes.Buffer
		p := callsPrinter{out: &out, asJSON: tt.asJSON, now: func() time.Time { return noon }}
		seen := followed{}
		for _, turns := range []int{0, 0, 1, 3, 4} {
			r := whole
			r.State, r.Ended, r.Result, r.Next, r.Turns = record.Live, time.Time{}, "", nil, whole.Turns[:turns]
			if err := p.followed([]record.Entry{entryOf(t, r)}, seen); err != nil {
				t.Fatal(err)
			}
		}
		// What became of those who were dialled is told after the end, one by one.
		ended := whole
		for _, dialled := range []int{0, 0, 1, 4, 4} {
			next := *whole.Next
			next.Dialled = next.Dialled[:dialled]
			ended.Next = &next
			if err := p.followed([]record.Entry{entryOf(t, ended)}, seen); err != nil {
				t.Fatal(err)
			}
		}
		want := tt.want
		if tt.asJSON {
			next := *whole.Next
			next.Dialled = nil
			ended.Next = &next
			want = string(entryOf(t, ended).Record) + "\n"
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestEndsSayWhoHungUp: a complaint is about that more than about anything else.
func TestEndsSayWhoHungUp(t *testing.T) {
	want := map[call.Reason]string{
		call.CallerLeft: "the caller hung up", call.LegLost: "the stream was lost", call.BadPeer: "the stream was lost",
		call.Replaced: "a newer stream took over", call.Shutdown: "the gateway stopped", call.Panicked: "lexline was at fault",
	}
	for _, reason := range call.Reasons() {
		r := sampleCalls()[1]
		r.Reason = string(reason)
		words, ok := want[reason]
		if !ok {
			words = "lexline hung up"
		}
		if got := endWords(r); got != words {
			t.Errorf("of a call that ended with %s is said: %s; want %s", reason, got, words)
		}
	}
	handed := sampleCalls()[0]
	if got := endWords(handed); !strings.HasPrefix(got, "transfer to desk (number), told:") {
		t.Errorf("of a call that was handed over is said: %s", got)
	}
}

func TestMoments(t *testing.T) {
	for text, want := range map[string]time.Time{
		"": {}, "2h": noon.Add(-2 * time.Hour), "3d": noon.Add(-72 * time.Hour), "2026-11-29": noon.Add(-12 * time.Hour),
		"2026-11-29T14:00": noon.Add(2 * time.Hour), "2026-11-29 11:00:05": noon.Add(-time.Hour + 5*time.Second), "2026-11-29T13:00:00+01:00": noon,
	} {
		if got, err := parseMoment(text, noon); err != nil || !got.Equal(want) {
			t.Errorf("parseMoment(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"yesterday", "-2h", "2026-13-01", "5"} {
		if got, err := parseMoment(text, noon); err == nil {
			t.Errorf("parseMoment(%q) = %v; want an error", text, got)
		}
	}
}

// runCallsLine runs a command line in this process.
func runCallsLine(env map[string]string, args ...string) (code int, out, errOut string) {
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), &environment{stdout: &stdout, stderr: &stderr, getenv: func(name string) string { return env[name] }}, args)
	return code, stdout.String(), stderr.String()
}

func TestCallsOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	store, err := sqlite.OpenCalls(path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() // as a gateway has it open
	cfg := defaultConfig()
	cfg.Twilio.AuthToken = "12345"
	for i, r := range sampleCalls() {
		r.Started = time.Now().Add(-time.Duration(i) * time.Hour).Truncate(time.Millisecond)
		if i == 1 {
			r.From.Hash = record.HashNumber(cfg.numberKey(), "+15550123467")
		}
		if err := store.Put(t.Context(), entryOf(t, r)); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(t.TempDir(), "lexline.yml")
	if err := os.WriteFile(config, []byte("store: {file: "+path+"}\nlines: [{name: flowers}, {name: taxi}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	token := map[string]string{"TWILIO_AUTH_TOKEN": "12345"}
	for _, tt := range []struct {
		name     string
		env      map[string]string
		args     string
		code     int
		out, not string // what must be there, and what must not
	}{
		{"all", nil, "calls --store FILE", 0, "CA77", ""},
		{"line", nil, "calls --store FILE --line taxi", 0, "CA77", "CA0f4a"},
		{"since", nil, "calls --store FILE --since 90m", 0, "CA77", "CA88"},
		{"result", nil, "calls --store FILE --result success", 0, "CA0f4a", "CA77"},
		{"reason", nil, "calls --store FILE --reason bot_failed", 0, "CA77", "CA0f4a"},
		{"number", token, "calls --store FILE --number +15550123467", 0, "CA77", "CA0f4a"},
		{"hash", nil, "calls --store FILE --number 00112233445566ff", 0, "CA0f4a", "CA77"},
		{"number without a secret", nil, "calls --store FILE --number +15550123467", 1, "TWILIO_AUTH_TOKEN", ""},
		{"none", nil, "calls --store FILE --line bakery", 0, "No calls.", ""},
		{"no such result", nil, "calls --store FILE --result bad", 2, "--result: there is no \"bad\"\nhint: there are: success, caller_ended,", ""},
		{"nearly a result", nil, "calls --store FILE --result sucess --follow", 2, "did you mean success?", ""},
		{"no such reason", nil, "calls --store FILE --reason bot_close", 2, "did you mean bot_closed?", ""},
		{"no such line", nil, "calls --config CONFIG --line flower", 2, "the configuration has no line \"flower\"\nhint: did you mean flowers? There are: flowers, taxi.", ""},
		{"a line of the configuration", nil, "calls --config CONFIG --line taxi", 0, "CA77", "CA0f4a"},
		{"a line that was", nil, "calls --config CONFIG --store FILE --line bakery", 0, "No calls.", ""},
		{"limit", nil, "calls --store FILE --limit 1", 0, "CA0f4a", "CA77"},
		{"JSON", nil, "calls --store FILE --json --line taxi", 0, `{"schema":1,"call":"CA77"`, "CA0f4a"},
		{"store from the environment", map[string]string{"LEXLINE_STORE_FILE": path}, "calls", 0, "CA77", ""},
		{"show", nil, "calls show --store FILE CA77", 0, "the bot failed: soft", ""},
		{"show by the beginning", nil, "calls show --store FILE CA0f", 0, "Call CA0f4a91c2aa77", ""},
		{"show as JSON", nil, "calls show --store FILE --json CA77", 0, `"failure":"soft"`, ""},
		{"show one of several", nil, "calls show --store FILE CA", 2, "4 calls begin with", ""},
		{"show none", nil, "calls show --store FILE CA55", 1, "there is no call", ""},
		{"show without a name", nil, "calls show --store FILE", 2, "wants the id of one call", ""},
		{"no store", nil, "calls", 2, "no store is named", ""},
		{"no file", nil, "calls --store FILE.none", 1, "hint: a gateway makes it", ""},
		{"bad time", nil, "calls --store FILE --since tomorrow", 2, "--since", ""},
		{"no region", nil, "calls --store dynamodb:calls", 2, "NAME@REGION", ""},
		{"no end of following", nil, "calls --store FILE --follow --until 1h", 2, "--follow has no end", ""},
		{"help", nil, "calls --help", 0, "lexline calls --store calls.db --follow", ""},
	} {
		code, out, errOut := runCallsLine(tt.env, strings.Fields(strings.NewReplacer("FILE", path, "CONFIG", config).Replace(tt.args))...)
		if code != tt.code || !strings.Contains(out+errOut, tt.out) || tt.not != "" && strings.Contains(out, tt.not) {
			t.Errorf("%s: lexline %s = %d; want %d, with %q and without %q:\n%s%s", tt.name, tt.args, code, tt.code, tt.out, tt.not, out, errOut)
		}
	}
}

// TestTableWithoutAConfiguration names a table on the command line alone, as the help
// does: there is no region of a bot then.
func TestTableWithoutAConfiguration(t *testing.T) {
	cfg := defaultConfig()
	o := callsOptions{store: "dynamodb:lexline-calls@us-west-2"}
	store, err := o.open(t.Context(), &cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if got, want := fmt.Sprint(store), "DynamoDB table lexline-calls in us-west-2"; got != want {
		t.Errorf("opened is %s; want %s", got, want)
	}
}

// TestCallsOfAConfigurationInTheEnvironment: where a gateway has its configuration from
// there, so have those who look at its calls.
func TestCallsOfAConfigurationInTheEnvironment(t *testing.T) {
	env := &environment{getenv: func(name string) string {
		return map[string]string{configText: "store: {file: /var/lib/lexline/calls.db}"}[name]
	}}
	cfg, err := new(callsOptions).readConfig(env)
	if err != nil || cfg.Store.File != "/var/lib/lexline/calls.db" {
		t.Errorf("store.file is %q, error %v; want that of %s", cfg.Store.File, err, configText)
	}
}

// TestFollowingOutlivesTheFile moves the store away while its calls are followed: no
// file is made in its place but by the gateway, whose calls are followed then.
func TestFollowingOutlivesTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "calls.db")
	store, err := sqlite.OpenCalls(path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	put := func(id string, r record.Record) {
		t.Helper()
		r.Call, r.Started = id, time.Now().Truncate(time.Millisecond)
		if err := store.Put(t.Context(), entryOf(t, r)); err != nil {
			t.Fatal(err)
		}
	}
	ended, live := sampleCalls()[0], sampleCalls()[2]
	put("CAold", ended)
	out, said := io.Pipe()
	defer out.Close()
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		env := &environment{stdout: said, stderr: said, getenv: func(string) string { return "" }}
		code <- run(ctx, env, []string{"calls", "--store", path, "--follow"})
		said.Close()
	}()
	lines := bufio.NewScanner(out)
	await := func(text string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), text) {
				return
			}
		}
		t.Fatalf("it ended before it said %q", text)
	}
	await("CAold         ended")
	put("CAlive", live)
	await("CAlive        began") // by a look that is not the first
	if err := os.Rename(path, path+".damaged"); err != nil {
		t.Fatal(err)
	}
	await("the store has gone, waiting for a gateway to make a new one")
	if !isMissing(path) {
		t.Error("there is a file where nobody has written")
	}
	put("CAnew", ended)
	await("CAnew         ended")
	stop()
	for lines.Scan() { // so that nothing waits to be read
	}
	if code := <-code; code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

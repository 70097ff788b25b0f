package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/connect"
	"lexline/internal/region"
)

// fakeTable answers Get as its function does.
type fakeTable struct {
	region.Table

	mu    sync.Mutex
	get   func(ctx context.Context, key string) (region.Item, error)
	asked int // how often
}

func (f *fakeTable) Get(ctx context.Context, key string) (region.Item, error) {
	f.mu.Lock()
	get := f.get
	f.asked++
	f.mu.Unlock()
	return get(ctx, key)
}

func (f *fakeTable) does(get func(ctx context.Context, key string) (region.Item, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.get, f.asked = get, 0
}

func (f *fakeTable) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// says has every item name that region.
func says(value any) func(context.Context, string) (region.Item, error) {
	return func(_ context.Context, key string) (region.Item, error) {
		return region.Item{Key: key, Attributes: map[string]any{"lexRegion": value}}, nil
	}
}

// fails has the table fail.
func fails(err error) func(context.Context, string) (region.Item, error) {
	return func(context.Context, string) (region.Item, error) { return region.Item{}, err }
}

func hangs(ctx context.Context, _ string) (region.Item, error) {
	<-ctx.Done()
	return region.Item{}, ctx.Err()
}

// only has one item alone name a region.
func only(key, name string) func(context.Context, string) (region.Item, error) {
	return func(ctx context.Context, asked string) (region.Item, error) {
		if asked != key {
			return region.Item{}, region.ErrNotFound
		}
		return says(name)(ctx, asked)
	}
}

// testRegion is a function over a fake table; its log goes to the buffer.
func testRegion(vars map[string]string, table region.Table) (*getRegion, *bytes.Buffer) {
	log := new(bytes.Buffer)
	logger := slog.New(slog.NewJSONHandler(log, nil))
	g := newGetRegion(context.Background(), readRegionSettings(env(vars), logger), logger)
	g.table = table
	return g, log
}

func env(vars map[string]string) environment { return func(name string) string { return vars[name] } }

// article is the environment of the article's functions.
func article(more ...string) map[string]string {
	vars := map[string]string{
		"BOTNAME": "OrderFlowers", "BOT_ALIAS": "ver_one", "SAMPLE_UTTERANCE": "I would like to order flowers",
		"EXPECTED_RESPONSE": "What type of flowers would you like to order?",
		"PRIMARY_REGION":    "us-east-1", "SECONDARY_REGION": "us-west-2", "TABLE_NAME": "lexDR",
		"TEST_METHOD": "send_message", "TEST_USER": "lexDRTest", "AWS_REGION": "us-east-1",
	}
	for _, pair := range more {
		name, value, _ := strings.Cut(pair, "=")
		vars[name] = value
	}
	return vars
}

const asksEast = `{"Details":{"Parameters":{"region":"us-east-1"}}}`

// answered has one event answered, and looks at the answer as a flow does.
func answered(t *testing.T, g *getRegion, event string) (name string, took time.Duration) {
	t.Helper()
	begun := time.Now()
	text, err := g.Invoke(t.Context(), []byte(event))
	took = time.Since(begun)
	if err != nil {
		t.Fatalf("Invoke(%.80s) = %v; want never an error", event, err)
	}
	if err := connect.CheckStringMap(text); err != nil {
		t.Fatalf("answer %s: %v", text, err)
	}
	var answer connect.RegionAnswer
	if err := json.Unmarshal(text, &answer); err != nil || answer.StatusCode != "200" || !connect.IsRegion(answer.PrimaryCode) {
		t.Fatalf("answer %s; want status 200 and a region", text)
	}
	return answer.PrimaryCode, took
}

func TestGetRegion(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name   string
		vars   map[string]string
		get    func(context.Context, string) (region.Item, error)
		event  string
		want   string
		within time.Duration
	}{
		{"as the article", map[string]string{"TABLE_NAME": "lexDR"}, says("us-west-2"), asksEast, "us-west-2", 0},
		{"by the event's key", nil, only("us-east-1", "us-west-2"), asksEast, "us-west-2", 0},
		{"home's item where the event's is missing", map[string]string{"PRIMARY_REGION": "eu-west-1"}, only("eu-west-1", "us-west-2"), asksEast, "us-west-2", 0},
		{"home's item where the event names none", article(), only("us-east-1", "us-west-2"), `{}`, "us-west-2", 0},
		{"the instance's region", nil, only("us-east-1", "us-west-2"), `{"Details":{"ContactData":{"InstanceARN":"arn:aws:connect:us-east-1:1:instance/1"}}}`, "us-west-2", 0},
		{"a key of its own", map[string]string{"TABLE_KEY": "trips"}, only("trips", "us-west-2"), asksEast, "us-west-2", 0},
		{"no other than that key", article("TABLE_KEY=trips"), only("us-east-1", "us-west-2"), asksEast, "us-east-1", 0},
		{"no JSON", article(), says("us-west-2"), `region`, "us-west-2", 0},
		{"hung", article(), hangs, asksEast, "us-east-1", readLimit},
		{"failing", article("DEFAULT_REGION=us-west-2"), fails(boom), asksEast, "us-west-2", 0},
		{"missing", article(), fails(region.ErrNotFound), asksEast, "us-east-1", 0},
		{"err", article(), says("err"), asksEast, "us-east-1", 0},
		{"a number", article(), says(int64(7)), asksEast, "us-east-1", 0},
		{"nonsense", article(), says("Bielefeld"), asksEast, "us-east-1", 0},
		{"not of these", article(), says("eu-west-1"), asksEast, "us-east-1", 0},
		{"looks like one", nil, says("lexline"), asksEast, "us-east-1", 0},
		{"panics", article(), func(context.Context, string) (region.Item, error) { panic("nil map") }, asksEast, "us-east-1", 0},
		{"third region", article("REGIONS=us-west-2 eu-west-1"), says("eu-west-1"), asksEast, "eu-west-1", 0},
		{"default is none of them", article("DEFAULT_REGION=eu-west-1"), fails(boom), asksEast, "us-east-1", 0},
		{"event, when nothing is configured", nil, fails(boom), `{"Details":{"Parameters":{"region":"eu-west-1"}}}`, "eu-west-1", 0},
		{"where it runs", map[string]string{"AWS_REGION": "eu-west-2"}, fails(boom), `{}`, "eu-west-2", 0},
		{"nothing at all", nil, fails(boom), ``, lastResort, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table := new(fakeTable)
				table.does(tt.get)
				g, log := testRegion(tt.vars, table)
				defer g.Close()
				if got, took := answered(t, g, tt.event); got != tt.want || took != tt.within {
					t.Errorf("answer to %s = %s in %v; want %s in %v\n%s", tt.event, got, took, tt.want, tt.within, log)
				}
			})
		})
	}
}

// TestGetRegionRemembers lets the table fail after it has answered.
func TestGetRegionRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := new(fakeTable)
		table.does(says("us-west-2"))
		g, log := testRegion(article(), table)
		defer g.Close()
		g.warm(t.Context())
		step := func(what, want string, within time.Duration) {
			t.Helper()
			log.Reset()
			if got, took := answered(t, g, asksEast); got != want || took != within {
				t.Errorf("%s: answer %s in %v; want %s in %v\n%s", what, got, took, want, within, log)
			}
		}
		for what, get := range map[string]func(context.Context, string) (region.Item, error){
			"failing": fails(errors.New("boom")), "missing": fails(region.ErrNotFound), "err": says("err"), "garbage": says("?"),
		} {
			table.does(get)
			step(what, "us-west-2", 0)
		}
		time.Sleep(time.Minute)
		table.does(hangs)
		for range 4 * mostLate {
			if step("hung", "us-west-2", patience); !strings.Contains(log.String(), `"source":"memory"`) || !strings.Contains(log.String(), `"age_s":6`) {
				t.Fatalf("log %s; want it said that the answer is of memory, and how old", log)
			}
		}
		// An answer that comes late is for the next one.
		table.does(func(ctx context.Context, key string) (region.Item, error) {
			time.Sleep(patience + 50*time.Millisecond)
			return says("us-east-1")(ctx, key)
		})
		step("late", "us-west-2", patience)
		time.Sleep(time.Second)
		table.does(hangs)
		step("after it", "us-east-1", patience)
		time.Sleep(memoryLife)
		table.does(fails(errors.New("boom")))
		g.s.fallback = "us-west-2"
		step("a day later", "us-west-2", 0)
	})
}

// TestGetRegionHeld has reads hang beyond every deadline, as after a freeze.
func TestGetRegionHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		table := new(fakeTable)
		table.does(func(ctx context.Context, key string) (region.Item, error) {
			<-release
			return says("us-west-2")(ctx, key)
		})
		g, _ := testRegion(article(), table)
		for n := range 2 * mostLate {
			want := hurried
			switch {
			case n == 0:
				want = readLimit
			case n >= mostLate:
				want = 0
			}
			if got, took := answered(t, g, asksEast); got != "us-east-1" || took != want {
				t.Errorf("answer %d = %s in %v; want us-east-1 in %v", n, got, took, want)
			}
		}
		if asked := table.count(); asked != mostLate {
			t.Errorf("%d reads under way; want %d", asked, mostLate)
		}
		close(release)
		g.Close()
		if got, _ := answered(t, g, asksEast); got != "us-west-2" {
			t.Errorf("answer after they came back = %s; want us-west-2", got)
		}
		g.Close()
	})
}

// TestGetRegionCold starts with a table that hangs, or is slow.
func TestGetRegionCold(t *testing.T) {
	tests := []struct {
		name   string
		after  time.Duration // 0: never
		want   string
		within time.Duration
	}{
		{"hung", 0, "us-east-1", warmLimit + hurried},
		{"slow", 400 * time.Millisecond, "us-west-2", warmLimit + 400*time.Millisecond},
		{"fast", time.Millisecond, "us-west-2", 2 * time.Millisecond},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			table := new(fakeTable)
			table.does(func(ctx context.Context, key string) (region.Item, error) {
				if tt.after == 0 {
					return hangs(ctx, key)
				}
				time.Sleep(tt.after)
				return says("us-west-2")(ctx, key)
			})
			g, _ := testRegion(article(), table)
			defer g.Close()
			begun := time.Now()
			g.warm(t.Context())
			got, _ := answered(t, g, asksEast)
			if took := time.Since(begun); got != tt.want || took != tt.within {
				t.Errorf("%s: first answer %s, %v after the start; want %s after %v", tt.name, got, took, tt.want, tt.within)
			}
		})
	}
}

// TestGetRegionTriesAgain has the first read find a connection that has gone.
func TestGetRegionTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := new(fakeTable)
		first := true
		table.does(func(ctx context.Context, key string) (region.Item, error) {
			if first {
				first = false
				return region.Item{}, errors.New("connection reset")
			}
			return says("us-west-2")(ctx, key)
		})
		g, _ := testRegion(article(), table)
		defer g.Close()
		if got, _ := answered(t, g, asksEast); got != "us-west-2" || table.count() != 2 {
			t.Errorf("answer %s after %d reads; want us-west-2 after 2", got, table.count())
		}
	})
}

// TestGetRegionInTime gives it a short limit of the function itself.
func TestGetRegionInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := new(fakeTable)
		table.does(hangs)
		g, _ := testRegion(article(), table)
		defer g.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := g.Invoke(ctx, []byte(asksEast)); err != nil || ctx.Err() != nil {
			t.Errorf("Invoke with 300ms = %v, context %v; want an answer before its end", err, ctx.Err())
		}
	})
}

// TestGetRegionKeepsQuiet plants what a caller said into every place of an event.
func TestGetRegionKeepsQuiet(t *testing.T) {
	const canary = "canary-bird"
	events := []string{
		canary,
		`{"` + canary + `":1}`,
		`{"Details":{"Parameters":{"region":"` + canary + `","x":"` + canary + `"},"ContactData":{"ContactId":"` + canary + `","InstanceARN":"` + canary +
			`","Attributes":{"` + canary + `":"` + canary + `"},"CustomerEndpoint":{"Address":"+12065550100","Type":"TELEPHONE_NUMBER"}}}}`,
		`{"Details":{"Parameters":{"region":"us-` + canary + `"}}}`,
		`{"Details":{"Parameters":{"region":["` + canary + `"]}}}`,
		`{"Details":{"ContactData":{"InstanceARN":"arn:aws:connect:` + canary + `:1:instance/1"}}}`,
	}
	for name, get := range map[string]func(context.Context, string) (region.Item, error){
		"good": says("us-west-2"), "missing": fails(region.ErrNotFound), "failing": func(_ context.Context, key string) (region.Item, error) {
			return region.Item{}, fmt.Errorf("get %s: boom", key)
		},
	} {
		for _, vars := range []map[string]string{article(), nil} {
			table := new(fakeTable)
			table.does(get)
			g, log := testRegion(vars, table)
			for _, event := range events {
				answered(t, g, event)
			}
			g.Close()
			if text := log.String(); strings.Contains(text, "bird") || strings.Contains(text, "2065550100") || text == "" {
				t.Errorf("table %s: log %s; want nothing of the events in it", name, text)
			}
		}
	}
}

func TestRegionSettingsNeverFail(t *testing.T) {
	for _, vars := range []map[string]string{
		nil,
		{"TABLE_NAME": "!", "AWS_REGION": "Mars", "TABLE_REGION": "x"},
		{"TABLE_NAME": "lexDR", "AWS_ENDPOINT_URL_DYNAMODB": "nowhere"},
		{"REGIONS": "a,b,,c", "DEFAULT_REGION": "err", "PRIMARY_REGION": "+12065550100"},
	} {
		g, log := testRegion(vars, nil)
		if got, _ := answered(t, g, `{}`); got != lastResort {
			t.Errorf("%v: answer %s; want %s", vars, got, lastResort)
		}
		if !strings.Contains(log.String(), "setting not used") && !strings.Contains(log.String(), "region table not used") {
			t.Errorf("%v: log %s; want it said what is not used", vars, log)
		}
	}
}

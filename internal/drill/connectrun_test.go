package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/connect"
	"lexline/internal/connectsim"
)

// timedFunction is a Lambda function whose invocations take some time each, and
// fail if they are told to.
type timedFunction struct {
	mu    sync.Mutex
	takes []time.Duration // guarded by mu: of the next invocations
	fails int             // the number of one that fails, from 0
	asked int             // guarded by mu
}

func (f *timedFunction) Invoke(ctx context.Context, _ []byte) ([]byte, error) {
	f.mu.Lock()
	n := f.asked
	f.asked++
	takes := f.takes[n]
	f.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if n == f.fails {
		return nil, errors.New("out of paper")
	}
	return []byte("{}"), nil
}

// TestCheckAll has the second health check take so long that the third one begins
// and ends before it is over, and the last one be cut by the end of the drill.
func TestCheckAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &connectDrill{c: connectConfig(time.Minute)} // scaled to 6 s
		f := &timedFunction{takes: []time.Duration{2 * time.Second, 8 * time.Second, time.Second, 5 * time.Second}, fails: 1}
		d.test = f
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		d.checkAll(ctx, began)
		if took := time.Since(began); took != 20*time.Second {
			t.Errorf("checkAll returned after %v; want 20 s, when its context ended", took)
		}
		want := []Check{
			{Began: began, Took: 2 * time.Second},
			{Began: began.Add(6 * time.Second), Took: 8 * time.Second, Fault: "out of paper"},
			{Began: began.Add(12 * time.Second), Took: time.Second},
		}
		if diff := cmp.Diff(want, d.checks); diff != "" || f.asked != 4 {
			t.Errorf("4 checks, the last one cut: %d were begun, noted are (-want +got):\n%s", f.asked, diff)
		}
	})
}

// regionAnswers answers for the regions of a checker: with a status, or never for 0.
type regionAnswers map[string]int

func (a regionAnswers) RoundTrip(q *http.Request) (*http.Response, error) {
	status := a[q.URL.Host]
	if status == 0 {
		<-q.Context().Done()
		return nil, q.Context().Err()
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader("{}")), Request: q}, nil
}

// TestArticleChecks runs the model of the article's check once, and tells how a drill
// notes it.
func TestArticleChecks(t *testing.T) {
	tests := []struct {
		name    string
		answers regionAnswers
		want    Check
		table   string
	}{
		{"all well", regionAnswers{"us-east-1": 200, "us-west-2": 200}, Check{}, "us-east-1"},
		{"the primary refuses", regionAnswers{"us-east-1": 500, "us-west-2": 200}, Check{}, "us-west-2"},
		{"both refuse", regionAnswers{"us-east-1": 500, "us-west-2": 500}, Check{}, "err"},
		{"the primary is silent", regionAnswers{"us-west-2": 200}, Check{Took: 15 * time.Second, Fault: "its time was over"}, "us-east-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &connectDrill{c: connectConfig(time.Minute)}
				d.checker = &checker{client: &http.Client{Transport: tt.answers}, heard: &d.heard, table: "us-east-1"}
				for _, name := range regionNames {
					d.checker.regions = append(d.checker.regions, namedRegion(name, "http://"+name))
				}
				tt.want.Began = time.Now()
				d.check(t.Context(), 0)
				if diff := cmp.Diff([]Check{tt.want}, d.checks); diff != "" {
					t.Errorf("noted checks (-want +got):\n%s", diff)
				}
				if got := d.checker.active(); got != tt.table {
					t.Errorf("the table says %q; want %q", got, tt.table)
				}
			})
		})
	}
}

// TestArticleCheckCutShort ends the drill in the middle of a check: nothing is noted.
func TestArticleCheckCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &connectDrill{c: connectConfig(time.Minute)}
		d.checker = &checker{client: &http.Client{Transport: regionAnswers{}}, heard: &d.heard, regions: []*region{namedRegion("us-east-1", "http://us-east-1")}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if d.check(ctx, 0); len(d.checks) != 0 {
			t.Errorf("noted: %v; want nothing of a check that the end of the drill cut", d.checks)
		}
	})
}

// namedRegion is a region of a drill that has no process.
func namedRegion(name, endpoint string) *region {
	r := &region{name: name, endpoint: endpoint, bot: "BOT1234567"}
	r.alias.Store("ALIAS12345")
	return r
}

// TestWatchTable has a table say one thing after the other; it is asked as an SDK
// would.
func TestWatchTable(t *testing.T) {
	answers := []string{
		`{}`, // no such item
		`{"Item":{"lexRegion":{"S":"us-east-1"},"connectRegion":{"S":"us-east-1"}}}`,
		`{"Item":{"lexRegion":{"S":"us-east-1"}}}`,
		`<html>`,
		`{"Item":{"lexRegion":{"S":"us-west-2"}}}`,
		`{"Item":{"lexRegion":{"S":"err"}}}`,
		`{"Item":{"lexRegion":{"S":"us-east-1"}}}`,
	}
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0 // by one client, one request after the other
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var body struct {
			TableName      string
			ConsistentRead bool
			Key            map[string]map[string]string
		}
		err := json.NewDecoder(q.Body).Decode(&body)
		if err != nil || body.TableName != "lexDR" || !body.ConsistentRead || body.Key["connectRegion"]["S"] != "us-east-1" {
			t.Errorf("asked for %+v, %v; want the item us-east-1 of lexDR as it is now", body, err)
		}
		if got := q.Header.Get("X-Amz-Target"); got != "DynamoDB_20120810.GetItem" {
			t.Errorf("the operation is %q; want GetItem of DynamoDB", got)
		}
		if !strings.Contains(q.Header.Get("Authorization"), "Credential=") {
			t.Error("it is asked without credentials, which the stand-in refuses")
		}
		if asked == len(answers) {
			cancel()
			asked--
		}
		fmt.Fprint(w, answers[asked])
		asked++
	}))
	defer server.Close()
	d := &connectDrill{c: connectConfig(time.Minute), where: server.URL}
	if got := d.latestWord(); got != "nothing yet" {
		t.Errorf("before it was asked the table says %q", got)
	}
	d.watchTable(ctx)
	var got []string
	for i, word := range d.says {
		got = append(got, word.Says)
		if i > 0 && !word.Time.After(d.says[i-1].Time) {
			t.Errorf("word %d is of %v, the one before of %v", i, word.Time, d.says[i-1].Time)
		}
	}
	if diff := cmp.Diff([]string{"us-east-1", "us-west-2", "err", "us-east-1"}, got); diff != "" {
		t.Errorf("the table said (-want +got):\n%s", diff)
	}
	if got := d.latestWord(); got != "us-east-1" {
		t.Errorf("at the end the table says %q; want us-east-1", got)
	}
}

func TestLookUpFailures(t *testing.T) {
	refused := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}`)
	}))
	defer refused.Close()
	for _, where := range []string{refused.URL, "http://127.0.0.1:1", "::"} {
		d := &connectDrill{c: connectConfig(time.Minute), where: where}
		if says, err := d.lookUp(t.Context(), http.DefaultClient); err == nil {
			t.Errorf("the table at %s says %q; want an error", where, says)
		}
	}
	d := &connectDrill{drill: drill{checker: &checker{table: "us-west-2"}}, c: connectConfig(time.Minute)}
	if says, err := d.lookUp(t.Context(), nil); err != nil || says != "us-west-2" {
		t.Errorf("the model's table says %q, %v; want us-west-2", says, err)
	}
}

// arns are the aliases that a flow asks.
func arns(f *connect.Flow) map[string]bool {
	found := map[string]bool{}
	for _, a := range f.Actions {
		if bot, ok := a.Parameters["LexV2Bot"].(map[string]any); ok {
			found[fmt.Sprint(bot["AliasArn"])] = true
		}
	}
	return found
}

// TestPublish makes the flow of each policy, before and after an alias of another
// id took the place of the first.
func TestPublish(t *testing.T) {
	for _, policy := range []Policy{PolicyLexline, PolicyArticle} {
		t.Run(string(policy), func(t *testing.T) {
			d := &connectDrill{c: connectConfig(time.Minute), told: connectsim.Invoker(&timedFunction{})}
			d.c.Policy = policy
			d.regions = []*region{namedRegion("us-east-1", "http://127.0.0.1:1"), namedRegion("us-west-2", "http://127.0.0.1:2")}
			defer func() {
				for _, n := range d.instances {
					n.Close()
				}
			}()
			want := map[string]bool{
				"arn:aws:lex:us-east-1:111122223333:bot-alias/BOT1234567/ALIAS12345": true,
				"arn:aws:lex:us-west-2:111122223333:bot-alias/BOT1234567/ALIAS12345": true,
			}
			checkPublished(t, d, want)
			before := d.instance.Load()
			d.regions[0].alias.Store("NEWALIAS01")
			delete(want, "arn:aws:lex:us-east-1:111122223333:bot-alias/BOT1234567/ALIAS12345")
			want["arn:aws:lex:us-east-1:111122223333:bot-alias/BOT1234567/NEWALIAS01"] = true
			checkPublished(t, d, want)
			if d.instance.Load() == before || len(d.instances) != 2 {
				t.Errorf("%d instances, the latest still in use: %t; want a second one that takes the next contact", len(d.instances), d.instance.Load() == before)
			}
		})
	}
}

// checkPublished publishes the flow, and compares the aliases that it asks.
func checkPublished(t *testing.T, d *connectDrill, want map[string]bool) {
	t.Helper()
	if err := d.publish(); err != nil {
		t.Fatal(err)
	}
	f, err := d.flow()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, arns(f)); diff != "" {
		t.Errorf("aliases of the flow (-want +got):\n%s", diff)
	}
	for _, p := range f.Check() {
		if p.Level == connect.Error || d.c.Policy == PolicyLexline {
			t.Errorf("the flow has a problem: %v", p)
		}
	}
}

// TestRestoredAliasIsPublished follows the schedule over the end of a fault.
func TestRestoredAliasIsPublished(t *testing.T) {
	for _, kind := range []Kind{AliasDeleted, Hang} {
		r, _, _ := brokenRegion(t, "us-east-1")
		d := newConnectDrill(connectConfig(time.Minute))
		d.told = &timedFunction{}
		d.regions = []*region{r, namedRegion("us-west-2", "http://127.0.0.1:2")}
		d.breaker = newBreaker(d.cfg, d.regions)
		for _, what := range []deed{strike, restore} {
			if err := d.act(t.Context(), act{kind: kind, deed: what}); err != nil {
				t.Fatal(err)
			}
		}
		want, alias := 0, "OLDALIAS01"
		if kind == AliasDeleted {
			want, alias = 1, "NEWALIAS01"
		}
		f, err := d.flow()
		if err != nil {
			t.Fatal(err)
		}
		if len(d.instances) != want || !arns(f)["arn:aws:lex:us-east-1:111122223333:bot-alias/BOT1234567/"+alias] {
			t.Errorf("after %s the flow was published %d times and asks %v; want %d times, and %s", kind, len(d.instances), arns(f), want, alias)
		}
		d.breaker.close()
		for _, n := range d.instances {
			n.Close()
		}
	}
}

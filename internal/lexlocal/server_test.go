package lexlocal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	modeltypes "github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"
	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
	"lexline/internal/botdef"
	"lexline/internal/speech"
)

// fakeRecognizer hears what hear returns, and remembers the last grammar.
type fakeRecognizer struct {
	hear func(ctx context.Context, pcm []int16) (string, error)

	mu      sync.Mutex
	grammar speech.Grammar
}

func (r *fakeRecognizer) Recognize(ctx context.Context, g speech.Grammar, pcm []int16) (speech.Hypothesis, error) {
	r.mu.Lock()
	r.grammar = g
	r.mu.Unlock()
	words, err := r.hear(ctx, pcm)
	return speech.Hypothesis{Words: words}, err
}

// last returns the last grammar.
func (r *fakeRecognizer) last() speech.Grammar {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.grammar
}

// hears returns a recognizer that always hears the same.
func hears(words string) *fakeRecognizer {
	return &fakeRecognizer{hear: func(context.Context, []int16) (string, error) { return words, nil }}
}

// fakeSynthesizer speaks 10 ms at 16 kHz for every byte of a sentence.
type fakeSynthesizer struct{}

func (fakeSynthesizer) Sentences(_ context.Context, _, text string, emit func(audio.Clip) error) error {
	for _, sentence := range strings.SplitAfter(text, ". ") {
		if err := emit(audio.Clip{Rate: 16000, Samples: make([]int16, 160*len(sentence))}); err != nil {
			return err
		}
	}
	return nil
}

// records collects what a server records.
type records struct {
	mu  sync.Mutex
	all []Record
}

func (r *records) add(record Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, record)
}

// last waits for nothing: a record is made before its answer is written.
func (r *records) last() Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[len(r.all)-1]
}

// testServer is a server on a loopback port with SDK clients that use it.
type testServer struct {
	*Server
	url     string
	runtime *lexruntimev2.Client
	models  *lexmodelsv2.Client
	records *records
	stop    func() // ends it and waits
}

// serve starts a server for OrderFlowers; edit changes its configuration.
func serve(t *testing.T, edit func(*Config)) *testServer {
	t.Helper()
	goroutines := runtime.NumGoroutine()
	ts := &testServer{records: &records{}}
	cfg := Config{
		Region: "us-east-1", Bots: []*botdef.Bot{loadBot(t, "OrderFlowers")}, Aliases: []string{"ver_one"},
		Recognizer: hears("roses"), Synthesizer: fakeSynthesizer{},
		Now: func() time.Time { return friday }, Record: ts.records.add,
	}
	if edit != nil {
		edit(&cfg)
	}
	var err error
	if ts.Server, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ts.url = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- ts.Serve(ctx, listener) }()
	transport := &http.Transport{}
	client := &http.Client{Transport: transport}
	login := credentials.NewStaticCredentialsProvider("dummy", "dummy", "")
	ts.runtime = lexruntimev2.New(lexruntimev2.Options{
		Region: "us-east-1", BaseEndpoint: &ts.url, Credentials: login, HTTPClient: client, Retryer: aws.NopRetryer{},
	})
	ts.models = lexmodelsv2.New(lexmodelsv2.Options{
		Region: "us-east-1", BaseEndpoint: &ts.url, Credentials: login, HTTPClient: client, Retryer: aws.NopRetryer{},
	})
	ts.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		transport.CloseIdleConnections()
	})
	t.Cleanup(func() {
		ts.stop()
		expectGoroutines(t, goroutines)
	})
	return ts
}

// expectGoroutines checks that no more goroutines run than before. Those of
// closed connections need a moment to see it.
func expectGoroutines(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			stacks := make([]byte, 64<<10)
			t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
			return
		}
		runtime.Gosched()
	}
}

var (
	flowersBot = aws.String("FLOWERSBOT")
	draft      = aws.String("TSTALIASID")
	english    = aws.String("en_US")
)

// say sends a text and returns the answer.
func (ts *testServer) say(t *testing.T, session, text string) *lexruntimev2.RecognizeTextOutput {
	t.Helper()
	out, err := ts.runtime.RecognizeText(t.Context(), &lexruntimev2.RecognizeTextInput{
		BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: &session, Text: &text,
	})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return out
}

func TestOrderThroughTheSDK(t *testing.T) {
	ts := serve(t, nil)
	for _, test := range []struct {
		say, state, action, elicits string
	}{
		{"I would like to order some flowers.", "InProgress", "ElicitSlot", "FlowerType"},
		{"lilies", "InProgress", "ElicitSlot", "PickupDate"},
		{"tomorrow", "InProgress", "ElicitSlot", "PickupTime"},
		{"five p m", "InProgress", "ConfirmIntent", ""},
		{"yes", "Fulfilled", "Close", ""},
	} {
		out := ts.say(t, "CA0123", test.say)
		in, action := out.SessionState.Intent, out.SessionState.DialogAction
		if *in.Name != "OrderFlowers" || string(in.State) != test.state || string(action.Type) != test.action || aws.ToString(action.SlotToElicit) != test.elicits {
			t.Fatalf("%q: %s %s %s %q, want %+v", test.say, *in.Name, in.State, action.Type, aws.ToString(action.SlotToElicit), test)
		}
		if len(out.Messages) == 0 || aws.ToString(out.SessionId) != "CA0123" || out.Messages[0].ContentType != types.MessageContentTypePlainText {
			t.Errorf("%q: messages %v of session %q, want words for CA0123", test.say, out.Messages, aws.ToString(out.SessionId))
		}
		if len(in.Slots) != 3 {
			t.Errorf("%q: %d slots, want all 3, empty ones as null", test.say, len(in.Slots))
		}
	}
	last := ts.records.last()
	want := map[string]string{"FlowerType": "lilies", "PickupDate": "2026-11-21", "PickupTime": "17:00"}
	if diff := cmp.Diff(want, last.Slots); diff != "" || !last.Closed || last.Transcript != "yes" || last.Status != 200 {
		t.Errorf("record %+v, slots (-want +got):\n%s", last, diff)
	}
}

func TestManySessionsAtOnce(t *testing.T) {
	ts := serve(t, nil)
	var callers sync.WaitGroup
	for n := range 20 {
		callers.Go(func() {
			session := fmt.Sprintf("CA%d", n)
			flower := []string{"roses", "lilies", "tulips"}[n%3]
			var state types.SessionState
			for _, text := range []string{"I would like to order some flowers", flower, "tomorrow", "five p m", "yes"} {
				out, err := ts.runtime.RecognizeText(t.Context(), &lexruntimev2.RecognizeTextInput{
					BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: &session, Text: &text,
				})
				if err != nil {
					t.Errorf("%s %q: %v", session, text, err)
					return
				}
				state = *out.SessionState
			}
			if got := aws.ToString(state.Intent.Slots["FlowerType"].Value.InterpretedValue); state.Intent.State != types.IntentStateFulfilled || got != flower {
				t.Errorf("%s: %s with %q, want Fulfilled with %s", session, state.Intent.State, got, flower)
			}
		})
	}
	callers.Wait()
	if kept, evicted := ts.Stats(); kept != 20 || evicted != 0 {
		t.Errorf("%d sessions kept and %d evicted, want 20 and 0", kept, evicted)
	}
}

func TestHTTP2WithoutTLS(t *testing.T) {
	ts := serve(t, nil)
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols}
	defer transport.CloseIdleConnections()
	client := lexruntimev2.New(ts.runtime.Options(), func(o *lexruntimev2.Options) { o.HTTPClient = &http.Client{Transport: transport} })
	out, err := client.RecognizeUtterance(t.Context(), utter("CA0123", lpcm8k, strings.NewReader("xxxx")))
	if err != nil {
		t.Fatal(err)
	}
	if voice := readAll(t, out.AudioStream); len(voice) == 0 || ts.records.last().Transcript != "roses" {
		t.Errorf("%d bytes of voice, record %+v; want a voice and roses", len(voice), ts.records.last())
	}
}

func TestSessionOperations(t *testing.T) {
	ts := serve(t, nil)
	ts.say(t, "CA0123", "I would like to order some flowers.")
	got, err := ts.runtime.GetSession(t.Context(), &lexruntimev2.GetSessionInput{
		BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: aws.String("CA0123"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if *got.SessionState.DialogAction.SlotToElicit != "FlowerType" || len(got.Messages) == 0 || len(got.Interpretations) == 0 {
		t.Errorf("GetSession = %+v, want FlowerType elicited, messages and interpretations", got)
	}
	for _, want := range []string{"", "ResourceNotFoundException"} {
		_, err := ts.runtime.DeleteSession(t.Context(), &lexruntimev2.DeleteSessionInput{
			BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: aws.String("CA0123"),
		})
		var missing *types.ResourceNotFoundException
		if (want != "") != errors.As(err, &missing) {
			t.Errorf("DeleteSession: %v, want %q", err, want)
		}
	}
	_, err = ts.runtime.GetSession(t.Context(), &lexruntimev2.GetSessionInput{
		BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: aws.String("CA0123"),
	})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("GetSession after DeleteSession: %v, want ResourceNotFoundException", err)
	}
}

func TestPutSessionThroughTheSDK(t *testing.T) {
	ts := serve(t, nil)
	out, err := ts.runtime.PutSession(t.Context(), &lexruntimev2.PutSessionInput{
		BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: aws.String("CA0123"),
		ResponseContentType: aws.String("text/plain; charset=utf-8"),
		SessionState: &types.SessionState{
			DialogAction: &types.DialogAction{Type: types.DialogActionTypeElicitSlot, SlotToElicit: aws.String("PickupDate")},
			Intent: &types.Intent{Name: aws.String("OrderFlowers"), Slots: map[string]types.Slot{
				"FlowerType": {Value: &types.Value{InterpretedValue: aws.String("tulips")}},
			}},
		},
		RequestAttributes: map[string]string{"probe": "1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	words := readAll(t, out.AudioStream)
	if !strings.Contains(string(words), "tulips") || *out.ContentType != "text/plain; charset=utf-8" || *out.SessionId != "CA0123" {
		t.Errorf("PutSession says %q as %s, want the question about tulips as text", words, *out.ContentType)
	}
	var state sessionState
	if err := unpackHeader(*out.SessionState, &state); err != nil || state.DialogAction.SlotToElicit != "PickupDate" {
		t.Errorf("session state %+v, %v; want PickupDate elicited", state, err)
	}
	var attributes map[string]string
	if err := unpackHeader(*out.RequestAttributes, &attributes); err != nil || attributes["probe"] != "1" {
		t.Errorf("request attributes %v, %v; want those of the request", attributes, err)
	}
	if next := ts.say(t, "CA0123", "tomorrow"); *next.SessionState.DialogAction.SlotToElicit != "PickupTime" {
		t.Errorf("after PutSession and %q the bot elicits %q, want PickupTime", "tomorrow", *next.SessionState.DialogAction.SlotToElicit)
	}
}

func TestModelsThroughTheSDK(t *testing.T) {
	ts := serve(t, func(cfg *Config) { cfg.Bots = append(cfg.Bots, loadBot(t, "BookTrip")) })
	list := func(filter *modeltypes.BotFilter, size int32) []string {
		t.Helper()
		in := &lexmodelsv2.ListBotsInput{}
		if filter != nil {
			in.Filters = []modeltypes.BotFilter{*filter}
		}
		if size > 0 {
			in.MaxResults = &size
		}
		var names []string
		for pages := lexmodelsv2.NewListBotsPaginator(ts.models, in); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range page.BotSummaries {
				names = append(names, *b.BotName)
			}
		}
		return names
	}
	named := func(operator modeltypes.BotFilterOperator, value string) *modeltypes.BotFilter {
		return &modeltypes.BotFilter{Name: modeltypes.BotFilterNameBotName, Operator: operator, Values: []string{value}}
	}
	for _, test := range []struct {
		name   string
		filter *modeltypes.BotFilter
		size   int32
		want   []string
	}{
		{"all", nil, 0, []string{"BookTrip", "OrderFlowers"}},
		{"one a page", nil, 1, []string{"BookTrip", "OrderFlowers"}},
		{"equal", named(modeltypes.BotFilterOperatorEquals, "OrderFlowers"), 0, []string{"OrderFlowers"}},
		{"contains", named(modeltypes.BotFilterOperatorContains, "Trip"), 0, []string{"BookTrip"}},
		{"not equal", named("NE", "OrderFlowers"), 0, []string{"BookTrip"}},
		{"none", named(modeltypes.BotFilterOperatorEquals, "orderflowers"), 0, nil},
	} {
		if got := list(test.filter, test.size); !slices.Equal(got, test.want) {
			t.Errorf("%s: bots %v, want %v", test.name, got, test.want)
		}
	}
	bot, err := ts.models.DescribeBot(t.Context(), &lexmodelsv2.DescribeBotInput{BotId: flowersBot})
	if err != nil || *bot.BotName != "OrderFlowers" || *bot.IdleSessionTTLInSeconds != 300 || bot.BotStatus != modeltypes.BotStatusAvailable {
		t.Errorf("DescribeBot = %+v, %v", bot, err)
	}
	aliases, err := ts.models.ListBotAliases(t.Context(), &lexmodelsv2.ListBotAliasesInput{BotId: flowersBot})
	if err != nil || len(aliases.BotAliasSummaries) != 2 || *aliases.BotAliasSummaries[0].BotAliasName != "ver_one" || *aliases.BotAliasSummaries[1].BotAliasId != "TSTALIASID" {
		t.Fatalf("ListBotAliases = %+v, %v; want ver_one and TestBotAlias", aliases, err)
	}
	alias, err := ts.models.DescribeBotAlias(t.Context(), &lexmodelsv2.DescribeBotAliasInput{
		BotId: flowersBot, BotAliasId: aliases.BotAliasSummaries[0].BotAliasId,
	})
	if err != nil || *alias.BotAliasName != "ver_one" || alias.BotAliasStatus != modeltypes.BotAliasStatusAvailable || !alias.BotAliasLocaleSettings["en_US"].Enabled {
		t.Errorf("DescribeBotAlias = %+v, %v", alias, err)
	}
	var missing *modeltypes.ResourceNotFoundException
	if _, err := ts.models.DescribeBot(t.Context(), &lexmodelsv2.DescribeBotInput{BotId: aws.String("NOSUCHBOT1")}); !errors.As(err, &missing) {
		t.Errorf("DescribeBot of no bot: %v, want ResourceNotFoundException", err)
	}
}

func TestConfigurationsThatCannotBeServed(t *testing.T) {
	bot := loadBot(t, "OrderFlowers")
	for _, test := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"a bot twice", Config{Bots: []*botdef.Bot{bot, bot}}, "is served already"},
		{"a bad alias", Config{Bots: []*botdef.Bot{bot}, Aliases: []string{"ver one"}}, `alias "ver one"`},
		{"a bad id", Config{Bots: []*botdef.Bot{{Name: "B", ID: "short"}}}, "is not 10 letters or digits"},
	} {
		if _, err := New(test.cfg); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", test.name, err, test.want)
		}
	}
}

func TestIDsAreTheSameEverywhere(t *testing.T) {
	names := func(region string) []BotInfo {
		s, err := New(Config{Region: region, Bots: []*botdef.Bot{loadBot(t, "OrderFlowers")}, Aliases: []string{"ver_one", "ver_one", DraftAlias}})
		if err != nil {
			t.Fatal(err)
		}
		return s.Bots()
	}
	east, west := names("us-east-1"), names("us-west-2")
	if diff := cmp.Diff(east, west); diff != "" {
		t.Errorf("bots of two regions (-east +west):\n%s", diff)
	}
	if id := east[0].Aliases[0].ID; !idPattern.MatchString(id) {
		t.Errorf("alias id %q is not 10 letters or digits", id)
	}
	if n := len(east[0].Aliases); n != 2 {
		t.Errorf("%d aliases, want ver_one and %s once each", n, DraftAlias)
	}
}

func TestRecordIsOneReadableLine(t *testing.T) {
	r := Record{
		Time: friday, Op: "RecognizeUtterance", Region: "us-east-1", Session: "CA1", Mode: modeSpeech, Transcript: "roses",
		Intent: "OrderFlowers", State: stateInProgress, Slots: map[string]string{"FlowerType": "roses", "B": "2"},
		Action: actionElicitSlot, Elicits: "PickupDate", Messages: []string{"What\nday?"}, Status: 200, Millis: 41.26,
	}
	const want = `RecognizeUtterance CA1 speech "roses" -> OrderFlowers InProgress [B:2 FlowerType:roses], asks for PickupDate | What day? (41 ms)`
	if got := r.String(); got != want {
		t.Errorf("line\n%s\nwant\n%s", got, want)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	const fields = `{"time":"2026-11-20T10:00:00Z","op":"RecognizeUtterance","region":"us-east-1","session":"CA1","mode":"Speech","transcript":"roses",` +
		`"intent":"OrderFlowers","state":"InProgress","slots":{"B":"2","FlowerType":"roses"},"action":"ElicitSlot","elicits":"PickupDate","closed":false,` +
		`"messages":["What\nday?"],"status":200,"ms":41.26}`
	if got := string(text); got != fields {
		t.Errorf("JSON\n%s\nwant\n%s", got, fields)
	}
}

package twilio

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestRESTAddress(t *testing.T) {
	for _, test := range []struct {
		base, region, edge string
		want               string
		err                string
	}{
		{"", "", "", "https://api.twilio.com", ""},
		{"", "ie1", "", "https://api.ie1.twilio.com", ""},
		{"", "ie1", "dublin", "https://api.dublin.ie1.twilio.com", ""},
		{"", "", "sydney", "https://api.sydney.us1.twilio.com", ""},
		{"https://twilio.example.com/eu/", "", "", "https://twilio.example.com/eu", ""},
		{"http://127.0.0.1:8472", "", "", "http://127.0.0.1:8472", ""},
		{"http://[::1]:8472", "", "", "http://[::1]:8472", ""},
		{"http://twilio.example.com", "", "", "", "loopback address only"},
		{"https://twilio.example.com", "ie1", "", "", "exclude each other"},
		{"https://user:secret@twilio.example.com", "", "", "", "must not carry a user name"},
		{"https://twilio.example.com?x", "", "", "", "before any ?"},
		{"ftp://twilio.example.com", "", "", "", "scheme must be https"},
		{"twilio.example.com", "", "", "", "is no address"},
		{"https://user:secret@twi lio.example.com", "", "", "", "is no address"},
		{"", "ie1.evil.example/", "", "", `region "ie1.evil.example/"`},
		{"", "", "Dublin", "", `edge "Dublin"`},
	} {
		got, err := restAddress(test.base, test.region, test.edge)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got != test.want || !strings.Contains(text, test.err) || (err == nil) != (test.err == "") || strings.Contains(text, "secret") {
			t.Errorf("base %q, region %q, edge %q: %q, error %v; want %q, error %q", test.base, test.region, test.edge, got, err, test.want, test.err)
		}
	}
}

func TestRESTConfigIsChecked(t *testing.T) {
	for _, test := range []struct {
		name   string
		config RESTConfig
		want   string
	}{
		{"no account", RESTConfig{AuthToken: "x"}, "SID is missing"},
		{"an account that leads elsewhere", RESTConfig{AccountSID: "AC1/../AC2", AuthToken: "x"}, "SID is missing, or is none"},
		{"no secret", RESTConfig{AccountSID: restAccount}, "neither an auth token nor an API key"},
		{"half a key", RESTConfig{AccountSID: restAccount, AuthToken: "x", APIKey: "SK1"}, "belong together"},
		{"the other half", RESTConfig{AccountSID: restAccount, AuthToken: "x", APISecret: "y"}, "belong together"},
		{"address", RESTConfig{AccountSID: restAccount, AuthToken: "x", BaseURL: "http://example.com"}, "loopback"},
	} {
		if _, err := NewREST(test.config); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q in it", test.name, err, test.want)
		}
	}
}

func TestForms(t *testing.T) {
	for _, test := range []struct {
		name string
		form interface{ form() (url.Values, error) }
		want string // the form, or
		err  string
	}{
		{"new TwiML", CallUpdate{TwiML: "<Response/>"}, "Twiml=%3CResponse%2F%3E", ""},
		{"other TwiML", CallUpdate{URL: "https://a/b", Method: "POST"}, "Method=POST&Url=https%3A%2F%2Fa%2Fb", ""},
		{"hang up", CallUpdate{Status: "completed"}, "Status=completed", ""},
		{"time limit, in whole seconds", CallUpdate{TimeLimit: 1500 * time.Millisecond}, "TimeLimit=2", ""},
		{"the longest TwiML", CallUpdate{TwiML: strings.Repeat("ä", 4000)}, "Twiml=" + strings.Repeat("%C3%A4", 4000), ""},
		{"too much TwiML", CallUpdate{TwiML: strings.Repeat("ä", 4001)}, "", "Twiml has 4001 characters, 4000 are allowed"},
		{"too long a URL", CallUpdate{URL: strings.Repeat("u", 4097)}, "", "Url has 4097 characters"},
		{"nothing", CallUpdate{}, "", "nothing to change"},
		{"two ways on", CallUpdate{TwiML: "<Response/>", URL: "https://a/b"}, "", "exclude each other"},
		{"no such status", CallUpdate{Status: "paused"}, "", `"paused" is neither`},
		{"call", newTestCall(), "From=%2B15550100&Method=POST&To=%2B15550199&Url=https%3A%2F%2Fvoice.example.com%2Ftwiml", ""},
		{
			"call with everything",
			NewCall{
				To: "t", From: "f", URL: "u", StatusCallback: "s", StatusEvents: []string{"answered", "completed"},
				Timeout: 30 * time.Second, TimeLimit: time.Hour,
				Machine: MachineDetection{"DetectMessageEnd", 20 * time.Second, 2400 * time.Millisecond, 1200 * time.Millisecond, 5 * time.Second},
			},
			"From=f&MachineDetection=DetectMessageEnd&MachineDetectionSilenceTimeout=5000&MachineDetectionSpeechEndThreshold=1200&MachineDetectionSpeechThreshold=2400&MachineDetectionTimeout=20" +
				"&Method=POST&StatusCallback=s&StatusCallbackEvent=answered&StatusCallbackEvent=completed&TimeLimit=3600&Timeout=30&To=t&Url=u", "",
		},
		{"call to nobody", NewCall{From: "f", URL: "u"}, "", "one of To, From and URL is missing"},
		{"half a detection", NewCall{To: "t", From: "f", URL: "u", Machine: MachineDetection{Timeout: time.Second}}, "", "no mode"},
	} {
		form, err := test.form.form()
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got := form.Encode(); got != test.want || !strings.Contains(text, test.err) || (err == nil) != (test.err == "") {
			t.Errorf("%s: form %.200s, error %v; want %.200s, error %q", test.name, got, err, test.want, test.err)
		}
	}
}

func TestIDsOfCallsAreChecked(t *testing.T) {
	r := newTestREST(t, RESTConfig{AccountSID: restAccount, AuthToken: "x", Transport: &scriptedTransport{steps: []restStep{{status: 500}}}})
	for _, sid := range []string{"", "..", "CA1/../../Calls", "CA1?x=y", "CA1%2F"} {
		if err := r.UpdateCall(t.Context(), sid, hangUpUpdate); err == nil {
			t.Errorf("call %q was updated", sid)
		}
		if _, err := r.Call(t.Context(), sid); err == nil {
			t.Errorf("call %q was looked up", sid)
		}
	}
	if n := r.Counters().Requests; n != 0 {
		t.Errorf("%d requests were made for impossible calls", n)
	}
}

func TestParseCall(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       CallResource
	}{
		{"queued", callAnswer, CallResource{SID: restSID, Status: "queued", From: "+15550100", To: "+15550199"}},
		{
			"over", `{"sid": "CA1", "status": "completed", "answered_by": "human", "duration": "42", "direction": "outbound-api", "price": null, "subresource_uris": {}}`,
			CallResource{SID: "CA1", Status: "completed", AnsweredBy: "human", Duration: 42 * time.Second, Direction: "outbound-api"},
		},
		{"odd duration", `{"sid": "CA1", "status": "completed", "duration": "-1"}`, CallResource{SID: "CA1", Status: "completed"}},
		{"control characters", `{"sid": "CA1", "status": "bu\nsy"}`, CallResource{SID: "CA1", Status: "bu sy"}},
		{"no call", `{"calls": []}`, CallResource{}},
		{"wrong type", `{"sid": 7, "status": "busy"}`, CallResource{}},
		{"page", `<html>`, CallResource{}},
		{"nothing", ``, CallResource{}},
	} {
		got, err := parseCall([]byte(test.body))
		if diff := cmp.Diff(test.want, got); diff != "" || (err == nil) != (test.want.SID != "") {
			t.Errorf("%s: error %v, call (-want +got):\n%s", test.name, err, diff)
		}
	}
}

func TestMaskNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"The number +14155550199 is not valid.":     "The number ***99 is not valid.",
		"To: (415) 555-0199, From: 0049 30 1234567": "To: (***99, From: ***67",
		"14155550199":            "***99",
		"error 21220, see 21220": "error 21220, see 21220",
		"Calls/CA00000000000000000000000000000002 is over": "Calls/CA00000000000000000000000000000002 is over",
		"limit 100000": "limit 100000",
		"+":            "+",
		"":             "",
	} {
		if got := maskNumbers(text); got != want {
			t.Errorf("%q is masked to %q, want %q", text, got, want)
		}
	}
}

func FuzzParseRESTAnswer(f *testing.F) {
	for _, body := range []string{
		callAnswer, `{"code": 21220, "message": "Call is not in-progress", "more_info": "https://www.twilio.com/docs/errors/21220", "status": 400}`,
		`{"code": -1, "message": "call +1 (415) 555-0199 \u0000 now"}`, `{"sid": "CA1", "status": "busy", "duration": "99999999999999"}`, "<html>", "null", "[1]", `{"message": "s3cret"}`,
	} {
		f.Add(400, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		bounded := func(text string, most int) bool {
			return len(text) <= most && utf8.ValidString(text) && !hasControl(text)
		}
		if c, err := parseCall(body); err == nil {
			if !isSID(c.SID) || c.Duration < 0 || !bounded(c.Status, 32) || !bounded(c.From, 256) || !bounded(c.To, 256) || !bounded(c.Direction, 32) || !bounded(c.AnsweredBy, 32) {
				t.Errorf("%q is taken for the call %+v", body, c)
			}
		}
		e := parseRESTError(status, body, []string{"s3cret"})
		if e.Status != status || e.Code < 0 || !bounded(e.Message, 310) || !bounded(e.MoreInfo, 200) || strings.Contains(e.Error(), "s3cret") {
			t.Errorf("%q is taken for the error %+v", body, e)
		}
		if again := maskNumbers(e.Message); again != e.Message {
			t.Errorf("the message %q has a number in it: %q", e.Message, again)
		}
		if http.StatusText(status) == "" && !strings.HasPrefix(e.Error(), "twilio answered ") {
			t.Errorf("status %d: %v", status, e)
		}
	})
}

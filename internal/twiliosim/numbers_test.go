package twiliosim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// numbersPhone is a phone whose account has these numbers.
func numbersPhone(t *testing.T, numbers ...string) *Phone {
	t.Helper()
	phone, err := New(t.Context(), Config{URL: "http://127.0.0.1:1/twiml", AuthToken: testToken, Account: "AC00000000000000000000000000000001", Numbers: numbers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phone.Close)
	return phone
}

// TestNumbersForTwiliosLibrary lets Twilio's own library for Node read and change them.
func TestNumbersForTwiliosLibrary(t *testing.T) {
	missing := t.Skipf
	if os.Getenv("CI") != "" {
		missing = t.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("no node to run Twilio's library with: %v", err)
	}
	modules, err := filepath.Abs(filepath.Join("..", "twilio", "testdata", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, "twilio", "package.json")); err != nil {
		missing("Twilio's library is not installed; run npm install in internal/twilio/testdata: %v", err)
	}
	phone := numbersPhone(t, "+15550100", "+15550101", "+15550102")
	server := httptest.NewServer(phone.RESTHandler())
	defer server.Close()
	command := exec.CommandContext(t.Context(), node, "numbers.js", server.URL, phone.cfg.Account, testToken)
	command.Dir = "testdata"
	command.Env = append(os.Environ(), "NODE_PATH="+modules)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("run numbers.js: %v\n%s", err, complaints.Bytes())
	}
	type seen struct {
		SID, Number, VoiceURL, VoiceMethod, Fallback, Callback, CallbackMethod string
		Voice, Created                                                         bool
		Trunk                                                                  *string
	}
	var got struct {
		All, One      []seen
		Changed, Read seen
		Errors        []string
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	var all []seen
	for _, n := range phone.rest.numbers.all {
		all = append(all, seen{SID: n.SID, Number: n.PhoneNumber, VoiceMethod: "POST", CallbackMethod: "POST", Voice: true, Created: true})
	}
	want := got
	want.All, want.One, want.Changed = all, all[1:2], all[1]
	want.Changed.VoiceURL, want.Changed.Fallback = "https://voice.example.com/twiml#rc=2&rp=all", "https://other.example.com/twiml"
	want.Changed.Callback, want.Changed.CallbackMethod = "https://voice.example.com/status-callback", "GET"
	want.Read = want.Changed
	want.Errors = []string{"404 20404", "400 21402", "400 21403", "400 21405", "401 20003", "405 20004"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what Twilio's library sees (-want +got):\n%s", diff)
	}
}

func TestNumbersAreFiltered(t *testing.T) {
	phone := numbersPhone(t, "+15550100", "+15550111", "+442071838750")
	a := &application{t: t, phone: phone}
	path := "/2010-04-01/Accounts/" + phone.cfg.Account + "/IncomingPhoneNumbers"
	for query, want := range map[string]string{
		"":                                       "+15550100 +15550111 +442071838750",
		"?PhoneNumber=%2B15550100":               "+15550100",
		"?PhoneNumber=555":                       "+15550100 +15550111",
		"?PhoneNumber=%2B1*11":                   "+15550111",
		"?PhoneNumber=%2B1999":                   "",
		"?FriendlyName=%2B442071838750":          "+442071838750",
		"?PageSize=1&Page=1":                     "+15550111",
		"?PageSize=2&Page=7":                     "",
		"?PageSize=1&Page=0&PhoneNumber=5550111": "+15550111",
	} {
		answer := a.request(http.MethodGet, path+".json"+query, nil)
		var list struct {
			Numbers []number `json:"incoming_phone_numbers"`
		}
		if err := json.Unmarshal([]byte(answer.raw), &list); err != nil || answer.HTTP != http.StatusOK {
			t.Errorf("%s: status %d, %v", query, answer.HTTP, err)
		}
		var found []string
		for _, n := range list.Numbers {
			found = append(found, n.PhoneNumber)
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%s finds %q; want %q", query, got, want)
		}
	}
	for name, test := range map[string]struct {
		method, path string
		status, code int
	}{
		"pages of nothing": {http.MethodGet, path + ".json?PageSize=0", 400, 20001},
		"page in words":    {http.MethodGet, path + ".json?Page=two", 400, 20001},
		"no JSON":          {http.MethodGet, path + "/" + phone.rest.numbers.all[0].SID, 404, 20404},
		"given back":       {http.MethodDelete, path + "/" + phone.rest.numbers.all[0].SID + ".json", 405, 20004},
	} {
		if answer := a.request(test.method, test.path, nil); answer.HTTP != test.status || answer.Code != test.code {
			t.Errorf("%s: %d, error %d; want %d, %d", name, answer.HTTP, answer.Code, test.status, test.code)
		}
	}
}

func TestNumbersAreChecked(t *testing.T) {
	for _, numbers := range [][]string{{"5550100"}, {"+1 555"}, {"+15550100", "+15550100"}} {
		if _, err := New(t.Context(), Config{URL: "http://127.0.0.1:1/twiml", Numbers: numbers}); err == nil {
			t.Errorf("numbers %q were taken", numbers)
		}
	}
}

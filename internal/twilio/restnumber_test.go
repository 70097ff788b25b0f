package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// numbersServer has two numbers, one on each page.
func numbersServer(asked *[]url.Values) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Query())
		n, next := 1, `"/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json?PageSize=100&Page=1&PageToken=PAx"`
		if r.URL.Query().Get("Page") == "1" {
			n, next = 2, "null"
		}
		fmt.Fprintf(w, `{"next_page_uri": %s, "incoming_phone_numbers": [{"sid": "PN%d", "phone_number": "+1555010%d", "capabilities": {"voice": true, "sms": false},
			"voice_url": "https://voice.example.com/twiml#rc=2", "voice_method": "POST", "voice_fallback_url": "", "voice_fallback_method": "POST",
			"status_callback": "https://voice.example.com/status-callback", "status_callback_method": "GET", "voice_application_sid": "", "trunk_sid": null}]}`, next, n, n)
	}
}

func TestIncomingNumbers(t *testing.T) {
	var asked []url.Values
	client := newTestREST(t, RESTConfig{AccountSID: restAccount, AuthToken: restToken, Transport: handlerTransport{numbersServer(&asked)}})
	got, err := client.IncomingNumbers(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	want := func(n int) IncomingNumber {
		return IncomingNumber{
			SID: fmt.Sprintf("PN%d", n), Number: fmt.Sprintf("+1555010%d", n), Voice: true,
			VoiceURL: "https://voice.example.com/twiml#rc=2", VoiceMethod: "POST", FallbackMethod: "POST",
			Callback: "https://voice.example.com/status-callback", CallbackMethod: "GET",
		}
	}
	if diff := cmp.Diff([]IncomingNumber{want(1), want(2)}, got); diff != "" {
		t.Errorf("all numbers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]url.Values{{"PageSize": {"100"}}, {"PageSize": {"100"}, "Page": {"1"}, "PageToken": {"PAx"}}}, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	asked = nil
	got, err = client.IncomingNumbers(t.Context(), "+15550102")
	if diff := cmp.Diff([]IncomingNumber{want(2)}, got); diff != "" || err != nil {
		t.Errorf("one number: %v (-want +got):\n%s", err, diff)
	}
	if asked[0].Get("PhoneNumber") != "+15550102" {
		t.Errorf("asked for %v; want one number", asked[0])
	}
}

func TestIncomingNumbersOfBadAnswers(t *testing.T) {
	const one = `{"sid": "PN1", "phone_number": "+15550101"}`
	for name, body := range map[string]string{
		"no JSON":     `<html>`,
		"a call":      `{"sid": "CA1", "status": "queued"}`,
		"no sid":      `{"incoming_phone_numbers": [{"phone_number": "+15550101"}]}`,
		"no number":   `{"incoming_phone_numbers": [{"sid": "PN1"}]}`,
		"bad next":    `{"next_page_uri": "/x", "incoming_phone_numbers": [` + one + `]}`,
		"wrong types": `{"incoming_phone_numbers": [{"sid": 7, "phone_number": "+15550101"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
			client := newTestREST(t, RESTConfig{AccountSID: restAccount, AuthToken: restToken, Transport: handlerTransport{handler}})
			if got, err := client.IncomingNumbers(t.Context(), ""); !errors.Is(err, errNoNumbers) {
				t.Errorf("numbers %v, error %v; want that it is no list", got, err)
			}
		})
	}
	loop := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"next_page_uri": "/x?Page=1", "incoming_phone_numbers": [` + one + `]}`))
	})
	client := newTestREST(t, RESTConfig{AccountSID: restAccount, AuthToken: restToken, Transport: handlerTransport{loop}})
	if got, err := client.IncomingNumbers(t.Context(), ""); err == nil {
		t.Errorf("a list without an end is %d numbers; want an error", len(got))
	}
}

func FuzzIncomingNumbers(f *testing.F) {
	f.Add([]byte(`{"next_page_uri": null, "incoming_phone_numbers": [{"sid": "PN1", "phone_number": "+15550101", "trunk_sid": null}]}`))
	f.Add([]byte(`{"incoming_phone_numbers": []}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var page numbersPage
		if page.parse(body) != nil {
			return
		}
		for _, n := range page.numbers {
			if !isSID(n.SID) || n.Number != plainText(n.Number, 32) {
				t.Errorf("%q was read as %+v", body, n)
			}
		}
	})
}

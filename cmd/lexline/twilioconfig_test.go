package main

import (
	"strings"
	"testing"
)

func TestBadTwilioConfigs(t *testing.T) {
	with := func(more string) string {
		return strings.Replace(goodConfig, "{auth_token: secret}", "{auth_token: secret, "+more+"}", 1)
	}
	for _, test := range []struct{ name, text, want string }{
		{"key without its secret", with("account_sid: AC1, api_key: SK1"), "twilio.api_secret: is missing; twilio.api_key has one"},
		{"secret without its key", with("account_sid: AC1, api_secret: shh"), "twilio.api_key: is missing; twilio.api_secret belongs to one"},
		{"key of no account", with("api_key: SK1, api_secret: shh"), "twilio.account_sid: is missing; twilio.api_key is for the API"},
		{"region of no account", with("region: ie1"), "twilio.account_sid: is missing; twilio.region is for the API"},
		{"key in place of the account", with("account_sid: SK1"), `lexline.yml:3: twilio.account_sid: "SK1" is no account's SID`},
		{"account that is none", with("account_sid: AC/1"), "lexline.yml:3: twilio.account_sid: the account's SID is missing, or is none"},
		{"two addresses", with("account_sid: AC1, rest_url: 'https://a.example', edge: dublin"), "twilio.rest_url: is there beside twilio.region or twilio.edge"},
		{"token in the open", with("account_sid: AC1, rest_url: 'http://a.example'"), `twilio.rest_url: base URL "http://a.example": http, which shows the auth token`},
		{"region that is none", with("account_sid: AC1, region: Ireland"), `twilio.region: region "Ireland": a name such as`},
		{"edge that is none", with("account_sid: AC1, edge: Dublin"), `twilio.edge: edge "Dublin": a name such as`},
	} {
		if _, err := load(t, test.text, nil); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "shh") {
			t.Errorf("%s: error %v\nwant %q in it", test.name, err, test.want)
		}
	}
}

func TestGoodTwilioConfigs(t *testing.T) {
	for name, more := range map[string]string{
		"account alone":    "account_sid: AC1",
		"API key":          "account_sid: AC1, api_key: SK1, api_secret: shh",
		"region and edge":  "account_sid: AC1, region: ie1, edge: dublin",
		"simulated Twilio": "account_sid: AC1, rest_url: 'http://127.0.0.1:8472'",
	} {
		text := strings.Replace(goodConfig, "{auth_token: secret}", "{auth_token: secret, "+more+"}", 1)
		if _, err := load(t, text, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	env := map[string]string{"LEXLINE_TWILIO_ACCOUNT_SID": "AC1", "LEXLINE_TWILIO_API_KEY": "SK1", "LEXLINE_TWILIO_API_SECRET": "shh", "LEXLINE_TWILIO_REST_URL": "http://127.0.0.1:1"}
	cfg, err := load(t, goodConfig, env)
	if rest := cfg.Twilio.rest(nil); err != nil || rest.APIKey != "SK1" || rest.APISecret != "shh" || rest.BaseURL != "http://127.0.0.1:1" {
		t.Errorf("from the environment: %+v, error %v", rest, err)
	}
}

func TestSettingsThatNeedTheAPI(t *testing.T) {
	if err := (&twilioConfig{}).needsREST("lines[0].mode"); err == nil || !strings.HasPrefix(err.Error(), "lines[0].mode: needs Twilio's API, and for that twilio.account_sid") {
		t.Errorf("without an account: %v", err)
	}
	if err := (&twilioConfig{AccountSID: "AC1"}).needsREST("lines[0].mode"); err != nil {
		t.Errorf("with an account: %v", err)
	}
}

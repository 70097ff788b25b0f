package connect

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exampleEvent has the form of the one in Connect's guide for administrators.
const exampleEvent = `{
  "Name": "ContactFlowEvent",
  "Details": {
    "ContactData": {
      "Attributes": {"order": "roses", "count": 3, "none": null},
      "Channel": "VOICE",
      "ContactId": "4a573372-1f28-4e26-b97b-XXXXXXXXXXX",
      "CustomerEndpoint": {"Address": "+12065550100", "Type": "TELEPHONE_NUMBER"},
      "InitialContactId": "4a573372-1f28-4e26-b97b-XXXXXXXXXXX",
      "InitiationMethod": "INBOUND",
      "InstanceARN": "arn:aws:connect:us-west-2:123456789012:instance/c8c0e68d-2200-4265-82c0-XXXXXXXXXX",
      "LanguageCode": "en-US",
      "MediaStreams": {"Customer": {"Audio": null}},
      "PreviousContactId": "4a573372-1f28-4e26-b97b-XXXXXXXXXXX",
      "Queue": null,
      "SystemEndpoint": {"Address": "+18005550100", "Type": "TELEPHONE_NUMBER"}
    },
    "Parameters": {"region": "us-east-1", "deep": {"list": [1, {"a": null}]}}
  }
}`

func TestDecodeEvent(t *testing.T) {
	want := Event{
		Parameters: map[string]any{"region": "us-east-1", "deep": map[string]any{"list": []any{1.0, map[string]any{"a": nil}}}},
		Contact: Contact{
			ContactID: "4a573372-1f28-4e26-b97b-XXXXXXXXXXX", Channel: "VOICE", LanguageCode: "en-US",
			InstanceARN: "arn:aws:connect:us-west-2:123456789012:instance/c8c0e68d-2200-4265-82c0-XXXXXXXXXX",
			Attributes:  map[string]string{"order": "roses"},
		},
	}
	got := DecodeEvent([]byte(exampleEvent))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("DecodeEvent(the guide's example) (-want +got):\n%s", diff)
	}
	if name, ok := got.Contact.Region(); name != "us-west-2" || !ok {
		t.Errorf("region of the instance = %q, %v; want us-west-2", name, ok)
	}
}

func TestEventRegion(t *testing.T) {
	parameters := func(text string) string { return `{"Details":{"Parameters":` + text + `}}` }
	tests := []struct{ name, event, region string }{
		{"named", parameters(`{"region":"us-east-1"}`), "us-east-1"},
		{"among others", parameters(`{"a":[[{}]],"region":"eu-central-1"}`), "eu-central-1"},
		{"government", parameters(`{"region":"us-gov-west-1"}`), "us-gov-west-1"},
		{"with blanks and capitals", parameters(`{"region":" US-East-1\n"}`), "us-east-1"},
		{"contact data of a wrong type", `{"Details":{"ContactData":[1],"Parameters":{"region":"us-east-1"}}}`, "us-east-1"},
		{"attributes of a wrong type", `{"Details":{"ContactData":{"Attributes":7},"Parameters":{"region":"us-east-1"}}}`, "us-east-1"},
		{"nothing", "", ""},
		{"empty object, as a schedule sends it", "{}", ""},
		{"no JSON", "region=us-east-1", ""},
		{"half of it", exampleEvent[:len(exampleEvent)-20], ""},
		{"a list", `[{"Details":{"Parameters":{"region":"us-east-1"}}}]`, ""},
		{"null", "null", ""},
		{"details is a text", `{"Details":"us-east-1"}`, ""},
		{"no parameters", `{"Details":{}}`, ""},
		{"parameters null", parameters("null"), ""},
		{"parameters a list", parameters(`["us-east-1"]`), ""},
		{"region a number", parameters(`{"region":1}`), ""},
		{"region an object", parameters(`{"region":{"region":"us-east-1"}}`), ""},
		{"region empty", parameters(`{"region":""}`), ""},
		{"not replaced", parameters(`{"region":"$.AwsRegion"}`), ""},
		{"err", parameters(`{"region":"err"}`), ""},
		{"a telephone number", parameters(`{"region":"+12065550100"}`), ""},
		{"huge region", parameters(`{"region":"us-` + strings.Repeat("e", 1<<20) + `-1"}`), ""},
		{"huge", parameters(`{"x":"` + strings.Repeat("y", 7<<20) + `","region":"us-east-1"}`), ""},
		{"deep", parameters(`{"x":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `}`), ""},
		{"not UTF-8", parameters("{\"region\":\"us-east-1\xff\"}"), ""},
	}
	for _, tt := range tests {
		name, ok := DecodeEvent([]byte(tt.event)).Region()
		if ok != (tt.region != "") || ok && name != tt.region {
			t.Errorf("%s: region of event %.80q = %.50q, %v; want %q", tt.name, tt.event, name, ok, tt.region)
		}
	}
}

func TestContactRegion(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:connect:eu-west-2:123456789012:instance/1":           "eu-west-2",
		"arn:aws-us-gov:connect:us-gov-west-1:123456789012:instance/": "us-gov-west-1",
		"arn:aws:lex:us-east-1:123456789012:bot-alias/A/B":            "",
		"arn:aws:connect:us-east-1":                                   "",
		"arn:aws:connect::123456789012:instance/1":                    "",
		"": "",
	} {
		name, ok := Contact{InstanceARN: arn}.Region()
		if ok != (want != "") || ok && name != want {
			t.Errorf("region of %q = %q, %v; want %q", arn, name, ok, want)
		}
	}
}

func TestIsRegion(t *testing.T) {
	for name, want := range map[string]bool{
		"us-east-1": true, "ap-southeast-7": true, "eu-central-1": true, "us-gov-west-1": true, "us-isob-east-1": true, "eusc-de-east-1": true,
		"me-south-1": true, "af-south-1": true, "cn-northwest-1": true, "il-central-1": true, "ap-northeast-3": true,
		"us-east": false, "us-east-0": false, "us-east-100": false, "us-1": false, "us-roses-1": false, "customer-east-1": false,
		"us-east-1a": false, "us-east-1\n": false, "err": false, "": false,
	} {
		if got := IsRegion(name); got != want {
			t.Errorf("IsRegion(%q) = %v; want %v", name, got, want)
		}
	}
}

func FuzzDecodeEvent(f *testing.F) {
	for _, seed := range []string{
		exampleEvent, "", "{}", "null", `{"Details":null}`, `{"Details":{"Parameters":{"region":"us-east-1"}}}`,
		`{"details":{"parameters":{"REGION":"us-east-1"}}}`, `{"Details":{"ContactData":{"InstanceARN":"arn:aws:connect:us-east-1:1:i"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		event := DecodeEvent(text)
		for _, named := range []interface{ Region() (string, bool) }{event, event.Contact} {
			name, ok := named.Region()
			if !ok {
				continue
			}
			answer, err := EncodeRegionAnswer(name)
			if err != nil {
				t.Fatalf("event %q names the region %q that cannot be answered: %v", text, name, err)
			}
			if err := CheckStringMap(answer); err != nil {
				t.Fatalf("answer %s to event %q: %v", answer, text, err)
			}
		}
	})
}

func TestEncodeRegionAnswer(t *testing.T) {
	answer, err := EncodeRegionAnswer("us-east-1")
	if want := `{"statusCode":"200","primaryCode":"us-east-1"}`; err != nil || string(answer) != want {
		t.Errorf("EncodeRegionAnswer(us-east-1) = %s, %v; want %s", answer, err, want)
	}
	for _, name := range []string{"", "err", "us-east", "us-east-x", "US-EAST-1", "us-east-1 ", "east-1", "-us-1", "us--1", "us-east-1\"", "lexline"} {
		if answer, err := EncodeRegionAnswer(name); err == nil {
			t.Errorf("EncodeRegionAnswer(%q) = %s, nil; want an error", name, answer)
		}
	}
}

func TestCheckStringMap(t *testing.T) {
	tests := []struct{ name, answer, fault string }{
		{"ours", `{"statusCode":"200","primaryCode":"us-east-1"}`, ""},
		{"empty", `{}`, ""},
		{"the article's number", `{"statusCode":200,"primaryCode":"us-east-1"}`, "statusCode"},
		{"nested", `{"a":{"b":"c"}}`, `"a" is no text`},
		{"null", `{"a":null}`, `"a" is no text`},
		{"an ARN", `{"a":"arn:aws:lex"}`, "letters"},
		{"a blank in a name", `{"a b":"c"}`, "letters"},
		{"a list", `[]`, "no JSON object"},
		{"nothing", ``, "no JSON object"},
		{"32 KB", `{"a":"` + strings.Repeat("x", 32<<10) + `"}`, "bytes"},
	}
	for _, tt := range tests {
		err := CheckStringMap(json.RawMessage(tt.answer))
		if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: CheckStringMap(%.60s) = %v; want an error about %q", tt.name, tt.answer, err, tt.fault)
		}
	}
}

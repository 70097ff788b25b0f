package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
	"lexline/internal/twilio"
)

// handoverConfig has a line of which callers are handed over.
const handoverConfig = `
public_url: https://voice.example.com
twilio: {auth_token: secret}
regions: [{name: us-east-1}]
lines:
  - name: flowers
    bot: OrderFlowers
    transfer: {to: desk, intents: {TalkToAgent: boss}, hide: [CardNumber]}
targets:
  - {name: desk, number: "+15550199", unanswered: boss}
  - {name: boss, sip: "sip:boss@example.com", unanswered: bot, timeout: 5s}
redirects:
  - {name: survey, url: "https://example.com/survey"}
`

func TestHandoversAreConfigured(t *testing.T) {
	cfg, err := load(t, handoverConfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := cfg.handover(cfg.Lines[0])
	if err != nil {
		t.Fatal(err)
	}
	want := call.Handover{
		Targets: []string{"desk", "boss"}, Redirects: []string{"survey"}, Intents: map[string]string{"TalkToAgent": "boss"},
		Key: '0', KeyTo: "desk", Failed: "desk", TooLong: "desk", Hidden: []string{"CardNumber"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("handover (-want +got):\n%s", diff)
	}
	targets := []twilio.Target{
		{Name: "desk", Kind: twilio.TargetNumber, Address: "+15550199", Unanswered: twilio.Unanswered{Next: "boss"}},
		{Name: "boss", Kind: twilio.TargetSIP, Address: "sip:boss@example.com", Timeout: 5 * time.Second, Unanswered: twilio.Unanswered{Bot: true}},
	}
	if diff := cmp.Diff(targets, doorTargets(cfg.Targets)); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
}

// TestSwitchedOffHandovers leaves nothing of what is there by default.
func TestSwitchedOffHandovers(t *testing.T) {
	cfg, err := load(t, strings.Replace(handoverConfig, "to: desk,", "to: desk, key: off, after: [],", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := cfg.handover(cfg.Lines[0])
	if err != nil {
		t.Fatal(err)
	}
	if h.Key != 0 || h.Failed != "" || h.TooLong != "" || h.Silent != "" {
		t.Errorf("handover = %+v; want no key and no occasion", h)
	}
}

// TestSlotsKeptFromLogsAreKeptFromTargets reads them from the bot's export.
func TestSlotsKeptFromLogsAreKeptFromTargets(t *testing.T) {
	line := lineConfig{Export: "../../bots/OrderFlowers", Locale: "en_US", Transfer: transferConfig{Hide: []string{"PickupTime"}}}
	got, err := line.hiddenSlots()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"PickupTime"}; !cmp.Equal(want, got) {
		t.Errorf("hidden = %q; want %q: the bot keeps nothing out of logs", got, want)
	}
}

func TestBadHandovers(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(handoverConfig, from, to, 1) }
	for _, test := range []struct{ name, text, want string }{
		{"unknown target", change("to: desk", "to: dest"), `lexline.yml:8: lines[0].transfer.to: "dest" is not one of the targets; did you mean desk?`},
		{"unknown target of an intent", change("TalkToAgent: boss", "TalkToAgent: all"), `lines[0].transfer.intents.TalkToAgent: "all" is not one of the targets`},
		{"key", change("to: desk", "key: zero, to: desk"), `lines[0].transfer.key: "zero" is not one telephone key, nor off`},
		{"key that ends digits", change("to: desk", `key: "#", to: desk`), `lines[0].transfer.key: "#" ends keyed digits, by call.key_end`},
		{"key to nobody", change("to: desk", `key: "0"`), "lines[0].transfer.key: is there without lines[0].transfer.to"},
		{"occasion", change("to: desk", "to: desk, after: [rain]"), `lines[0].transfer.after[0]: "rain" is none of failures, silence, max_time`},
		{"occasion to nobody", change("to: desk", "after: [silence]"), "lines[0].transfer.after[0]: is there without lines[0].transfer.to"},
		{"two ways", change(`number: "+15550199"`, `number: "+15550199", client: jenny`), `lexline.yml:10: targets[0]: "desk" has 2 of number, sip, client, queue and workflow; one is wanted`},
		{"no way", change(`number: "+15550199", `, ""), `targets[0]: "desk" has 0 of`},
		{"number", change("+15550199", "0199"), `targets[0]: "0199" is no address of that kind`},
		{"one name", change("name: boss", "name: desk"), `targets[1].name: "desk" is there twice`},
		{"a name that means something", change("name: boss", "name: bot"), `targets[1].name: "bot" is there twice, or means something else`},
		{"in a circle", change("unanswered: bot", "unanswered: desk"), "targets: "},
		{"followed by nobody", change("unanswered: boss", "unanswered: all"), `there is no target "all" to follow`},
		{"redirect", change("https://example.com/survey", "ftp://example.com"), `redirects[0]: address "ftp://example.com" is not of the form https`},
		{"longest time", handoverConfig + "call: {max_time: 5s}", "call.max_time: 5s is not between 10s and 24h0m0s; off lets calls go on for ever"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, test.text, nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("loadConfig = %v; want %q", err, test.want)
			}
		})
	}
}

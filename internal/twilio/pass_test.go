package twilio

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
)

func somePass() pass {
	return pass{
		callSID: "CA1", line: "flowers", target: "desk", next: call.NextTransfer, told: true, intent: "OrderFlowers",
		returned: call.Fruitless{{Target: "desk", Intent: "TalkToAgent"}, {Target: "sales"}}, handovers: 3,
		context: "OrderFlowers; FlowerType: roses", began: testTime.Add(-time.Minute), expires: testTime.Add(time.Minute),
	}
}

var comparePasses = cmp.AllowUnexported(pass{})

func TestPassOpensOnAnyInstance(t *testing.T) {
	text := mustSealer(t, "primary").sealPass(dialledPass, somePass())
	got, err := mustSealer(t, "new", "primary").openPass(dialledPass, text, testTime)
	if diff := cmp.Diff(somePass(), got, comparePasses); err != nil || diff != "" {
		t.Errorf("openPass: %v (-want +got):\n%s", err, diff)
	}
	if strings.ContainsAny(text, "+/=?#%") {
		t.Errorf("pass %q is not fit for a path", text)
	}
	if n := len(mustSealer(t, "primary").sealPass(whisperPass, pass{context: strings.Repeat("a", call.MaxContext), line: strings.Repeat("b", 64)})); n > 1000 {
		t.Errorf("the longest pass has %d characters; want an address of fewer than 1,000", n)
	}
}

func TestOpenPass(t *testing.T) {
	s := mustSealer(t, "primary")
	for name, test := range map[string]struct {
		kind passKind
		text string
		now  time.Time
		want error
	}{
		"good":               {dialledPass, s.sealPass(dialledPass, somePass()), testTime, nil},
		"of another kind":    {whisperPass, s.sealPass(dialledPass, somePass()), testTime, errBadToken},
		"a stream's token":   {dialledPass, s.seal(someClaims()), testTime, errBadToken},
		"old":                {dialledPass, s.sealPass(dialledPass, somePass()), testTime.Add(time.Hour), errExpiredToken},
		"of another key":     {dialledPass, mustSealer(t, "guess").sealPass(dialledPass, somePass()), testTime, errBadToken},
		"nothing":            {dialledPass, "", testTime, errBadToken},
		"not of these texts": {dialledPass, "!!", testTime, errBadToken},
	} {
		if _, err := s.openPass(test.kind, test.text, test.now); !errors.Is(err, test.want) {
			t.Errorf("%s: openPass = %v; want %v", name, err, test.want)
		}
	}
	if _, _, err := s.open(s.sealPass(dialledPass, somePass()), testTime); !errors.Is(err, errBadToken) {
		t.Errorf("a pass opened as a stream's token: %v", err)
	}
}

// FuzzPass seals any texts and opens any bytes.
func FuzzPass(f *testing.F) {
	s := mustSealer(f, "primary")
	f.Add("CA1", "OrderFlowers; FlowerType: roses", int64(1_800_000_000), []byte("d\x01\x01"))
	f.Add(strings.Repeat("a", maxText+1), "\xff", int64(-1), []byte{})
	f.Fuzz(func(t *testing.T, sid, context string, expires int64, plain []byte) {
		want := pass{callSID: sid, context: context, expires: time.Unix(expires, 0)}
		for _, text := range []*string{&want.callSID, &want.context} {
			*text = strings.ToValidUTF8((*text)[:min(len(*text), maxText)], "")
		}
		got, err := s.openPass(endNote, s.sealPass(endNote, want), time.Unix(expires, 0))
		if err != nil || !cmp.Equal(want, got, comparePasses) {
			t.Errorf("sealed %+v, opened %+v, %v", want, got, err)
		}
		if p, ok := decodePass(dialledPass, plain); ok {
			if n := 29 + len(p.callSID) + len(p.line) + len(p.target) + len(p.intent) + len(p.context); n != len(plain) {
				t.Errorf("decodePass(%q) = %+v, which is %d bytes of %d", plain, p, n, len(plain))
			}
		}
	})
}

package twilio

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lexline/internal/call"
)

var testTime = time.Unix(1_800_000_000, 0)

func mustSealer(t testing.TB, secrets ...string) *sealer {
	t.Helper()
	var bytes [][]byte
	for _, secret := range secrets {
		bytes = append(bytes, []byte(secret))
	}
	s, err := newSealer(streamPurpose, bytes...)
	if err != nil {
		t.Fatalf("newSealer: %v", err)
	}
	return s
}

func someClaims() claims {
	return claims{
		callSID: "CA1234567890abcdef", accountSID: "AC1234567890abcdef", line: "flowers",
		from: "+14155550123", to: "+14155550100", resumed: true, expires: testTime.Add(time.Minute),
		began: testTime.Add(-time.Minute), returned: call.Fruitless{{Target: "desk", Intent: "TalkToAgent"}, {Target: "sales"}}, handovers: 2,
	}
}

var compareClaims = cmp.Options{cmp.AllowUnexported(claims{}), cmpopts.EquateComparable()}

func TestTokenOpensOnAnyInstance(t *testing.T) {
	here, there := mustSealer(t, "primary"), mustSealer(t, "primary")
	token := here.seal(someClaims())
	got, _, err := there.open(token, testTime)
	if err != nil {
		t.Fatalf("open = %v", err)
	}
	if diff := cmp.Diff(someClaims(), got, compareClaims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if strings.Contains(token, "4155550123") || strings.ContainsAny(token, "+/=?#%") {
		t.Errorf("token %q shows a number or is not fit for a path", token)
	}
	decoded, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || strings.Contains(string(decoded), "4155550123") {
		t.Errorf("token decodes to %q, %v; the caller's number must not be readable", decoded, err)
	}
}

func TestOpenToken(t *testing.T) {
	s := mustSealer(t, "primary", "secondary")
	valid := s.seal(someClaims())
	for _, test := range []struct {
		name  string
		token string
		at    time.Time
		want  error
	}{
		{"valid", valid, testTime, nil},
		{"at its end, clocks apart", valid, testTime.Add(time.Minute + clockSkew), nil},
		{"before it was made, clocks apart", valid, testTime.Add(-time.Hour), nil},
		{"expired", valid, testTime.Add(time.Minute + clockSkew + time.Second), errExpiredToken},
		{"sealed while the tokens were the other way round", mustSealer(t, "secondary").seal(someClaims()), testTime, nil},
		{"sealed with another secret", mustSealer(t, "tertiary").seal(someClaims()), testTime, errBadToken},
		{"empty", "", testTime, errBadToken},
		{"nonce only", valid[:16], testTime, errBadToken},
		{"cut", valid[:len(valid)-4], testTime, errBadToken},
		{"longer", valid + "AAAA", testTime, errBadToken},
		{"padded", valid + "=", testTime, errBadToken},
		{"not base64", "%" + valid[1:], testTime, errBadToken},
		{"line break", valid[:8] + "\n" + valid[8:], testTime, errBadToken},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, _, err := s.open(test.token, test.at); !errors.Is(err, test.want) {
				t.Errorf("open = %v, want %v", err, test.want)
			}
		})
	}
}

func TestEveryByteOfATokenCounts(t *testing.T) {
	s := mustSealer(t, "primary")
	token := s.seal(someClaims())
	for i := range len(token) {
		changed := []byte(token)
		changed[i] = map[bool]byte{true: 'B', false: 'A'}[changed[i] == 'A']
		if _, _, err := s.open(string(changed), testTime); !errors.Is(err, errBadToken) {
			t.Fatalf("token with byte %d changed: open = %v, want %v", i, err, errBadToken)
		}
	}
}

func TestSpentTokens(t *testing.T) {
	spent := newSpentTokens(3)
	now := testTime
	expires := now.Add(time.Minute)
	for i := range 3 {
		if !spent.spend(tokenID{byte(i)}, expires, now) {
			t.Fatalf("first use of token %d was refused", i)
		}
	}
	if spent.spend(tokenID{1}, expires, now) {
		t.Error("second use of a token was let in")
	}
	if spent.spend(tokenID{9}, expires, now) {
		t.Error("a token was let in that could not be remembered")
	}
	now = expires.Add(clockSkew)
	if spent.spend(tokenID{1}, expires, now) {
		t.Error("second use was let in while the token could still be opened")
	}
	now = expires.Add(2*clockSkew + 2*time.Second)
	if !spent.spend(tokenID{9}, now.Add(time.Minute), now) || len(spent.until) != 1 {
		t.Errorf("expired tokens were not forgotten: %d are remembered, want 1", len(spent.until))
	}
}

// FuzzToken seals any texts, and opens any text: only what was sealed may open.
func FuzzToken(f *testing.F) {
	s := mustSealer(f, "primary")
	f.Add("CA1", "flowers", "+14155550123", int64(1_800_000_000), s.seal(someClaims()))
	f.Add(strings.Repeat("a", maxField), strings.Repeat("b", maxField+1), "c", int64(0), "AAAA")
	f.Add("", strings.Repeat("é", 200), "\xff", int64(-1), "")
	f.Fuzz(func(t *testing.T, sid, line, from string, expires int64, token string) {
		want := claims{callSID: sid, accountSID: "AC", line: line, from: from, to: from, expires: time.Unix(expires, 0)}
		for _, text := range []*string{&want.callSID, &want.line, &want.from, &want.to} {
			*text = strings.ToValidUTF8((*text)[:min(len(*text), maxField)], "")
		}
		got, _, err := s.open(s.seal(want), time.Unix(expires, 0))
		if err != nil || !cmp.Equal(want, got, compareClaims) {
			t.Errorf("sealed %+v, opened %+v, %v", want, got, err)
		}
		// Nothing that this process did not seal just now can open at this time: the
		// seed's token has expired long before.
		if c, _, err := s.open(token, time.Unix(1<<40, 0)); err == nil {
			t.Errorf("open(%q) = %+v", token, c)
		}
		plain := []byte(token)
		if c, ok := decodeClaims(plain); ok {
			n := 34 + len(c.callSID) + len(c.accountSID) + len(c.line) + len(c.from) + len(c.to) + len(c.answeredBy)
			for _, r := range c.returned {
				n += len(r.Target) + len(r.Intent)
			}
			if n != len(plain) {
				t.Errorf("decodeClaims(%q) = %+v, which is %d bytes of %d", plain, c, n, len(plain))
			}
		}
	})
}

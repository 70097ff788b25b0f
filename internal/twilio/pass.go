package twilio

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"lexline/internal/call"
)

// passKind says what a pass is for.
type passKind byte

// The kinds. A stream token begins with its version, 1 to 3: a pass is none, and none
// is a pass.
const (
	dialledPass passKind = 'd' // of the question what comes after a target was dialled
	whisperPass passKind = 'w' // of the question what a target is told before it is connected
	endNote     passKind = 'e' // not of an address: what is noted about a call that is over
)

const (
	passTime = 26 * time.Hour // longer than any talk
	maxText  = 1 << 10        // bytes of one text in a pass
)

// pass is what addresses vouch for that Twilio asks for behind the end of a call's
// stream: whoever is asked knows from it what was decided. All of it was learnt from a
// webhook with a valid signature, or decided by us.
type pass struct {
	callSID string
	line    string
	target  string // being dialled; of an endNote the target or the redirect that follows
	next    call.NextKind
	told    bool // the caller has just heard last words
	intent  string
	context string
	began   time.Time // when the call's first stream began
	expires time.Time

	// returned are the hand-overs that came to nothing before, and handovers is how many
	// targets were dialled before: of two ends of one call the one behind more is the later.
	returned  call.Fruitless
	handovers uint16
}

// sealPass makes an address' last part, or a note, of a pass. It can be read by nobody
// but an instance with our key.
func (s *sealer) sealPass(kind passKind, p pass) string {
	plain := make([]byte, 0, 1024)
	plain = append(plain, byte(kind), byte(p.next), 0)
	if p.told {
		plain[2] = 1
	}
	plain = binary.BigEndian.AppendUint64(plain, uint64(p.expires.Unix()))
	plain = binary.BigEndian.AppendUint64(plain, milliseconds(p.began))
	plain = binary.BigEndian.AppendUint16(plain, p.handovers)
	texts := []string{p.callSID, p.line, p.target, p.intent, p.context}
	for _, r := range p.returned {
		texts = append(texts, r.Target, r.Intent)
	}
	for _, text := range texts {
		text = strings.ToValidUTF8(text[:min(len(text), maxText)], "")
		plain = append(binary.BigEndian.AppendUint16(plain, uint16(len(text))), text...)
	}
	return base64.RawURLEncoding.EncodeToString(s.keys[0].Seal(nil, nil, plain, nil))
}

// openPass returns what a sealed pass of that kind vouches for. The error is
// errBadToken or errExpiredToken.
func (s *sealer) openPass(kind passKind, text string, now time.Time) (pass, error) {
	plain, _, err := s.unseal(text)
	if err != nil {
		return pass{}, err
	}
	p, ok := decodePass(kind, plain)
	switch {
	case !ok:
		return pass{}, errBadToken
	case now.After(p.expires.Add(clockSkew)):
		return pass{}, errExpiredToken
	}
	return p, nil
}

func decodePass(kind passKind, plain []byte) (pass, bool) {
	const head = 3 + 8 + 8 + 2
	if len(plain) < head || plain[0] != byte(kind) || plain[1] > byte(call.NextRedirect) {
		return pass{}, false
	}
	p := pass{
		next: call.NextKind(plain[1]), told: plain[2] == 1,
		expires: time.Unix(int64(binary.BigEndian.Uint64(plain[3:])), 0),
		began:   momentOf(binary.BigEndian.Uint64(plain[11:])),

		handovers: binary.BigEndian.Uint16(plain[19:]),
	}
	texts := []*string{&p.callSID, &p.line, &p.target, &p.intent, &p.context}
	for i := range p.returned {
		texts = append(texts, &p.returned[i].Target, &p.returned[i].Intent)
	}
	rest := plain[head:]
	for _, text := range texts {
		if len(rest) < 2 {
			return pass{}, false
		}
		end := 2 + int(binary.BigEndian.Uint16(rest))
		if len(rest) < end {
			return pass{}, false
		}
		*text, rest = string(rest[2:end]), rest[end:]
	}
	return p, len(rest) == 0
}

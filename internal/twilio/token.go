package twilio

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"lexline/internal/call"
)

const (
	minTokenKey  = 16 // bytes of Config.TokenKey
	tokenVersion = 3
	nonceBytes   = 12
	maxField     = 255 // bytes of one text in a token

	// The flags of a token.
	resumedFlag  = 1
	outboundFlag = 2
	wordsFlag    = 4
	// clockSkew is how far the clocks of two instances, or one clock before and
	// after it was set, may be apart.
	clockSkew = time.Minute
)

var (
	errBadToken     = errors.New("token is not one of ours")
	errExpiredToken = errors.New("token has expired")
)

// tokenID tells tokens apart: the random nonce that each is sealed with.
type tokenID [nonceBytes]byte

// What tokens are for. Each purpose has keys of its own, so that a token never serves
// another one.
const (
	streamPurpose = "lexline stream token, version 1" // opens a stream
	ticketPurpose = "lexline dial ticket, version 1"  // names the line of a call that we placed
)

// claims is what a token vouches for. That of a stream was learnt from a webhook
// with a valid signature; that of a ticket is what we placed a call for, of which
// there is no id yet.
type claims struct {
	callSID    string
	accountSID string
	line       string
	from, to   string
	answeredBy string
	resumed    bool
	outbound   bool
	words      bool           // it stands for words to be said: it opens no stream
	began      time.Time      // when the call's first stream began; zero: with this one
	returned   call.Fruitless // the hand-overs from which the caller is back
	handovers  uint16         // how many targets have been dialled before the stream
	expires    time.Time
}

// sealer makes and opens tokens of one purpose. A token is sealed with AES-256-GCM: like
// an HMAC that proves who made it and that nothing was changed, and it also keeps
// the telephone numbers in it private, as paths end up in the logs of proxies.
// Any instance with the same keys opens it.
type sealer struct {
	keys []cipher.AEAD // the first seals, all open
}

// newSealer derives one key from each secret.
func newSealer(purpose string, secrets ...[]byte) (*sealer, error) {
	s := &sealer{}
	for _, secret := range secrets {
		key, err := hkdf.Key(sha256.New, secret, nil, purpose, 32)
		if err != nil {
			return nil, fmt.Errorf("derive token key: %w", err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("make token cipher: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("make token cipher: %w", err)
		}
		s.keys = append(s.keys, aead)
	}
	return s, nil
}

// seal makes a token that is safe in a URL's path. Texts longer than 255 bytes
// are cut.
func (s *sealer) seal(c claims) string {
	plain := make([]byte, 0, 160)
	plain = append(plain, tokenVersion, 0)
	if c.resumed {
		plain[1] |= resumedFlag
	}
	if c.outbound {
		plain[1] |= outboundFlag
	}
	if c.words {
		plain[1] |= wordsFlag
	}
	plain = binary.BigEndian.AppendUint64(plain, uint64(c.expires.Unix()))
	plain = binary.BigEndian.AppendUint64(plain, milliseconds(c.began))
	plain = binary.BigEndian.AppendUint16(plain, c.handovers)
	texts := []string{c.callSID, c.accountSID, c.line, c.from, c.to, c.answeredBy}
	for _, r := range c.returned {
		texts = append(texts, r.Target, r.Intent)
	}
	for _, text := range texts {
		text = strings.ToValidUTF8(text[:min(len(text), maxField)], "")
		plain = append(append(plain, byte(len(text))), text...)
	}
	return base64.RawURLEncoding.EncodeToString(s.keys[0].Seal(nil, nil, plain, nil))
}

// open returns what a token vouches for and its id. The error is errBadToken or
// errExpiredToken.
func (s *sealer) open(token string, now time.Time) (claims, tokenID, error) {
	plain, id, err := s.unseal(token)
	if err != nil {
		return claims{}, id, err
	}
	c, ok := decodeClaims(plain)
	switch {
	case !ok:
		return claims{}, id, errBadToken
	case now.After(c.expires.Add(clockSkew)):
		return claims{}, id, errExpiredToken
	}
	return c, id, nil
}

// unseal returns what was sealed in a text, and the text's id. The error is
// errBadToken.
func (s *sealer) unseal(text string) (plain []byte, id tokenID, err error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(sealed) < nonceBytes || strings.ContainsAny(text, "\r\n") { // which the decoder skips
		return nil, id, errBadToken
	}
	copy(id[:], sealed)
	for _, key := range s.keys {
		if plain, err := key.Open(nil, nil, sealed, nil); err == nil {
			return plain, id, nil
		}
	}
	return nil, id, errBadToken
}

// milliseconds is a time for a token: since 1970, 0 for the zero time.
func milliseconds(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixMilli())
}

// momentOf is the time that milliseconds made a number of.
func momentOf(milliseconds uint64) time.Time {
	if milliseconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(milliseconds))
}

func decodeClaims(plain []byte) (claims, bool) {
	const head = 2 + 8 + 8 + 2
	if len(plain) < head || plain[0] != tokenVersion {
		return claims{}, false
	}
	c := claims{
		resumed: plain[1]&resumedFlag != 0, outbound: plain[1]&outboundFlag != 0,
		words:   plain[1]&wordsFlag != 0,
		expires: time.Unix(int64(binary.BigEndian.Uint64(plain[2:])), 0),
	}
	c.began = momentOf(binary.BigEndian.Uint64(plain[10:]))
	c.handovers = binary.BigEndian.Uint16(plain[18:])
	texts := []*string{&c.callSID, &c.accountSID, &c.line, &c.from, &c.to, &c.answeredBy}
	for i := range c.returned {
		texts = append(texts, &c.returned[i].Target, &c.returned[i].Intent)
	}
	rest := plain[head:]
	for _, text := range texts {
		if len(rest) == 0 {
			return claims{}, false
		}
		end := 1 + int(rest[0])
		if len(rest) < end {
			return claims{}, false
		}
		*text, rest = string(rest[1:end]), rest[end:]
	}
	return c, len(rest) == 0
}

// spentTokens remembers which tokens have opened a stream, until they expire. It
// is safe for several goroutines.
type spentTokens struct {
	limit int // when so many unexpired ones are remembered, no further one is let in

	mu    sync.Mutex
	until map[tokenID]time.Time
	swept time.Time
}

func newSpentTokens(limit int) *spentTokens {
	return &spentTokens{limit: limit, until: map[tokenID]time.Time{}}
}

// spend reports whether this is the first use of a token. Where that cannot be
// remembered it says no: a caller is reconnected, a token never works twice.
func (s *spentTokens) spend(id tokenID, expires, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.swept) > time.Second || now.Before(s.swept) {
		s.swept = now
		for old, until := range s.until {
			if now.After(until) {
				delete(s.until, old)
			}
		}
	}
	if _, used := s.until[id]; used || len(s.until) >= s.limit {
		return false
	}
	s.until[id] = expires.Add(2 * clockSkew)
	return true
}

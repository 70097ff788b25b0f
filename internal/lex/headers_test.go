package lex

import (
	"bytes"
	"encoding/base64"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestPackIsWhatTheStandInReads(t *testing.T) {
	for _, attributes := range []map[string]string{
		{},
		{"x-lexline-turn": "CA1/7"},
		{"caller_number": strings.Repeat("é\"", 5000)},
	} {
		value, err := pack(attributes)
		if err != nil {
			t.Fatalf("pack(%v) = %v, want nil", attributes, err)
		}
		var back map[string]string
		if err := unpackJSON("x", value, &back); err != nil || len(back) != len(attributes) {
			t.Errorf("pack(%d attributes), unpacked: %d, %v; want the same, nil", len(attributes), len(back), err)
		}
		if got, want := unpacked(t, *value), packedText(unpacked(t, *value)); unpacked(t, want) != got {
			t.Errorf("pack(%v) = %q, not what gzip and base64 give", attributes, got)
		}
	}
}

// bomb unpacks to a JSON string of n letters: one member of a thousand letters
// again and again, as gzip allows.
func bomb(n int) string {
	member := func(text string) []byte {
		raw, _ := base64.StdEncoding.DecodeString(packedText(text))
		return raw
	}
	quote, letters := member(`"`), member(strings.Repeat("a", 1000))
	return base64.StdEncoding.EncodeToString(slices.Concat(quote, bytes.Repeat(letters, n/1000), quote))
}

// What is refused is not unpacked first.
func TestUnpackAllocatesWithinTheLimit(t *testing.T) {
	value := bomb(64 << 20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := unpack("x", &value)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 16*maxInflated || !errors.Is(err, errInflated) {
		t.Errorf("unpacking 64 MiB: %v, %d bytes allocated; want %v, at most %d", err, used, errInflated, 16*maxInflated)
	}
}

func TestUnpackRefusesByName(t *testing.T) {
	gzipped := packed([]string{"word"})
	cut := func(text string) string {
		raw, _ := base64.StdEncoding.DecodeString(text)
		return base64.StdEncoding.EncodeToString(raw[:len(raw)-4])
	}
	tests := []struct {
		name, value, want string
	}{
		{"not base64", "%%%%", "answer header x-amz-lex-messages: illegal base64 data at input byte 0"},
		{"not gzip", base64.StdEncoding.EncodeToString([]byte(`["plain JSON"]`)), "answer header x-amz-lex-messages: gzip: invalid header"},
		{"cut off", cut(gzipped), "answer header x-amz-lex-messages: unexpected EOF"},
		{"not JSON", packedText("[word"), "answer header x-amz-lex-messages: invalid character 'w' looking for beginning of value"},
		{"two values", packedText("[] []"), "answer header x-amz-lex-messages: invalid character '[' after top-level value"},
		{"another type", packedText(`{"a":1}`), "answer header x-amz-lex-messages: json: cannot unmarshal object into Go value of type []string"},
		{"a bomb", bomb(4 << 20), "answer header x-amz-lex-messages: unpacks to more than 1048576 bytes"},
	}
	for _, tt := range tests {
		var messages []string
		err := unpackJSON("x-amz-lex-messages", &tt.value, &messages)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: unpackJSON = %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestUnpackTakesWhatFits(t *testing.T) {
	full := bomb(maxInflated/1000*1000 - 1000)
	var text string
	if err := unpackJSON("x", &full, &text); err != nil || len(text) != maxInflated/1000*1000-1000 {
		t.Errorf("a header just below the limit: %d bytes, %v; want all, nil", len(text), err)
	}
	for _, none := range []*string{nil, new(string)} {
		text = "as it was"
		if err := unpackJSON("x", none, &text); err != nil || text != "as it was" {
			t.Errorf("an absent header: %q, %v; want it untouched", text, err)
		}
	}
	over := bomb(maxInflated + 1000)
	if _, err := unpack("x", &over); !errors.Is(err, errInflated) {
		t.Errorf("a header just above the limit: %v, want %v", err, errInflated)
	}
}

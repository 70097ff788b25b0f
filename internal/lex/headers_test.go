package lex

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
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

// bomb is n bytes of the letter a, packed: about a thousandth of that.
func bomb(n int) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write([]byte(`"`))
	for range n / 1000 {
		w.Write(bytes.Repeat([]byte("a"), 1000))
	}
	w.Write([]byte(`"`))
	w.Close()
	return base64.StdEncoding.EncodeToString(out.Bytes())
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

package dynamolocal

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	digits38 := strings.Repeat("9", 38)
	for _, tt := range []struct{ text, want string }{
		{"0", "0"},
		{"-0.00", "0"},
		{"007", "7"},
		{"1.500", "1.5"},
		{"-1e3", "-1000"},
		{"1E-3", "0.001"},
		{".5", "0.5"},
		{"5.", "5"},
		{"12345e-2", "123.45"},
		{digits38, digits38},
		{"1e125", "1" + strings.Repeat("0", 125)},
		{"1e-130", "0." + strings.Repeat("0", 129) + "1"},
		{digits38 + "00", digits38 + "00"},

		{"", "cannot be converted"},
		{".", "cannot be converted"},
		{"e5", "cannot be converted"},
		{"1e", "cannot be converted"},
		{"1ee5", "cannot be converted"},
		{"0e+", "cannot be converted"},
		{"1e5-", "cannot be converted"},
		{"--1", "cannot be converted"},
		{"0x10", "cannot be converted"},
		{"NaN", "cannot be converted"},
		{"1.2.3", "cannot be converted"},
		{"1 ", "cannot be converted"},
		{"1e126", "overflow"},
		{"1e99999999999999999999", "overflow"},
		{"1e-131", "underflow"},
		{digits38 + "9", "more than 38 significant digits"},
	} {
		n, err := parseNumber(tt.text)
		switch {
		case err != nil && !strings.Contains(err.message, tt.want):
			t.Errorf("%q: %v; want %s", tt.text, err, tt.want)
		case err == nil && n.String() != tt.want:
			t.Errorf("%q is %s; want %s", tt.text, n, tt.want)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "-1.5e3", "1e125", "00.100", "1e-130", "+3", ".", "9e999999999999", "0e+"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseNumber(text)
		if err != nil {
			return
		}
		again, err := parseNumber(n.String())
		if err != nil || again.String() != n.String() || again.compare(n) != 0 {
			t.Fatalf("%q is %s, and that is %v, %v", text, n, again, err)
		}
		want, ok := new(big.Rat).SetString(text)
		got, _ := new(big.Rat).SetString(n.String())
		if !ok || want.Cmp(got) != 0 {
			t.Errorf("%q is %s; want %v", text, n, want)
		}
	})
}

// nested returns a list in a list, so many deep.
func nested(depth int) string {
	return strings.Repeat(`{"L":[`, depth) + `{"S":"x"}` + strings.Repeat(`]}`, depth)
}

func TestLimitsOfItems(t *testing.T) {
	l := serve(t, Config{})
	long := strings.Repeat("x", maxItem)
	for _, tt := range []struct{ name, attributes, want string }{
		{"nested 32 deep", `"a":` + nested(32), ""},
		{"nested 33 deep", `"a":` + nested(33), "ValidationException"},
		{"nested 3000 deep", `"a":` + nested(3000), "ValidationException"},
		{"just small enough", fmt.Sprintf(`"a":{"S":%q}`, long[:maxItem-len("connectRegion")-len("home")-len("a")]), ""},
		{"a byte too long", fmt.Sprintf(`"a":{"S":%q}`, long[:maxItem-len("connectRegion")-len("home")-len("a")+1]), "ValidationException"},
		{"no type", `"a":{}`, "ValidationException"},
		{"two types", `"a":{"S":"x","N":"1"}`, "ValidationException"},
		{"unknown type", `"a":{"X":"x"}`, "ValidationException"},
		{"a number that is no text", `"a":{"N":1}`, "SerializationException"},
		{"no value", `"a":null`, "SerializationException"},
		{"binary that is no base64", `"a":{"B":"?"}`, "SerializationException"},
		{"null that is false", `"a":{"NULL":false}`, "ValidationException"},
		{"an empty set", `"a":{"SS":[]}`, "ValidationException"},
		{"a member twice", `"a":{"NS":["1","1.0"]}`, "ValidationException"},
	} {
		came := l.call("PutItem", `{"TableName":"lexDR","Item":{"connectRegion":{"S":"home"},`+tt.attributes+`}}`)
		if came.errorType != tt.want {
			t.Errorf("%s: %s %.80q; want %q", tt.name, came.errorType, came.message, tt.want)
		}
	}
}

func FuzzItem(f *testing.F) {
	for _, seed := range []string{anItem, `{"a":{"L":[{"M":{}}]}}`, `{"a":{"N":"1e5"}}`, `{"a":{"SS":["x","x"]}}`, `{"a":` + nested(40) + `}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var raw map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &raw) != nil {
			return
		}
		it, err := decodeItem(raw)
		if err != nil {
			return
		}
		written, _ := json.Marshal(it)
		raw = nil
		if err := json.Unmarshal(written, &raw); err != nil {
			t.Fatalf("%q becomes %q: %v", text, written, err)
		}
		again, err := decodeItem(raw)
		if err != nil || !(value{kind: kindM, m: it}).equal(value{kind: kindM, m: again}) || itemSize(it) != itemSize(again) {
			t.Errorf("%q becomes %q, and that is another item: %v", text, written, err)
		}
	})
}

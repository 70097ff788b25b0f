package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

const demo = `lexline demo, act one
  0.4 s  Ann   calls   +15550100

Act two: a region dies.

 35.0 s  Cleo  calls   +15550100
 41.3 s  Cleo  says    "roses & <lilies>"
 49.8 s        REGION  us-east-1 is stopped
 65.3 s  Cleo  bot     Fulfilled

  Ann     5      Speech  as placed: tulips
  Ben     5      Speech  as placed: lilies
  Cleo    5      Speech  as placed: roses

Listen (left the caller):
  Ann   /home/somebody/demo-calls/CA1.wav
`

func TestPicture(t *testing.T) {
	var picture strings.Builder
	if err := run(strings.NewReader(demo), &picture); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(picture.String()))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v\n%s", err, &picture)
		}
		if data, ok := token.(xml.CharData); ok {
			text.WriteString(strings.ReplaceAll(string(data), "\u00a0", " "))
		}
	}
	for _, want := range []string{"Act two: a region dies.", ` 41.3 s  Cleo  says    "roses & <lilies>"`, "as placed: roses"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in the picture:\n%s", want, &text)
		}
	}
	for _, not := range []string{"act one", "Ann   calls", "Listen", "/home/"} {
		if strings.Contains(text.String(), not) {
			t.Errorf("%q is in the picture", not)
		}
	}
	if want := "<tspan fill=\"#ff7b72\">REGION\u00a0\u00a0us-east-1\u00a0is\u00a0stopped</tspan>"; !strings.Contains(picture.String(), want) {
		t.Errorf("no %s in\n%s", want, &picture)
	}
}

func TestRunsThatAreNotShown(t *testing.T) {
	for name, tt := range map[string]struct{ input, want string }{
		"something else":   {"make: nothing to be done\n", "not what lexline demo prints"},
		"no region lost":   {strings.Replace(demo, "REGION ", "gateway", 1), "no region was lost"},
		"an order is lost": {strings.Replace(demo, "as placed: lilies", "none", 1), "2 of 3 orders"},
	} {
		if err := run(strings.NewReader(tt.input), io.Discard); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v; want %q", name, err, tt.want)
		}
	}
}

package spelling

import (
	"slices"
	"testing"
)

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"region", "region", 0},
		{"voise", "voice", 1},
		{"Joana", "Joanna", 1},
		{"kitten", "sitting", 3},
	}
	for _, tt := range tests {
		for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			if got := Distance(pair[0], pair[1]); got != tt.want {
				t.Errorf("Distance(%q, %q) = %d; want %d", pair[0], pair[1], got, tt.want)
			}
		}
	}
}

func TestSlip(t *testing.T) {
	words := []string{"Joey", "Joanna", "Amy"}
	tests := []struct {
		written, slip string
	}{
		{"Joana", "Joanna"},
		{"Joanna", ""}, // no slip: it is right
		{"Amyx", ""},   // a third of so short a word
		{"Gwyneth", ""},
	}
	for _, tt := range tests {
		got, ok := Slip(tt.written, slices.Values(words))
		if ok != (tt.slip != "") || ok && got != tt.slip {
			t.Errorf("Slip(%q) = %q, %v; want %q", tt.written, got, ok, tt.slip)
		}
	}
	if word, distance := Nearest("x", slices.Values([]string(nil))); word != "" || distance != -1 {
		t.Errorf("Nearest of no words = %q, %d; want nothing, -1", word, distance)
	}
	if word, _ := Nearest("b", slices.Values([]string{"c", "a"})); word != "a" {
		t.Errorf("Nearest = %q; want the first in the alphabet", word)
	}
}

package record

import (
	"strings"
	"time"
)

// split divides what a bot said where it stopped being heard: told of length. The
// words are taken to be spoken evenly, and a word of which a part was heard belongs to
// what was not.
func split(said string, told, length time.Duration) (heard, unheard string) {
	switch {
	case told >= length, said == "":
		return said, ""
	case told <= 0:
		return "", said
	}
	at := int(int64(len(said)) * int64(told) / int64(length))
	if at = strings.LastIndexByte(said[:at+1], ' '); at < 0 {
		return "", said
	}
	return said[:at], strings.TrimLeft(said[at:], " ")
}

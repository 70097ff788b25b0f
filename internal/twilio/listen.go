package twilio

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// streamName names the one-way stream of a call, so that it can be stopped.
	streamName = "lexline"
	// listenTime is how long Twilio waits before it asks again whether anybody
	// listens to the call.
	listenTime = 10 * time.Second
)

// gathering is how Twilio gathers keys for us.
type gathering struct {
	timeout time.Duration
	end     byte
}

// withDefaults also rounds the time up to what Twilio takes, whole seconds.
func (g gathering) withDefaults() gathering {
	if g.timeout == 0 {
		g.timeout = 3 * time.Second
	}
	if g.end == 0 {
		g.end = '#'
	}
	g.timeout = max(time.Second, (g.timeout + time.Second - 1).Truncate(time.Second))
	return g
}

// stopStream stops the one-way stream that a call may still have before it gets another
// one: nobody is heard twice.
func stopStream(d *document) {
	d.open("Stop")
	d.element("Stream", "", "name", streamName)
	d.close("Stop")
}

// startStream writes the verbs that have Twilio send both sides of the call, and wait.
func (l links) startStream(d *document, line *preparedLine, token string) {
	d.open("Start")
	d.open("Stream", "name", streamName, "url", l.stream+token, "track", "both_tracks")
	d.element("Parameter", "", "name", "line", "value", line.Name)
	d.close("Stream")
	d.close("Start")
	l.listen(d, line, "")
}

// listen writes the verbs that say words, if there are any, and wait for the caller.
// A key stops the words and is gathered with those that follow it. Then, or after a
// while, Twilio asks what to do; the time is no limit of the call's.
func (l links) listen(d *document, line *preparedLine, words string) {
	seconds := func(t time.Duration) string { return strconv.Itoa(int(t / time.Second)) }
	end := string(rune(l.keys.end))
	if !strings.Contains("0123456789*#", end) {
		end = "" // Twilio knows no such key: all end by time
	}
	d.open("Gather", "input", "dtmf", "action", l.updateFor(""), "method", "POST",
		"timeout", seconds(l.keys.timeout), "finishOnKey", end)
	for _, part := range sayable(words) {
		d.say(line, part)
	}
	d.element("Pause", "", "length", seconds(listenTime))
	d.close("Gather")
	d.element("Redirect", l.updateFor(""), "method", "POST")
}

// listening is a document that says words, if there are any, and waits.
func (l links) listening(line *preparedLine, words string) []byte {
	d := newDocument()
	l.listen(d, line, words)
	return d.bytes()
}

// sayable cuts words into parts that Twilio says, at spaces where it can.
func sayable(words string) (parts []string) {
	words = strings.TrimSpace(words)
	for utf8.RuneCountInString(words) > maxSay {
		end := 0
		for range maxSay {
			_, size := utf8.DecodeRuneInString(words[end:])
			end += size
		}
		if space := strings.LastIndexByte(words[:end], ' '); space > 0 {
			end = space
		}
		parts = append(parts, strings.TrimSpace(words[:end]))
		words = strings.TrimSpace(words[end:])
	}
	if words != "" {
		parts = append(parts, words)
	}
	return parts
}

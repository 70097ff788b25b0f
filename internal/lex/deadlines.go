package lex

import (
	"fmt"
	"time"
)

// Deadlines are the time limits of everything a Client waits for. A zero field
// means its default.
type Deadlines struct {
	Dial      time.Duration // to look a name up and connect, and again where the name cannot be looked up: 500 ms
	TLS       time.Duration // for the TLS handshake: 700 ms
	FirstByte time.Duration // from the end of the utterance, or of the sending of a later attempt, to its answer: 3 s
	Stall     time.Duration // without voice, or its lag behind real time: 1 s
	Turn      time.Duration // from the end of the utterance to the answer, all attempts: 6 s
	Utterance time.Duration // for one utterance; Lex takes 15 s of speech: 20 s
	Lookup    time.Duration // to find the bot's and the alias's ids by name: 5 s
	Inquiry   time.Duration // to find out whether a turn was executed, and to have words spoken elsewhere: 1.5 s each
}

func (d Deadlines) withDefaults() Deadlines {
	for _, f := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&d.Dial, 500 * time.Millisecond},
		{&d.TLS, 700 * time.Millisecond},
		{&d.FirstByte, 3 * time.Second},
		{&d.Stall, time.Second},
		{&d.Turn, 6 * time.Second},
		{&d.Utterance, 20 * time.Second},
		{&d.Lookup, 5 * time.Second},
		{&d.Inquiry, 1500 * time.Millisecond},
	} {
		if *f.value <= 0 {
			*f.value = f.standard
		}
	}
	return d
}

// overdueError says that one of our own deadlines passed.
type overdueError struct {
	waiting string
	limit   time.Duration
}

func (e *overdueError) Error() string { return fmt.Sprintf("%s within %v", e.waiting, e.limit) }
func (*overdueError) Timeout() bool   { return true }

package twilio

import (
	"context"
	"fmt"

	"lexline/internal/audio"
	"lexline/internal/call"
)

const (
	farKept    = 10 * call.FrameBytes // of what the caller hears, ahead of what they say: 200 ms
	soundLevel = -50                  // dBov of a frame that is heard as sound
)

// wordsLeg is a one-way stream as a call.Leg: the stream brings both sides of the
// call, and Twilio says the words that it is given by updates of the call. See
// call.Info.Words.
//
// Keys do not come on such a stream. Twilio gathers them, and an updater brings them.
type wordsLeg struct {
	*leg
	updater *updater
	keyEnd  byte

	// owned by the goroutine of the call
	far    frameQueue // what the caller hears
	said   saying
	orders int  // given to the updater so far
	keyed  bool // a key has stopped what Twilio was saying
	due    []call.Event
}

// newWordsLeg makes a leg of a stream that was started. Close, or stop, ends it.
func newWordsLeg(l *leg, u *updater, keyEnd byte) *wordsLeg {
	w := &wordsLeg{leg: l, updater: u, keyEnd: keyEnd}
	l.far = &w.far
	u.start()
	return w
}

// Next waits for the next event; see call.Leg.
func (w *wordsLeg) Next(ctx context.Context) (call.Event, error) {
	for {
		if err := w.takeReports(); err != nil {
			return call.Event{}, w.fail(err)
		}
		if len(w.due) > 0 {
			event := w.due[0]
			w.due = w.due[1:]
			return event, nil
		}
		event, err := w.leg.Next(ctx)
		switch {
		case err != nil || event.Kind == call.HungUp || event.Kind == call.Wake:
			return event, err
		case event.Kind == call.Frame:
			event.Far = w.far.pop()
			if w.said.frame(event.Far != nil && audio.LevelMuLaw(event.Far) > soundLevel) {
				w.heard()
			}
			return event, nil
		}
		// A one-way stream has neither keys nor marks.
	}
}

// takeReports takes what the updater has to tell.
func (w *wordsLeg) takeReports() error {
	for {
		select {
		case r := <-w.updater.reports:
			switch {
			case r.err != nil:
				return fmt.Errorf("have words said: %w", r.err)
			case r.keys != "":
				w.press(r.keys, r.ended)
			case r.order == w.orders:
				w.said.told = true
			}
		default:
			return nil
		}
	}
}

// press passes on keys that Twilio has gathered, with the key that ended them if one did.
// Otherwise Twilio has waited for more, and nobody need do so again.
func (w *wordsLeg) press(keys string, ended bool) {
	w.keyed = true
	for _, key := range []byte(keys) {
		w.due = append(w.due, call.Event{Kind: call.Digit, Digit: key})
	}
	last := call.Event{Kind: call.KeysDone}
	if ended {
		last = call.Event{Kind: call.Digit, Digit: w.keyEnd}
	}
	w.due = append(w.due, last)
}

// heard returns the mark of what is being said, if one is awaited.
func (w *wordsLeg) heard() {
	if w.said.mark != 0 {
		w.due = append(w.due, call.Event{Kind: call.MarkReturned, Mark: w.said.mark})
	}
	w.said = saying{}
}

// Send passes one output on; see call.Leg. It never waits: the updater tells Twilio.
func (w *wordsLeg) Send(out call.Output) error {
	switch {
	case w.err != nil:
		return w.err
	case w.stopped:
		return nil
	}
	switch out.Kind {
	case call.Say:
		w.heard()
		w.said, w.keyed = newSaying(out.Words), false
		w.tell(out.Words)
	case call.Mark:
		w.said.mark = out.Mark
	case call.Clear:
		w.heard()
		if !w.keyed { // a key has done it
			w.tell("")
		}
	default:
		return fmt.Errorf("send output of kind %d: a carrier that speaks has no such kind", out.Kind)
	}
	return nil
}

func (w *wordsLeg) tell(words string) {
	w.orders++
	w.updater.tell(order{w.orders, words})
}

// Close ends the stream in the regular way; see call.Leg.
func (w *wordsLeg) Close(end call.Termination) error {
	w.updater.stop()
	return w.leg.Close(end)
}

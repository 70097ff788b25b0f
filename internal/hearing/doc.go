// Package hearing hears recordings of calls again, with the ears of the gateway,
// and says what was found: the turns of the caller, why each one ended, the tones,
// and what would have been otherwise with other settings. A Recording gives frames,
// a Listener hears them, Compare sets two Listeners' turns against each other, and
// a Trace keeps what a picture needs.
//
// It decides nothing about speech: that is package vad, the same code that hears
// live calls, so that a recording is heard as the call was.
package hearing

// Package audio holds the sound of a telephone call: G.711 coding, WAV files,
// change of sample rate, tones and levels. It knows nothing of calls, bots or
// carriers.
//
// Telephone audio in this project is 8,000 samples a second, one channel, in
// frames of 20 ms. On the wire it is G.711 mu-law, one byte a sample; for
// computing it is linear, a signed 16-bit number a sample ("pcm" in names). The
// functions that work on each frame append to a slice of the caller and do not
// allocate when that slice has room.
package audio

import "time"

// The shape of telephone audio.
const (
	SampleRate    = 8000                  // samples a second
	FrameSamples  = 160                   // samples, and mu-law bytes, of one frame
	FrameDuration = 20 * time.Millisecond // what one frame lasts
)

// Package recording keeps the sound of calls in WAV files: the caller on the left, as
// they were received, and on the right what they were played meanwhile, both 8 kHz
// mu-law on one clock. It never holds up a call: each recording has a goroutine of its
// own that writes, and what it cannot follow with is silence in the file.
//
// A file can be read while it grows and after a crash: its header is kept no more than
// a few seconds behind its audio. Who may be recorded is not decided here.
package recording

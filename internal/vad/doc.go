// Package vad hears when a caller talks, in telephone audio: mono, 8 kHz, frames of
// 20 ms. A Detector judges single frames: a FrontEnd takes the bot's own echo out and
// makes features, a Network judges them, and a ToneGuard keeps machines from being
// taken for people. An Endpointer turns judgements into turns, speech started and
// speech ended, and BargeIn says what evidence of a caller interrupts the bot. An Ear
// has all of it for one call. Everything here is pure: time is the count of frames,
// nothing blocks, nothing allocates per frame.
//
// What a turn means to a call (a question to the bot, an interruption of a
// prompt) is decided in package call.
package vad

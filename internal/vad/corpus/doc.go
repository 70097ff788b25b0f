// Package corpus makes the telephone audio that hearing is trained and measured
// on: talkers of many voices, labelled frame by frame on their clean speech,
// mixed with noises, tones, music, echo and line faults into files of a minute.
//
// Everything comes from a seed. A Spec is the small recipe of one file, a plan is
// a list of recipes, and a Mixer turns a recipe into samples and labels, the same
// ones every time. All audio is mono at 8 kHz; a frame is 160 samples, 20 ms.
// Levels are in dBov as in package audio.
package corpus

// Package hearplot draws what was heard in a recording: the waveforms, level, noise
// floor and echo, the probability of speech, and the turns that came of it, all over
// one axis of time. A picture is laid out once, as a list of shapes, and written as
// SVG or as PNG, both by code of this package.
//
// It draws what package hearing tells and judges nothing.
package hearplot

//go:build race

package wholestack

// raceDetector says that the race detector is on: everything takes ten times as long.
const raceDetector = true

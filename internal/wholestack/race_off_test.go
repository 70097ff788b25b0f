//go:build !race

package wholestack

// raceDetector says that the race detector is off.
const raceDetector = false

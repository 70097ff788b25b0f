//go:build race

package attack

// raceEnabled has the program under attack built with the race detector, too.
const raceEnabled = true

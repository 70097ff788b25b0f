//go:build !race

package region

// underRace says that the race detector runs, which slows tests tenfold.
const underRace = false

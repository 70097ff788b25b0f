package main

import (
	"slices"
	"time"
)

// The bar of lexline's ratio to the amplitude program.
const (
	must    = 20
	stretch = 12
)

const frameTime = 20_000 // microseconds of a call

// row is what came of one program.
type row struct {
	Program      string  `json:"program"`
	Microseconds float64 `json:"us_per_frame"` // median of the rounds
	Ratio        float64 `json:"ratio"`        // to the first program in the same round, median
	Least        float64 `json:"ratio_least"`
	Most         float64 `json:"ratio_most"`
	CallsPerCore float64 `json:"calls_per_core"`   // that a core at 100 % hears
	Barred       bool    `json:"barred,omitempty"` // the bar is for it
	Missed       bool    `json:"missed,omitempty"` // the bar
}

// compare returns a row for each program, from their CPU times by round.
func compare(programs []program, times [][]time.Duration, frames int) []row {
	var rows []row
	for i, p := range programs {
		var ratios, each []float64
		for round, took := range times[i] {
			each = append(each, float64(took.Nanoseconds())/1000/float64(frames))
			ratios = append(ratios, float64(took)/float64(times[0][round]))
		}
		r := row{Program: p.name, Microseconds: median(each), Ratio: median(ratios), Least: slices.Min(ratios), Most: slices.Max(ratios)}
		r.CallsPerCore = frameTime / r.Microseconds
		r.Barred, r.Missed = p.bar, p.bar && r.Ratio > must
		rows = append(rows, r)
	}
	return rows
}

func missed(rows []row) bool {
	return slices.ContainsFunc(rows, func(r row) bool { return r.Missed })
}

// median is the middle one, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

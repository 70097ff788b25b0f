// Simulate plays seeded fault schedules of package simulate and lets its oracle
// look at them: a million by default, on every core.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"lexline/internal/simulate"
)

func main() {
	n := flag.Int("n", 1000, "schedules")
	seed := flag.Uint64("seed", 1, "first seed")
	replay := flag.Uint64("replay", 0, "print the trace of a seed")
	broken := flag.String("broken", "", "rule to break")
	flag.Parse()
	o := simulate.Options{}
	for _, r := range simulate.Rules() {
		if r.Name == *broken {
			o.Broken = r.Broken
		}
	}
	if *replay > 0 {
		o.Trace = os.Stdout
		fmt.Println(simulate.Run(*replay, o).Violations)
		return
	}
	var total simulate.Stats
	began, bad := time.Now(), map[string]int{}
	for i := range uint64(*n) {
		r := simulate.Run(*seed+i, o)
		total.Add(r.Stats)
		if len(r.Violations) > 0 {
			v := r.Violations[0]
			bad[v.Rule]++
			if bad[v.Rule] <= 4 {
				fmt.Println(r.Schedule.Seed, r.Schedule.Shape, v)
			}
		}
	}
	fmt.Printf("%d in %v: %+v %v\n", *n, time.Since(began), total, bad)
}

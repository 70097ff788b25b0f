package hearplot

import (
	"fmt"
	"time"
)

// mostTicks is how many marks the axis of time has at most.
const mostTicks = 14

// timeAxis draws the time under all lanes, and a line up through them at each mark.
func (d *drawing) timeAxis() {
	bottom := d.end() + 8
	step := tickStep(d.trace.To - d.trace.From)
	for at := (d.trace.From + step - 1).Truncate(step); at <= d.trace.To; at += step {
		x := d.x(at)
		d.line(grid, 1, point{x, lanesTop - 8}, point{x, bottom})
		d.write(muted, small, x, bottom+15, middle, tickLabel(at, step))
	}
}

// tickStep is the time between two marks: a round one.
func tickStep(whole time.Duration) time.Duration {
	for unit := 10 * time.Millisecond; unit < time.Second; unit *= 10 {
		for _, step := range []time.Duration{unit, 2 * unit, 5 * unit} {
			if whole/step < mostTicks {
				return step
			}
		}
	}
	for _, seconds := range []int{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600} {
		if step := time.Duration(seconds) * time.Second; whole/step < mostTicks {
			return step
		}
	}
	return (whole/mostTicks + time.Hour).Truncate(time.Hour)
}

// tickLabel words a time, as finely as the marks are.
func tickLabel(at, step time.Duration) string {
	switch {
	case at >= time.Hour:
		return fmt.Sprintf("%d:%02d:%02d", at/time.Hour, at/time.Minute%60, at/time.Second%60)
	case at >= time.Minute && step >= time.Second:
		return fmt.Sprintf("%d:%02d", at/time.Minute, at/time.Second%60)
	case step >= time.Second:
		return fmt.Sprintf("%d s", at/time.Second)
	case step >= 100*time.Millisecond:
		return fmt.Sprintf("%.1f s", at.Seconds())
	}
	return fmt.Sprintf("%.2f s", at.Seconds())
}

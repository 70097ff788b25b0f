package score

import "math"

// The bot is audible from a level on, and a little longer than it speaks: its
// words have pauses, and its echo comes back late.
const (
	audibleLevel = -50.0 // dBov
	audibleHold  = 10    // frames
)

// Audible returns the frames in which somebody who hears the far end (linear
// samples, 8 kHz) hears the bot speak: frames louder than -50 dBov, and the 200 ms
// after each. It is nil for a far end that is nil.
func Audible(far []int16) []bool {
	if far == nil {
		return nil
	}
	const samples = 160
	frames := make([]bool, len(far)/samples)
	hold := 0
	for k := range frames {
		var sum float64
		for _, x := range far[k*samples : (k+1)*samples] {
			sum += float64(x) * float64(x)
		}
		if 10*math.Log10(sum/samples/(32768*32768)) > audibleLevel {
			hold = audibleHold + 1
		}
		frames[k] = hold > 0
		hold--
	}
	return frames
}

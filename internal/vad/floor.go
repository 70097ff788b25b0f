package vad

// The noise floor of each band is the least power of the latest 1.6 to 1.8 s, as
// speech leaves every band free that often (R. Martin, Noise power spectral density
// estimation based on optimal smoothing and minimum statistics, IEEE Transactions on
// Speech and Audio Processing 9, 2001).
const (
	floorFrames  = 10     // of one part of the window
	floorParts   = 8      // of which the window has so many, and the one under way
	floorSmooth  = 0.3    // weight of a new frame
	quietestMean = 6.3e-8 // power at quietestBand: no floor is below it
)

// noiseFloor follows the noise under one side of a call. The zero value is ready.
type noiseFloor struct {
	smooth [bands]float32             // power, smoothed
	least  [bands]float32             // of the part under way
	parts  [floorParts][bands]float32 // ring
	past   [bands]float32             // least of all parts
	power  [bands]float32             // the floor ...
	level  [bands]float32             // ... and the same in dBov
	frames int
}

// add takes the power of the bands in the next frame.
func (f *noiseFloor) add(power *[bands]float32) {
	if f.frames == 0 {
		f.smooth, f.least, f.past = *power, *power, *power
		for i := range f.parts {
			f.parts[i] = *power
		}
	}
	for b, p := range power {
		f.smooth[b] += floorSmooth * (p - f.smooth[b])
		f.least[b] = min(f.least[b], f.smooth[b])
		if floor := max(min(f.past[b], f.least[b]), quietestMean); floor != f.power[b] {
			f.power[b], f.level[b] = floor, decibels(floor)
		}
	}
	f.frames++
	if f.frames%floorFrames == 0 {
		f.turn()
	}
}

// turn closes a part of the window.
func (f *noiseFloor) turn() {
	f.parts[f.frames/floorFrames%floorParts] = f.least
	f.past = f.parts[0]
	for _, part := range f.parts[1:] {
		for b, p := range part {
			f.past[b] = min(f.past[b], p)
		}
	}
	f.least = f.smooth
}

package vad

import "math"

// Features is the number of features that a FrontEnd makes of a frame.
const Features = 2*bands + 20

// FrontEnd turns the frames of one call into what a network judges them by. All
// features are of the order of one. It looks back 32 ms for the spectrum, 1.6 s
// for the noise floor and some seconds for levels; never ahead. The zero value is
// not usable; call NewFrontEnd.
type FrontEnd struct {
	side  side
	near  [bands]float32 // power of the bands in this frame, without the bot's echo
	heard [bands]float32 // and with it
	floor noiseFloor
	echo  *echo

	peak   float32                           // dBov: recent level of whoever talks
	mean   float32                           // dBov: of the level, over half a second
	spread float32                           // dB squared: of the level about it
	last   [bands]float32                    // dBov: the bands of the frame before
	lag    float32                           // of the strongest periodicity before, log2 samples
	shapes [changeFrames][changeBins]float32 // amplitudes of the latest frames, a ring
	norms  [changeFrames]float32
	steady float32 // how alike spectra 80 ms apart were, over half a second
	frames int

	// Of the latest frame.
	tonality  float32 // share of its power in two lines
	strongest int     // bin of the stronger
	level     float32 // dBov, the bot's echo included
	noise     float32 // dBov
}

const (
	changeFrames = 4    // the distance at which spectra are compared: 80 ms
	changeBins   = 64   // bins compared, from 188 Hz to 2.2 kHz
	shortestLag  = 10   // of the harmonic transform, in steps of two samples: 400 Hz
	peakFall     = 0.03 // dB a frame: 1.5 dB/s
	firstPeak    = -45  // dBov
	slow         = 0.04 // by which means over half a second follow
)

// NewFrontEnd returns a front end that has heard nothing.
func NewFrontEnd() *FrontEnd {
	return &FrontEnd{echo: newEcho(), peak: firstPeak, mean: quietestBand}
}

// Frame takes the next frame, and what the caller was played meanwhile, nil for
// nothing, and writes the frame's features.
func (f *FrontEnd) Frame(near, far *[FrameSamples]int16, features *[Features]float32) {
	var power [halfWindow]float32
	f.side.spectrum(&power, near)
	sumBands(&f.heard, &power)
	f.near = f.heard
	f.level = decibels(sum(&f.heard))
	f.echo.add(far)
	f.echo.suppress(&f.near, &power, &f.floor)
	f.floor.add(&f.near)
	f.byBand(features)
	f.bySpectrum(features, &power)
	f.frames++
}

// byBand writes what is known from the levels of the bands.
func (f *FrontEnd) byBand(features *[Features]float32) {
	var levels [bands]float32
	var total, noise, sum, rise, change, above, most float32
	for b, power := range f.near {
		total += power
		noise += f.floor.power[b]
		level := max(decibels(power), quietestBand)
		snr := level - f.floor.level[b]
		levels[b] = level
		sum += level
		features[b] = snr * 0.1
		most = max(most, snr)
		above += min(max(snr-6, 0), 12)
		difference := level - f.last[b]
		change += max(difference, -difference)
		rise += max(difference, 0)
	}
	f.last = levels
	mean := sum / bands
	for b, level := range levels {
		features[bands+b] = (level - mean) * 0.1
	}
	level := max(decibels(total), quietestBand)
	f.noise = decibels(noise)
	f.peak = max(f.peak-peakFall, firstPeak)
	if level-f.noise > 9 {
		f.peak = max(f.peak, level)
	}
	deviation := level - f.mean
	f.mean += slow * deviation
	f.spread += slow * (deviation*deviation - f.spread)

	rest := features[2*bands:]
	rest[0] = (level - f.peak) * 0.05
	rest[1] = (level + 40) * 0.05
	rest[2] = (f.noise + 50) * 0.05
	rest[3] = most * 0.1
	rest[4] = above * (0.1 / bands)
	rest[5] = rise * (0.2 / bands)
	rest[6] = change * (0.2 / bands)
	rest[7] = (mean - level + 12) * 0.1 // how flat the spectrum is
	rest[8] = deviation * 0.1
	rest[9] = float32(math.Sqrt(float64(f.spread))) * 0.1
	rest[10] = (f.echo.share(&f.heard) + 20) * 0.1
}

// bySpectrum writes what is known from the fine structure of the spectrum.
func (f *FrontEnd) bySpectrum(features *[Features]float32, power *[halfWindow]float32) {
	var amplitude [halfWindow]float32
	total, strongest := float32(0), firstBin
	for bin := 2; bin < endBin; bin++ {
		p := power[bin]
		total += p
		if p > power[strongest] {
			strongest = bin
		}
	}
	for bin := 2; bin < firstBin+changeBins; bin++ {
		amplitude[bin] = float32(math.Sqrt(float64(power[bin])))
	}
	f.tonality, f.strongest = lineShare(power, strongest, total), strongest
	harmonicity, lag := periodicity(&amplitude)
	moved := lag - f.lag
	f.lag = lag
	alike := f.compare(&amplitude)
	f.steady += slow * (alike - f.steady)

	rest := features[2*bands:]
	rest[11] = f.tonality
	rest[12] = harmonicity
	rest[13] = min(max(moved, -moved), 1)
	rest[14] = alike
	rest[15] = f.steady
	rest[16] = f.echo.now
	rest[17] = f.echo.recent
	rest[18] = f.echo.sure
	rest[19] = f.echo.excess(&f.heard, &f.floor) * 0.1
}

// lineShare is the share of the frame's power in its two strongest lines, each of
// three bins: almost all of it in a telephone's tones.
func lineShare(power *[halfWindow]float32, strongest int, total float32) float32 {
	second, most := 0, float32(0)
	for bin := 3; bin < endBin-1; bin++ {
		if power[bin] > most && (bin < strongest-3 || bin > strongest+3) {
			second, most = bin, power[bin]
		}
	}
	lines := power[strongest-1] + power[strongest] + power[strongest+1]
	if second > 0 {
		lines += power[second-1] + power[second] + power[second+1]
	}
	return lines / (total + 1e-10)
}

// periodicity tells how harmonic a spectrum is below 2 kHz, 0 to 1, and the lag of
// its period, as the binary logarithm of steps of two samples. The spectrum is
// divided by its own envelope first, so that a formant or the slope of a noise is
// not taken for a harmonic; its cosine transform then peaks at the period.
func periodicity(amplitude *[halfWindow]float32) (harmonicity, lag float32) {
	const reach = 5 // bins on each side: the envelope
	var z, scratch [halfWindow / 2]complex64
	var flat [halfWindow / 2]float32
	sum, size := float32(0), float32(0)
	for bin := range 2 + reach {
		sum += amplitude[bin]
	}
	for bin := 2; bin < len(flat); bin++ {
		sum += amplitude[bin+reach]
		if bin > 2+reach {
			sum -= amplitude[bin-reach-1]
		}
		line := amplitude[bin]*(2*reach+1)/(sum+1e-9) - 1
		flat[bin] = line
		size += max(line, -line)
	}
	for i := range len(flat) / 2 {
		z[i] = complex(flat[2*i], flat[2*i+1])
	}
	var lags [halfWindow / 2]float32
	harmonicFFT.cosines(lags[:], harmonicFFT.transform(z[:], scratch[:]))
	best := shortestLag
	for m := shortestLag; m < len(lags); m++ {
		if lags[m] > lags[best] {
			best = m
		}
	}
	return max(lags[best], 0) / (size + 1e-3), log2(float32(best))
}

// compare tells how alike the frame's spectrum is to that of 80 ms ago, 0 to 1:
// a tone or a chord stays the same, a talker does not.
func (f *FrontEnd) compare(amplitude *[halfWindow]float32) float32 {
	now := amplitude[firstBin : firstBin+changeBins]
	slot := f.frames % changeFrames
	before := f.shapes[slot][:len(now)]
	var dot, norm float32
	for i, a := range now {
		dot += a * before[i]
		norm += a * a
	}
	alike := dot / float32(math.Sqrt(float64(norm*f.norms[slot]))+1e-9)
	copy(before, now)
	f.norms[slot] = norm
	return alike
}

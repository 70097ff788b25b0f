package vad

import "math"

const (
	bands    = 16
	lowest   = 180.0  // Hz: of the lowest band
	highest  = 3700.0 // Hz: of the highest band
	binWidth = 8000.0 / windowSize
	firstBin = 6   // the first bin of a band: 188 Hz
	endBin   = 119 // one past the last: 3,688 Hz
)

// quietestBand is the level of a band, in dBov, below which nothing is told apart: one
// step of mu-law at its finest is about as loud, so whatever a line does below it
// is no sound that anybody made.
const quietestBand = -72

// bandMap says into which two bands a bin counts, and with which share. The bands
// are triangles, equally wide in mel (O'Shaughnessy, Speech Communication, 1987).
type bandMap struct {
	band  [halfWindow]uint8   // the lower of the two, counted from 1: 0 and bands+1 are beyond the ends
	share [halfWindow]float32 // into the lower one
}

var (
	melBands = newBandMap()
	hann     = newHann()
)

func mel(hertz float64) float64 { return 2595 * math.Log10(1+hertz/700) }

func newBandMap() *bandMap {
	m := new(bandMap)
	step := (mel(highest) - mel(lowest)) / (bands + 1)
	for bin := firstBin; bin < endBin; bin++ {
		at := (mel(float64(bin)*binWidth) - mel(lowest)) / step
		band := math.Floor(at)
		m.band[bin] = uint8(band)
		m.share[bin] = float32(1 - (at - band))
	}
	return m
}

// newHann is the window, scaled so that the powers of a frame's bins add up to its
// mean square, 1 being full scale.
func newHann() *[windowSize]float32 {
	window, squares := new([windowSize]float32), 0.0
	for i := range window {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/windowSize)
		squares += w * w
		window[i] = float32(w)
	}
	scale := math.Sqrt(2/(windowSize*squares)) / 32768
	for i := range window {
		window[i] *= float32(scale)
	}
	return window
}

// overlap is the part of a window that belongs to the frame before.
const overlap = windowSize - FrameSamples

// side is one side of a call: what of its past the next window reaches back to.
type side struct {
	past [overlap]int16
}

// spectrum takes the next frame of the side and writes the power of the latest 32 ms.
func (s *side) spectrum(power *[halfWindow]float32, frame *[FrameSamples]int16) {
	var z, scratch [halfWindow]complex64
	for i := range overlap / 2 {
		z[i] = complex(float32(s.past[2*i])*hann[2*i], float32(s.past[2*i+1])*hann[2*i+1])
	}
	late := z[overlap/2:][:FrameSamples/2]
	for i := range late {
		late[i] = complex(float32(frame[2*i])*hann[overlap+2*i], float32(frame[2*i+1])*hann[overlap+2*i+1])
	}
	copy(s.past[:], frame[FrameSamples-overlap:])
	spectrumFFT.power(power[:], spectrumFFT.transform(z[:], scratch[:]))
}

// sumBands adds the bins up to bands.
func sumBands(band *[bands]float32, power *[halfWindow]float32) {
	var sums [32]float32 // as many as an index of five bits can name: no bounds to check
	for bin := firstBin; bin < endBin; bin++ {
		power := power[bin]
		low := power * melBands.share[bin]
		band := melBands.band[bin]
		sums[band&31] += low
		sums[(band+1)&31] += power - low
	}
	copy(band[:], sums[1:])
}

// sum adds the powers of all bands.
func sum(power *[bands]float32) (all float32) {
	for _, p := range power {
		all += p
	}
	return all
}

// decibels is ten times the decimal logarithm, to within 0.0001; -100 for powers below that.
func decibels(power float32) float32 {
	if !(power > 1e-10) {
		return -100
	}
	return 3.0103 * log2(power)
}

// log2 is the binary logarithm of a positive normal number, to within 1e-5: the
// exponent is read, and the mantissa m between 1 and 2 put into a series in (m-a)/(m+a).
func log2(x float32) float32 {
	bits := math.Float32bits(x)
	exponent := float32(int32(bits>>23) - 127)
	m := math.Float32frombits(bits&0x7fffff | 0x3f800000)
	t := (m - math.Sqrt2) / (m + math.Sqrt2)
	s := t * t
	return exponent + 0.5 + t*(2.8853901+s*(0.9617967+s*0.5770780))
}

// fromDecibels is the power of a level in dBov, to within 0.01 %; levels from -379 to 380.
func fromDecibels(level float32) float32 {
	x := level * 0.33219281
	whole := float32(int32(x+512) - 512)
	f := x - whole
	p := 1 + f*(0.69314718+f*(0.24022651+f*(0.05550411+f*(0.00961813+f*0.00133336))))
	return math.Float32frombits(uint32(int32(whole)+127)<<23) * p
}

package audio

import "math"

// fullScale is the magnitude that 0 dBov stands for: a square wave at the limit
// of 16 bits. A full-scale sine is at -3 dBov.
const fullScale = 1 << 15

// silenceLevel is the level of digital silence, whose logarithm does not exist.
const silenceLevel = -100

var muLawSquares = func() *[256]uint32 {
	var squares [256]uint32
	for i, s := range muLawTable {
		squares[i] = uint32(int32(s) * int32(s))
	}
	return &squares
}()

// Level returns the root mean square level of pcm in dBov, 0 for the loudest
// square wave and -100 for silence, no samples included.
func Level(pcm []int16) float64 {
	var sum uint64
	for _, s := range pcm {
		sum += uint64(int64(s) * int64(s))
	}
	return decibels(meanSquare(sum, len(pcm)))
}

// PowerMuLaw returns the mean square of a frame of mu-law audio, where 1 is the
// power of a full-scale square wave; 0 for no samples. It is Level without the
// logarithm, for code that looks at every frame.
func PowerMuLaw(mulaw []byte) float64 {
	var sum uint64
	for _, c := range mulaw {
		sum += uint64(muLawSquares[c])
	}
	return meanSquare(sum, len(mulaw))
}

// LevelMuLaw returns the level of mu-law audio in dBov, as Level does.
func LevelMuLaw(mulaw []byte) float64 {
	return decibels(PowerMuLaw(mulaw))
}

func meanSquare(sum uint64, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(sum) / (float64(n) * fullScale * fullScale)
}

func decibels(power float64) float64 {
	if power <= 0 {
		return silenceLevel
	}
	return max(10*math.Log10(power), silenceLevel)
}

package audio

import "math/bits"

// G.711 keeps the sign, a three-bit exponent (the "segment") and a four-bit
// mantissa of each sample. Both laws are specified in ITU-T Recommendation
// G.711, https://www.itu.int/rec/T-REC-G.711; the treatment of negative samples
// (ones' complement) is that of the ITU-T software tool library, G.191.

// MuLawSilence is the mu-law code of a sample of value zero.
const MuLawSilence = 0xFF

const (
	muLawBias = 0x84   // lifts the smallest sample to the start of the first segment
	muLawClip = 0x7FFF // largest biased magnitude
)

var (
	muLawTable = decodeTable(decodeMuLaw)
	aLawTable  = decodeTable(decodeALaw)
)

func decodeTable(decode func(byte) int16) *[256]int16 {
	var table [256]int16
	for i := range table {
		table[i] = decode(byte(i))
	}
	return &table
}

// DecodeMuLaw appends the linear samples of mulaw to dst and returns the
// extended slice.
func DecodeMuLaw(dst []int16, mulaw []byte) []int16 {
	return decode(muLawTable, dst, mulaw)
}

// EncodeMuLaw appends the mu-law code of each sample of pcm to dst and returns
// the extended slice.
func EncodeMuLaw(dst []byte, pcm []int16) []byte {
	dst, tail := grow(dst, len(pcm))
	for i, s := range pcm {
		tail[i] = encodeMuLaw(s)
	}
	return dst
}

// DecodeALaw appends the linear samples of alaw to dst and returns the extended
// slice.
func DecodeALaw(dst []int16, alaw []byte) []int16 {
	return decode(aLawTable, dst, alaw)
}

// EncodeALaw appends the A-law code of each sample of pcm to dst and returns the
// extended slice.
func EncodeALaw(dst []byte, pcm []int16) []byte {
	dst, tail := grow(dst, len(pcm))
	for i, s := range pcm {
		tail[i] = encodeALaw(s)
	}
	return dst
}

func decode(table *[256]int16, dst []int16, coded []byte) []int16 {
	dst, tail := grow(dst, len(coded))
	for i, c := range coded {
		tail[i] = table[c]
	}
	return dst
}

// grow extends s by n elements and returns it together with the new part.
func grow[T any](s []T, n int) (all, tail []T) {
	old := len(s)
	if cap(s)-old < n {
		bigger := make([]T, old, max(old+n, 2*cap(s)))
		copy(bigger, s)
		s = bigger
	}
	s = s[:old+n]
	return s, s[old:]
}

func decodeMuLaw(code byte) int16 {
	code = ^code
	exponent := code >> 4 & 7
	magnitude := (int(code&0xF)<<3+muLawBias)<<exponent - muLawBias
	if code&0x80 != 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

func encodeMuLaw(sample int16) byte {
	sign := byte(0)
	magnitude := int(sample)
	if sample < 0 {
		sign, magnitude = 0x80, int(^sample)
	}
	magnitude = min(magnitude+muLawBias, muLawClip)
	exponent := bits.Len(uint(magnitude)) - 8 // the bias makes this at least 0
	mantissa := byte(magnitude>>(exponent+3)) & 0xF
	return ^(sign | byte(exponent)<<4 | mantissa)
}

// A-law codes travel with every second bit inverted.
const aLawInversion = 0x55

func decodeALaw(code byte) int16 {
	code ^= aLawInversion
	exponent := code >> 4 & 7
	magnitude := int(code&0xF)<<4 + 8
	if exponent > 0 {
		magnitude = (magnitude + 0x100) << (exponent - 1)
	}
	if code&0x80 == 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

func encodeALaw(sample int16) byte {
	sign := byte(0x80)
	magnitude := int(sample)
	if sample < 0 {
		sign, magnitude = 0, int(^sample)
	}
	exponent := max(bits.Len(uint(magnitude))-8, 0)
	mantissa := byte(magnitude>>(max(exponent, 1)+3)) & 0xF
	return (sign | byte(exponent)<<4 | mantissa) ^ aLawInversion
}

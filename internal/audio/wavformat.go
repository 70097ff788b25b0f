package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// wavFormat is what the fmt chunk says, once checked.
type wavFormat struct {
	tag      int
	channels int
	rate     int
	bytes    int // of one sample of one channel
}

// block is the number of bytes that hold one sample of each channel.
func (f wavFormat) block() int { return f.channels * f.bytes }

// readWAVFormat reads and checks a fmt chunk of size bytes.
func readWAVFormat(r io.Reader, size int64) (wavFormat, error) {
	var b [40]byte
	n, err := io.ReadFull(r, b[:min(size, int64(len(b)))])
	if err != nil {
		return wavFormat{}, fmt.Errorf("%w after %d bytes", ended(err), n)
	}
	if n < 16 {
		return wavFormat{}, fmt.Errorf("%d bytes long, want at least 16", n)
	}
	f := wavFormat{
		tag:      int(binary.LittleEndian.Uint16(b[0:])),
		channels: int(binary.LittleEndian.Uint16(b[2:])),
	}
	rate := binary.LittleEndian.Uint32(b[4:])
	block := int(binary.LittleEndian.Uint16(b[12:]))
	bits := int(binary.LittleEndian.Uint16(b[14:]))
	if f.tag == wavExtensible {
		if n < len(b) || string(b[26:40]) != wavSubFormat {
			return wavFormat{}, errors.New("extensible format of an unknown kind")
		}
		f.tag = int(binary.LittleEndian.Uint16(b[24:]))
	}
	switch {
	case f.channels < 1 || f.channels > maxWAVChannels:
		return wavFormat{}, fmt.Errorf("%d channels, want 1 to %d", f.channels, maxWAVChannels)
	case rate < minWAVRate || rate > maxWAVRate:
		return wavFormat{}, fmt.Errorf("%d samples a second, want %d to %d", rate, minWAVRate, maxWAVRate)
	case f.tag == wavPCM && bits != 8 && bits != 16 && bits != 24:
		return wavFormat{}, fmt.Errorf("PCM of %d bits, want 8, 16 or 24", bits)
	case (f.tag == wavMuLaw || f.tag == wavALaw) && bits != 8:
		return wavFormat{}, fmt.Errorf("G.711 of %d bits, want 8", bits)
	case f.tag != wavPCM && f.tag != wavMuLaw && f.tag != wavALaw:
		return wavFormat{}, fmt.Errorf("encoding 0x%04x, want PCM (1), A-law (6) or mu-law (7)", f.tag)
	case block != f.channels*bits/8:
		return wavFormat{}, fmt.Errorf("blocks of %d bytes, want %d for %d channels of %d bits", block, f.channels*bits/8, f.channels, bits)
	}
	f.rate, f.bytes = int(rate), bits/8
	return f, nil
}

// readWAVSamples decodes audio to the end of r, at most limit samples. Memory
// grows with what arrives, never with what a header claims.
func readWAVSamples(r io.Reader, f wavFormat, limit int) ([]int16, error) {
	block := f.block()
	buf := make([]byte, 4096*block)
	var samples, scratch []int16
	for {
		n, err := io.ReadFull(r, buf)
		scratch = f.decode(scratch[:0], buf[:n-n%block])
		if len(samples)+len(scratch)/f.channels > limit {
			return nil, fmt.Errorf("longer than %d samples", limit)
		}
		samples = mix(samples, scratch, f.channels)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return samples, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// decode appends the samples of whole blocks to dst, channels interleaved.
func (f wavFormat) decode(dst []int16, b []byte) []int16 {
	switch {
	case f.tag == wavMuLaw:
		return DecodeMuLaw(dst, b)
	case f.tag == wavALaw:
		return DecodeALaw(dst, b)
	case f.bytes == 1: // the only unsigned one
		for _, v := range b {
			dst = append(dst, (int16(v)-128)<<8)
		}
	case f.bytes == 2:
		for ; len(b) >= 2; b = b[2:] {
			dst = append(dst, int16(binary.LittleEndian.Uint16(b)))
		}
	default: // 24 bits, rounded
		for ; len(b) >= 3; b = b[3:] {
			v := int32(int16(binary.LittleEndian.Uint16(b[1:])))
			dst = append(dst, int16(min(v+int32(b[0]>>7), 1<<15-1)))
		}
	}
	return dst
}

// mix appends the mean of each group of channels interleaved samples to dst.
func mix(dst, interleaved []int16, channels int) []int16 {
	if channels == 1 {
		return append(dst, interleaved...)
	}
	for ; len(interleaved) >= channels; interleaved = interleaved[channels:] {
		sum := 0
		for _, s := range interleaved[:channels] {
			sum += int(s)
		}
		dst = append(dst, int16(sum/channels))
	}
	return dst
}

package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Limits on what a WAV file may ask of us.
const (
	minWAVRate     = 4000
	maxWAVRate     = 192000
	maxWAVChannels = 8
	maxWAVSamples  = 32 << 20 // 64 MiB in memory: 11 minutes at 48 kHz
	maxWAVSkipped  = 16 << 20 // bytes of other chunks before the audio
	maxWAVChunks   = 1000     // chunks up to the audio
)

// Format tags of a WAV file, RFC 2361 and
// https://learn.microsoft.com/windows/win32/api/mmreg/ns-mmreg-waveformatextensible.
const (
	wavPCM        = 0x0001
	wavALaw       = 0x0006
	wavMuLaw      = 0x0007
	wavExtensible = 0xFFFE
)

// wavSubFormat is what follows the format tag in the GUID of an extensible header.
const wavSubFormat = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71"

// ReadWAV reads a WAV file: linear PCM of 8, 16 or 24 bits, mu-law or A-law, at 4
// to 192 kHz. Several channels are mixed into one. A stream whose header was
// written before its length was known is read to its end. Audio that ends early
// is not an error: what is there is returned. At most 32 Mi samples are read;
// more is an error.
func ReadWAV(r io.Reader) (Clip, error) {
	clip, err := readWAV(r)
	if err != nil {
		return Clip{}, fmt.Errorf("read WAV: %w", err)
	}
	return clip, nil
}

// ReadWAVFile is ReadWAV of a file; its errors name the file.
func ReadWAVFile(path string) (Clip, error) {
	// A named pipe might never open, and a device never end.
	info, err := os.Stat(path)
	if err != nil {
		return Clip{}, fmt.Errorf("read WAV: %w", err) // names the file already
	}
	if !info.Mode().IsRegular() {
		return Clip{}, fmt.Errorf("read WAV %s: it is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return Clip{}, fmt.Errorf("read WAV: %w", err) // as above
	}
	defer f.Close()
	clip, err := readWAV(f)
	if err != nil {
		return Clip{}, fmt.Errorf("read WAV %s: %w", path, err)
	}
	return clip, nil
}

func readWAV(r io.Reader) (Clip, error) {
	head, err := readWAVHead(r)
	if err != nil {
		return Clip{}, err
	}
	samples, err := readWAVSamples(io.LimitReader(r, head.size), head.format, maxWAVSamples)
	if err != nil {
		return Clip{}, fmt.Errorf("audio: %w", err)
	}
	return Clip{Rate: head.format.rate, Samples: samples}, nil
}

// wavHead is what stands before the audio.
type wavHead struct {
	format  wavFormat
	size    int64 // bytes of audio; if they are not known, more than any file has
	unknown bool
}

// readWAVHead reads r up to the audio.
func readWAVHead(r io.Reader) (wavHead, error) {
	var head [12]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		return wavHead{}, fmt.Errorf("header: %w after %d bytes", ended(err), n)
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return wavHead{}, fmt.Errorf("begins with %q and %q, want RIFF and WAVE", head[:4], head[8:])
	}
	riff := int64(binary.LittleEndian.Uint32(head[4:]))
	format, size, before, err := findWAVData(r)
	if err != nil {
		return wavHead{}, err
	}
	// A size of 0 can be true, or stand for "unknown". It is true only when the
	// whole file claims to go on after the audio.
	goesOn := riff > before && riff < unknownWAVSize
	if (size == 0 && !goesOn) || size >= unknownWAVSize {
		return wavHead{format, 1 << 62, true}, nil
	}
	return wavHead{format, size, false}, nil
}

// unknownWAVSize is where lengths begin that only stand for "not known yet":
// programs that write to a pipe put 0x7FFFF000, 0x7FFFFFFF or 0xFFFFFFFF, less a header.
const unknownWAVSize = 0x7FFFF000

// findWAVData reads chunks up to the audio. It returns the format, the claimed
// size of the audio, and what the RIFF size would be if the file ended here.
func findWAVData(r io.Reader) (format wavFormat, size, before int64, err error) {
	before = int64(len("WAVE"))
	for range maxWAVChunks {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return wavFormat{}, 0, 0, fmt.Errorf("no data chunk: %w", ended(err))
		}
		id, size := string(chunk[:4]), int64(binary.LittleEndian.Uint32(chunk[4:]))
		before += int64(len(chunk))
		switch {
		case id == "data" && format.rate == 0:
			return wavFormat{}, 0, 0, errors.New("data chunk comes before the fmt chunk")
		case id == "data":
			return format, size, before, nil
		case before+size > maxWAVSkipped:
			return wavFormat{}, 0, 0, fmt.Errorf("no data chunk in the first %d bytes: chunk %q is %d bytes long", maxWAVSkipped, id, size)
		}
		padded := size + size%2
		before += padded
		body := io.LimitReader(r, padded)
		if id == "fmt " {
			if format, err = readWAVFormat(body, size); err != nil {
				return wavFormat{}, 0, 0, fmt.Errorf("fmt chunk: %w", err)
			}
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return wavFormat{}, 0, 0, fmt.Errorf("chunk %q: %w", id, err)
		}
	}
	return wavFormat{}, 0, 0, fmt.Errorf("no data chunk among the first %d", maxWAVChunks)
}

// WriteWAV writes a WAV file of 16-bit PCM with one channel for each of
// channels. Shorter channels are filled up with silence.
func WriteWAV(w io.Writer, rate int, channels ...[]int16) error {
	if rate < minWAVRate || rate > maxWAVRate {
		return fmt.Errorf("write WAV: %d samples a second, want %d to %d", rate, minWAVRate, maxWAVRate)
	}
	if len(channels) == 0 || len(channels) > maxWAVChannels {
		return fmt.Errorf("write WAV: %d channels, want 1 to %d", len(channels), maxWAVChannels)
	}
	length := 0
	for _, c := range channels {
		length = max(length, len(c))
	}
	block := 2 * len(channels)
	if length > (unknownWAVSize-64)/block {
		return fmt.Errorf("write WAV: %d samples are too many for the format", length)
	}
	out := make([]byte, 0, 64+length*block)
	out = append(out, "RIFF"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(36+length*block))
	out = append(out, "WAVEfmt "...)
	out = binary.LittleEndian.AppendUint32(out, 16)
	out = binary.LittleEndian.AppendUint16(out, wavPCM)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(channels)))
	out = binary.LittleEndian.AppendUint32(out, uint32(rate))
	out = binary.LittleEndian.AppendUint32(out, uint32(rate*block))
	out = binary.LittleEndian.AppendUint16(out, uint16(block))
	out = binary.LittleEndian.AppendUint16(out, 16)
	out = append(out, "data"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(length*block))
	for i := range length {
		for _, c := range channels {
			var s int16
			if i < len(c) {
				s = c[i]
			}
			out = binary.LittleEndian.AppendUint16(out, uint16(s))
		}
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	return nil
}

// MuLawWAVHeader returns what stands in front of size bytes of 8 kHz mu-law in a WAV
// file, the channels' bytes in turns. A size of 0 is that of a file that is not finished:
// [ReadWAV] reads it to its end. As such a file grows its header can be put right again
// and again; it has the same length always.
func MuLawWAVHeader(channels, size int) []byte {
	const format, fact = 18, 4 // lengths of the chunks; anything but PCM has a fact chunk
	head := append(make([]byte, 0, 58), "RIFF"...)
	head = binary.LittleEndian.AppendUint32(head, uint32(4+8+format+8+fact+8+size))
	head = append(head, "WAVEfmt "...)
	head = binary.LittleEndian.AppendUint32(head, format)
	head = binary.LittleEndian.AppendUint16(head, wavMuLaw)
	head = binary.LittleEndian.AppendUint16(head, uint16(channels))
	head = binary.LittleEndian.AppendUint32(head, SampleRate)
	head = binary.LittleEndian.AppendUint32(head, uint32(SampleRate*channels))
	head = binary.LittleEndian.AppendUint16(head, uint16(channels)) // bytes of a block
	head = binary.LittleEndian.AppendUint16(head, 8)                // bits of a sample
	head = binary.LittleEndian.AppendUint16(head, 0)                // bytes of more format
	head = append(head, "fact"...)
	head = binary.LittleEndian.AppendUint32(head, fact)
	head = binary.LittleEndian.AppendUint32(head, uint32(size/channels))
	head = append(head, "data"...)
	return binary.LittleEndian.AppendUint32(head, uint32(size))
}

// ended words the end of a file for a person.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends")
	}
	return err
}

package main

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"

	"lexline/internal/audio"
)

// The noise of an open telephone line: its level, and how many different frames
// of it there are.
const (
	noiseLevel  = -60 // dBov; the detector counts nothing below -46 as speech
	noiseFrames = 64
)

// mediaStream makes the messages of one call's Media Stream as they go over the
// wire, https://www.twilio.com/docs/voice/media-streams/websocket-messages, each
// in a masked websocket frame. Two streams of the same sid and seed make the
// same bytes.
type mediaStream struct {
	sid   string
	noise []string // base64 of one frame each
	masks *rand.PCG
	chunk uint64 // of the message made last
	buf   []byte
}

// The parts of a media message between its values.
const (
	mediaSequence  = `{"event":"media","sequenceNumber":"`
	mediaChunk     = `","media":{"track":"inbound","chunk":"`
	mediaTimestamp = `","timestamp":"`
	mediaPayload   = `","payload":"`
	mediaStreamSID = `"},"streamSid":"`
	mediaEnd       = `"}`
)

// frameHeader is the length of a masked text frame's header whose payload has
// 126 bytes or more, RFC 6455 section 5.2.
const frameHeader = 8

func newMediaStream(sid string, seed uint64, noise []string) *mediaStream {
	return &mediaStream{sid: sid, noise: noise, masks: rand.NewPCG(seed, 0), buf: make([]byte, 0, 512)}
}

// next returns the next media message, valid until the call after.
func (m *mediaStream) next() []byte {
	m.chunk++
	b := append(m.buf[:0], make([]byte, frameHeader)...)
	b = append(b, mediaSequence...)
	b = strconv.AppendUint(b, m.chunk+1, 10) // the start message was 1
	b = append(b, mediaChunk...)
	b = strconv.AppendUint(b, m.chunk, 10)
	b = append(b, mediaTimestamp...)
	b = strconv.AppendUint(b, m.chunk*uint64(audio.FrameDuration.Milliseconds()), 10)
	b = append(b, mediaPayload...)
	b = append(b, m.noise[m.chunk%uint64(len(m.noise))]...)
	b = append(b, mediaStreamSID...)
	b = append(b, m.sid...)
	b = append(b, mediaEnd...)
	m.buf = b

	key := uint32(m.masks.Uint64())
	b[0], b[1] = finalBit|opText, maskBit|126
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-frameHeader))
	binary.LittleEndian.PutUint32(b[4:], key)
	mask(b[frameHeader:], key)
	return b
}

// mask applies a websocket masking key, whose first byte on the wire is its
// lowest, to b in place.
func mask(b []byte, key uint32) {
	twice := uint64(key)<<32 | uint64(key)
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^twice)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(twice >> (8 * i))
	}
}

// lineNoise returns n frames of Gaussian noise at noiseLevel, mu-law in base64.
func lineNoise(n int) []string {
	rng := rand.New(rand.NewPCG(8000, 20))
	amplitude := math.MaxInt16 * math.Pow(10, noiseLevel/20.0)
	pcm := make([]int16, audio.FrameSamples)
	frames := make([]string, n)
	for i := range frames {
		for j := range pcm {
			pcm[j] = int16(math.Round(rng.NormFloat64() * amplitude))
		}
		frames[i] = base64.StdEncoding.EncodeToString(audio.EncodeMuLaw(nil, pcm))
	}
	return frames
}

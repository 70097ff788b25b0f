package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
)

// unmasked takes a client frame of more than 125 bytes apart.
func unmasked(t *testing.T, frame []byte) []byte {
	t.Helper()
	if frame[0] != 0x81 || frame[1] != 0xFE {
		t.Fatalf("frame begins % x, want a final, masked text frame with a 16-bit length", frame[:2])
	}
	if length := int(binary.BigEndian.Uint16(frame[2:])); length != len(frame)-8 {
		t.Fatalf("frame of %d bytes says %d of payload", len(frame), length)
	}
	payload := bytes.Clone(frame[8:])
	for i := range payload {
		payload[i] ^= frame[4+i%4]
	}
	return payload
}

func TestMediaMessages(t *testing.T) {
	type media struct {
		Event, SequenceNumber, StreamSid string
		Media                            struct{ Track, Chunk, Timestamp, Payload string }
	}
	noise := lineNoise(3)
	stream := newMediaStream(streamSID(7), 1, noise)
	for n := 1; n <= 1200; n++ {
		want := media{Event: "media", SequenceNumber: fmt.Sprint(n + 1), StreamSid: "MZ00000000000000000000000000000007"}
		want.Media.Track, want.Media.Chunk, want.Media.Timestamp = "inbound", fmt.Sprint(n), fmt.Sprint(20*n)
		want.Media.Payload = noise[n%3]
		frame := stream.next()
		if n > 100 && (len(frame) < 360 || len(frame) > 400) {
			t.Fatalf("message %d: got %d bytes, want about 387", n, len(frame))
		}
		var got media
		decoder := json.NewDecoder(bytes.NewReader(unmasked(t, frame)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&got); err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("message %d (-want +got):\n%s", n, diff)
		}
	}
}

func TestBothSystemsGetTheSameBytes(t *testing.T) {
	noise := lineNoise(2)
	one, two := newMediaStream("MZ1", 5, noise), newMediaStream("MZ1", 5, noise)
	keys := map[string]bool{}
	for range 100 {
		a, b := one.next(), two.next()
		if !bytes.Equal(a, b) {
			t.Fatalf("same sid and seed: got % x and % x", a, b)
		}
		keys[string(a[4:8])] = true
	}
	if len(keys) < 100 {
		t.Errorf("got %d masking keys in 100 frames, want a new one each", len(keys))
	}
}

func TestMediaMessagesDoNotAllocate(t *testing.T) {
	stream := newMediaStream(streamSID(1), 1, lineNoise(4))
	if got := testing.AllocsPerRun(1000, func() { stream.next() }); got != 0 {
		t.Errorf("got %v allocations a message, want none", got)
	}
}

func TestMask(t *testing.T) {
	// RFC 6455 section 5.7: "Hello" under the key 37 fa 21 3d.
	hello := []byte("Hello")
	mask(hello, 0x3d21fa37)
	if want := []byte{0x7f, 0x9f, 0x4d, 0x51, 0x58}; !bytes.Equal(hello, want) {
		t.Errorf("masked Hello: got % x, want % x", hello, want)
	}
	for length := range 40 {
		given := bytes.Repeat([]byte{0xA5}, length)
		want := bytes.Clone(given)
		for i := range want {
			want[i] ^= []byte{1, 2, 3, 4}[i%4]
		}
		mask(given, 0x04030201)
		if !bytes.Equal(given, want) {
			t.Errorf("%d bytes: got % x, want % x", length, given, want)
		}
	}
}

func TestLineNoiseIsTooQuietForSpeech(t *testing.T) {
	for i, text := range lineNoise(noiseFrames) {
		frame, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(frame) != audio.FrameSamples {
			t.Fatalf("frame %d: got %d bytes, error %v; want %d", i, len(frame), err, audio.FrameSamples)
		}
		if level := audio.LevelMuLaw(frame); level < noiseLevel-2 || level > noiseLevel+2 {
			t.Errorf("frame %d: got %.1f dBov, want %v", i, level, noiseLevel)
		}
	}
}

func BenchmarkMediaMessage(b *testing.B) {
	stream := newMediaStream(streamSID(1), 1, lineNoise(noiseFrames))
	b.ReportAllocs()
	for b.Loop() {
		stream.next()
	}
}

package lex

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
)

func TestVoiceRate(t *testing.T) {
	tests := []struct {
		contentType string
		want        int
		err         string
	}{
		{"audio/pcm", 16000, ""},
		{"AUDIO/PCM", 16000, ""},
		{"audio/pcm; sample-rate=8000", 8000, ""},
		{"audio/pcm;rate=22050", 22050, ""},
		{"audio/lpcm; sample-rate=8000; sample-size-bits=16; channel-count=1; is-big-endian=false", 8000, ""},
		{"audio/l16; rate=16000; channels=1", 16000, ""},
		{"audio/x-l16; sample-rate=24000; channel-count=1", 24000, ""},
		{"text/plain; charset=utf-8", 0, ""},
		{"", 0, `answer's content type "": mime: no media type`},
		{"audio/", 0, `answer's content type "audio/": mime: expected token after slash`},
		{"audio/mpeg", 0, `answer's content type "audio/mpeg" is not one that can be played`},
		{"text/html", 0, `answer's content type "text/html" is not one that can be played`},
		{"audio/pcm; channels=2", 0, `answer's content type "audio/pcm; channels=2": channels must be 1`},
		{"audio/lpcm; is-big-endian=true", 0, `answer's content type "audio/lpcm; is-big-endian=true": is-big-endian must be false`},
		{"audio/lpcm; sample-size-bits=8", 0, `answer's content type "audio/lpcm; sample-size-bits=8": sample-size-bits must be 16`},
		{"audio/pcm; rate=0", 0, `answer's content type "audio/pcm; rate=0": rate is not a sample rate`},
		{"audio/pcm; rate=fast", 0, `answer's content type "audio/pcm; rate=fast": rate is not a sample rate`},
		{"audio/pcm; sample-rate=99999999999999999999", 0, `answer's content type "audio/pcm; sample-rate=99999999999999999999": sample-rate is not a sample rate`},
	}
	for _, tt := range tests {
		rate, err := voiceRate(tt.contentType)
		if rate != tt.want || (err == nil) != (tt.err == "") || (err != nil && err.Error() != tt.err) {
			t.Errorf("voiceRate(%q) = %d, %v; want %d, %s", tt.contentType, rate, err, tt.want, tt.err)
		}
	}
}

// copyVoice runs body through a voice of the given rate.
func copyVoice(t *testing.T, rate int, body io.Reader) (mulaw []byte, err error) {
	t.Helper()
	v := newVoice(time.Minute)
	err = v.copy(t.Context(), func(error) {}, body, rate, 0)
	v.speech.End(err)
	mulaw, ended := v.speech.From(0)
	if !ended {
		t.Errorf("voice of %d samples a second: its speech did not end", rate)
	}
	return mulaw, err
}

func TestVoiceKeepsToneAndLength(t *testing.T) {
	for _, rate := range []int{8000, 16000, 22050, 24000, 48000} {
		t.Run(fmt.Sprintf("%d samples a second", rate), func(t *testing.T) {
			mulaw, err := copyVoice(t, rate, bytes.NewReader(voiceBytes(rate, time.Second)))
			if err != nil || len(mulaw) != audio.SampleRate {
				t.Fatalf("1 s of a tone: %d bytes, %v; want 8000, nil", len(mulaw), err)
			}
			got := audio.Level(audio.DecodeMuLaw(nil, mulaw))
			want := audio.Level(audio.Tone(audio.SampleRate, time.Second, 0.5, 400))
			if !near(got, want) {
				t.Errorf("level = %.1f dB, want %.1f", got, want)
			}
		})
	}
}

// However the body is cut into reads, also within a sample, the voice is the same.
func TestVoiceDoesNotDependOnReads(t *testing.T) {
	body := append(voiceBytes(16000, 300*time.Millisecond), 0x01) // and half a sample too many
	want, err := copyVoice(t, 16000, bytes.NewReader(body))
	if err != nil {
		t.Fatalf("whole body: %v, want nil", err)
	}
	for name, reader := range map[string]io.Reader{
		"byte by byte":          iotest.OneByteReader(bytes.NewReader(body)),
		"halves":                iotest.HalfReader(bytes.NewReader(body)),
		"end with the last one": iotest.DataErrReader(bytes.NewReader(body)),
	} {
		got, err := copyVoice(t, 16000, reader)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: error %v, voice (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestVoiceThatBreaksOffKeepsWhatCame(t *testing.T) {
	broken := errors.New("connection reset")
	body := io.MultiReader(bytes.NewReader(voiceBytes(16000, time.Second)), iotest.ErrReader(broken))
	mulaw, err := copyVoice(t, 16000, body)
	if !errors.Is(err, broken) || len(mulaw) < 7900 {
		t.Errorf("a voice that breaks off after 1 s: %d bytes, %v; want nearly 8000, %v", len(mulaw), err, broken)
	}
}

func TestVoiceIsBounded(t *testing.T) {
	for _, rate := range []int{8000, 22050} {
		mulaw, err := copyVoice(t, rate, io.LimitReader(endless{}, maxVoice))
		want := (maxVoice/2*audio.SampleRate + rate - 1) / rate
		if err != nil || len(mulaw) != want {
			t.Errorf("%d bytes at %d: %d bytes of mu-law, %v; want %d, nil", maxVoice, rate, len(mulaw), err, want)
		}
	}
	if mulaw, err := copyVoice(t, 8000, endless{}); !errors.Is(err, errVoiceTooLong) || len(mulaw) > maxVoice/2 {
		t.Errorf("endless voice: %d bytes of mu-law, %v; want at most %d, %v", len(mulaw), err, maxVoice/2, errVoiceTooLong)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// BenchmarkVoice brings 3 s of Lex's 16 kHz to the telephone.
func BenchmarkVoice(b *testing.B) {
	body := voiceBytes(16000, 3*time.Second)
	b.ReportAllocs()
	for b.Loop() {
		v := newVoice(time.Minute)
		if err := v.copy(b.Context(), func(error) {}, bytes.NewReader(body), 16000, 0); err != nil {
			b.Fatal(err)
		}
	}
}

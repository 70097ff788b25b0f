package lexlocal

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"lexline/internal/audio"
)

func TestSpokenText(t *testing.T) {
	for _, test := range []struct {
		message message
		want    string
	}{
		{message{ContentType: plainText, Content: "Hello  there."}, "Hello there."},
		{message{ContentType: plainText, Content: "By 17:30 on 2026-12-03."}, "By 5:30 PM on December 3rd."},
		{message{ContentType: plainText, Content: "00:00 12:00 09:05 23:59"}, "12 AM 12 PM 9:05 AM 11:59 PM"},
		{message{ContentType: plainText, Content: "2026-01-01 2026-01-02 2026-01-11 2026-01-22 2026-01-31"}, "January 1st January 2nd January 11th January 22nd January 31st"},
		{message{ContentType: plainText, Content: "25:99 and 2026-13-40"}, "25:99 and 2026-13-40"},
		{message{ContentType: ssml, Content: `<speak>Roses <break time="1s"/>&amp; lilies</speak>`}, "Roses & lilies"},
		{message{ContentType: customPayload, Content: `{"a":1}`}, ""},
		{message{ContentType: imageCard, Card: &card{Title: "Roses"}}, ""},
	} {
		if got := spokenText(test.message); got != test.want {
			t.Errorf("%+v is spoken %q, want %q", test.message, got, test.want)
		}
	}
}

// brokenSynthesizer speaks so many sentences and then fails.
type brokenSynthesizer struct{ sentences int }

func (b brokenSynthesizer) Sentences(_ context.Context, _, _ string, emit func(audio.Clip) error) error {
	for range b.sentences {
		if err := emit(audio.Clip{Rate: 8000, Samples: make([]int16, 80)}); err != nil {
			return err
		}
	}
	return errors.New("engine is gone")
}

func TestSpeak(t *testing.T) {
	hello := []message{{ContentType: plainText, Content: "Hello."}}
	tone := 2 * 8000 * 4 / 10
	for _, test := range []struct {
		name     string
		synth    Synthesizer
		messages []message
		bytes    int
		trouble  string
	}{
		{"one message", fakeSynthesizer{}, hello, 2 * 80 * 6, ""},
		{"a pause between two", fakeSynthesizer{}, append(hello, hello...), 2*2*80*6 + 2*1200, ""},
		{"nothing to say", fakeSynthesizer{}, []message{{ContentType: customPayload, Content: "{}"}}, 0, ""},
		{"no synthesizer", nil, hello, tone, "there is no speech synthesizer"},
		{"a synthesizer that fails at once", brokenSynthesizer{0}, hello, tone, "engine is gone"},
		{"a synthesizer that fails later", brokenSynthesizer{2}, hello, 2 * 160, "engine is gone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var voice bytes.Buffer
			trouble, err := speak(t.Context(), &voice, "slt", voiceFormat{"audio/pcm; sample-rate=8000", 8000}, test.synth, test.messages)
			if err != nil || voice.Len() != test.bytes {
				t.Errorf("%d bytes, %v; want %d", voice.Len(), err, test.bytes)
			}
			if (trouble != nil) != (test.trouble != "") || trouble != nil && !strings.Contains(trouble.Error(), test.trouble) {
				t.Errorf("trouble %v, want %q", trouble, test.trouble)
			}
		})
	}
}

// deafWriter takes so many writes and then fails, like a caller who hung up.
type deafWriter struct{ writes int }

func (d *deafWriter) Write(p []byte) (int, error) {
	if d.writes--; d.writes < 0 {
		return 0, errors.New("broken pipe")
	}
	return len(p), nil
}

func TestSpeakStopsWhenNobodyListens(t *testing.T) {
	words := []message{{ContentType: plainText, Content: "One. Two. Three."}, {ContentType: plainText, Content: "Four."}}
	for writes := range 4 {
		w := &deafWriter{writes}
		if _, err := speak(t.Context(), w, "slt", voiceFormat{"audio/pcm", 16000}, fakeSynthesizer{}, words); err == nil || w.writes != -1 {
			t.Errorf("after %d good writes: %v and %d more tries, want the error and one", writes, err, -w.writes)
		}
	}
}

func TestWritePCMIsLittleEndian(t *testing.T) {
	var b bytes.Buffer
	if err := writePCM(&b, []int16{1, -2, 0x1234, -32768}); err != nil {
		t.Fatal(err)
	}
	if want := []byte{1, 0, 0xfe, 0xff, 0x34, 0x12, 0, 0x80}; !bytes.Equal(b.Bytes(), want) {
		t.Errorf("% x, want % x", b.Bytes(), want)
	}
}

func TestUtteranceSamples(t *testing.T) {
	u, err := parseUtteranceType(lpcm8k)
	if err != nil {
		t.Fatal(err)
	}
	got := u.samples([]byte{1, 0, 0xfe, 0xff, 0x34, 0x12, 0, 0x80, 0x77})
	want := []int16{1, -2, 0x1234, -32768}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

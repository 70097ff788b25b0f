package lex

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"mime"
	"strconv"
	"sync/atomic"
	"time"

	"lexline/internal/audio"
	"lexline/internal/call"
)

// maxVoice bounds the audio of one answer: 65 s at 16 kHz. What fits into it is
// no longer than maxSpeech as telephone audio at any rate that voiceRate allows.
const (
	maxVoice   = 2 << 20
	maxSpeech  = maxVoice/2*audio.SampleRate/lowestRate + 1
	lowestRate = 4000
)

var errVoiceTooLong = fmt.Errorf("answer's audio is longer than %d bytes", maxVoice)

// voiceRate returns the sample rate of an answer's audio, 0 for an answer
// without audio. RecognizeUtterance gives 16 kHz for audio/pcm unless a
// parameter says otherwise; samples are little-endian for every type
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeUtterance.html).
func voiceRate(contentType string) (int, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return 0, fmt.Errorf("answer's content type %q: %w", contentType, err)
	}
	switch kind {
	case "text/plain":
		return 0, nil
	case "audio/pcm", "audio/lpcm", "audio/l16", "audio/x-l16":
	default:
		return 0, fmt.Errorf("answer's content type %q is not one that can be played", contentType)
	}
	for name, want := range map[string]string{
		"channels": "1", "channel-count": "1", "sample-size-bits": "16", "is-big-endian": "false",
	} {
		if got, given := params[name]; given && got != want {
			return 0, fmt.Errorf("answer's content type %q: %s must be %s", contentType, name, want)
		}
	}
	for _, name := range []string{"sample-rate", "rate"} {
		if text, given := params[name]; given {
			rate, err := strconv.Atoi(text)
			if err != nil || rate < lowestRate || rate > 192000 {
				return 0, fmt.Errorf("answer's content type %q: %s is not a sample rate", contentType, name)
			}
			return rate, nil
		}
	}
	return 16000, nil
}

// voice brings the audio of an answer to telephone audio as it arrives.
type voice struct {
	speech *call.Speech
	stall  time.Duration
	came   int // bytes of telephone audio so far
}

// newVoice returns the voice of an answer, of which nothing is there yet.
func newVoice(stall time.Duration) *voice {
	return &voice{speech: call.NewSpeech(maxSpeech), stall: stall}
}

// copy appends what body has to the speech, leaving out the first skip bytes of
// telephone audio: those that an earlier body brought. It does not end the
// speech. The voice is cut off, through cancel, when nothing comes for the stall
// time and when it lags so much behind real time: a drip is as silent as a stop.
func (v *voice) copy(ctx context.Context, cancel context.CancelCauseFunc, body io.Reader, rate, skip int) error {
	stalled := time.AfterFunc(v.stall, func() { cancel(&overdueError{"no more of the answer's voice", v.stall}) })
	defer stalled.Stop()
	begun := time.Now()
	err := v.resample(body, rate, skip, func(bytes int) {
		played := time.Duration(bytes/2) * time.Second / time.Duration(rate)
		stalled.Reset(min(v.stall, time.Until(begun.Add(played+v.stall))))
	})
	if err != nil {
		return &answerError{fmt.Errorf("read the answer's voice: %w", because(ctx, err))}
	}
	return nil
}

// maxText is more than the words of an answer can be: 15 messages of 1,024 characters
// (https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html).
const maxText = 128 << 10

// drain reads the body of an answer that has no voice, so that the connection can be
// used again. Its words are known from the head: what is wrong with it does not matter.
func (v *voice) drain(cancel context.CancelCauseFunc, body io.Reader) {
	stalled := time.AfterFunc(v.stall, func() { cancel(&overdueError{"no more of the answer's text", v.stall}) })
	defer stalled.Stop()
	_, _ = io.Copy(io.Discard, io.LimitReader(body, maxText))
}

// resample reads little-endian samples until the end of body and appends them
// to the speech, but for the first skip bytes. After each read it reports how
// many bytes there were so far.
func (v *voice) resample(body io.Reader, rate, skip int, progress func(bytes int)) error {
	var (
		resampler = audio.NewResampler(rate, audio.SampleRate)
		raw       = make([]byte, 4096)
		pcm       = make([]int16, 0, len(raw)/2)
		phone     = make([]int16, 0, len(raw)/2)
		mulaw     = make([]byte, 0, len(raw)/2)
	)
	send := func() error {
		mulaw = audio.EncodeMuLaw(mulaw[:0], phone)
		old := min(skip, len(mulaw))
		skip -= old
		v.came += len(mulaw) - old
		return v.speech.Append(mulaw[old:])
	}
	for total, half := 0, 0; ; { // half: 1 if raw begins with the first byte of a sample
		n, err := body.Read(raw[half:])
		total += n
		if total > maxVoice {
			return errVoiceTooLong
		}
		have := half + n
		pcm = pcm[:0]
		for i := 0; i+1 < have; i += 2 {
			pcm = append(pcm, int16(binary.LittleEndian.Uint16(raw[i:])))
		}
		half = copy(raw[:1], raw[have&^1:have])
		phone = resampler.Process(phone[:0], pcm)
		if errors.Is(err, io.EOF) {
			phone = resampler.Flush(phone)
			return send()
		}
		if sent := send(); err == nil {
			err = sent
		}
		if err != nil {
			return err
		}
		progress(total)
	}
}

// counted counts the bytes read.
type counted struct {
	io.Reader
	bytes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

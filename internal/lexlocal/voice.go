package lexlocal

import (
	"context"
	"fmt"
	"io"
	"mime"
	"strings"
	"time"

	"lexline/internal/audio"
)

// voiceFormat is the form in which the client wants the bot's words.
type voiceFormat struct {
	contentType string // of the answer
	rate        int    // samples a second; 0 for text
}

const textPlain = "text/plain; charset=utf-8"

// parseVoiceFormat reads a Response-Content-Type. Without one the words come
// as text. Lex speaks audio/pcm at 16 kHz; a sample-rate of 8000, which
// telephone gateways ask for, is honoured too. Compressed audio is refused: a
// local Lex has no encoder, and pretending would be worse.
func parseVoiceFormat(contentType string) (voiceFormat, error) {
	if contentType == "" {
		return voiceFormat{contentType: textPlain}, nil
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return voiceFormat{}, invalid("Response-Content-Type %q: %v", contentType, err)
	}
	switch {
	case kind == "text/plain":
		return voiceFormat{contentType: textPlain}, nil
	case kind == "audio/pcm":
		switch rate := firstOf(params, "sample-rate", "rate"); rate {
		case "":
			return voiceFormat{"audio/pcm", 16000}, nil
		case "8000":
			return voiceFormat{"audio/pcm; sample-rate=8000", 8000}, nil
		case "16000":
			return voiceFormat{"audio/pcm; sample-rate=16000", 16000}, nil
		}
		return voiceFormat{}, invalid("Response-Content-Type %q: the sample rate must be 8000 or 16000", contentType)
	case strings.HasPrefix(kind, "audio/"):
		return voiceFormat{}, invalid("Response-Content-Type %q: the local Lex runtime speaks audio/pcm only "+
			"(16 kHz, or 8 kHz with sample-rate=8000), or answers text/plain; charset=utf-8", contentType)
	}
	return voiceFormat{}, invalid("Response-Content-Type %q is neither audio/pcm nor text/plain", contentType)
}

// messageGap is the silence between two messages, besides what the synthesizer
// leaves at the end of a sentence.
const messageGap = 150 * time.Millisecond

// speak writes the messages to w in the given form, sentence by sentence as
// they are synthesized. It returns the first error of w or the context's; when
// there is no synthesizer or it fails, a tone stands for the words, which the
// returned trouble explains.
func speak(ctx context.Context, w io.Writer, voice string, f voiceFormat, synth Synthesizer, messages []message) (trouble, err error) {
	if f.rate == 0 {
		_, err := io.WriteString(w, messagesText(messages))
		return nil, err
	}
	first := true
	for _, m := range messages {
		words := spokenText(m)
		if words == "" {
			continue
		}
		if !first {
			if err := writePCM(w, make([]int16, int(messageGap.Seconds()*float64(f.rate)))); err != nil {
				return trouble, err
			}
		}
		first = false
		fault, err := speakMessage(ctx, w, voice, f.rate, synth, words)
		if fault != nil {
			trouble = fmt.Errorf("synthesize %q: %w", words, fault)
		}
		if err != nil {
			return trouble, err
		}
	}
	return trouble, nil
}

// speakMessage writes one message. fault is the synthesizer's error, err the writer's
// or the context's.
func speakMessage(ctx context.Context, w io.Writer, voice string, rate int, synth Synthesizer, words string) (fault, err error) {
	spoken := false
	fault = errNoSynthesizer
	if synth != nil {
		fault = synth.Sentences(ctx, voice, words, func(c audio.Clip) error {
			spoken = true
			err = writePCM(w, c.At(rate).Samples)
			return err
		})
	}
	switch {
	case err != nil:
		return nil, err
	case fault == nil:
		return nil, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case spoken:
		return fault, nil // half a message was heard: a tone in its middle would not help
	}
	return fault, writePCM(w, audio.Tone(rate, 400*time.Millisecond, 0.2, 440))
}

func writePCM(w io.Writer, pcm []int16) error {
	b := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		b = append(b, byte(s), byte(uint16(s)>>8))
	}
	_, err := w.Write(b)
	return err
}

// messagesText returns the words of an answer as plain text, a line a message.
func messagesText(messages []message) string {
	var lines []string
	for _, m := range messages {
		if m.Content != "" {
			lines = append(lines, m.Content)
		}
	}
	return strings.Join(lines, "\n")
}

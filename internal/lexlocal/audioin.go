package lexlocal

import (
	"mime"
	"strings"
	"unicode/utf8"

	"lexline/internal/audio"
)

// maxSpeechSeconds is the longest utterance that RecognizeUtterance takes, see
// https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html.
const maxSpeechSeconds = 15

// utteranceType is what the Content-Type of a RecognizeUtterance request says
// about its body: text, or 16-bit little-endian mono samples.
type utteranceType struct {
	text bool
	rate int // samples a second, of speech
}

// parseUtteranceType reads the content types that Lex documents at
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeUtterance.html#lexv2-runtime_RecognizeUtterance-request-requestContentType.
func parseUtteranceType(contentType string) (utteranceType, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return utteranceType{}, invalid("Content-Type %q: %v", contentType, err)
	}
	for _, p := range []struct{ name, want string }{
		{"channels", "1"}, {"channel-count", "1"}, {"sample-size-bits", "16"}, {"is-big-endian", "false"},
	} {
		if got, ok := params[p.name]; ok && !strings.EqualFold(got, p.want) {
			return utteranceType{}, invalid("Content-Type %q: %s must be %s", contentType, p.name, p.want)
		}
	}
	switch kind {
	case "text/plain":
		return utteranceType{text: true}, nil
	case "audio/l16", "audio/x-l16":
		return speechAt(contentType, firstOf(params, "rate", "sample-rate"), "16000")
	case "audio/lpcm":
		return speechAt(contentType, firstOf(params, "sample-rate", "rate"), "8000")
	case "audio/x-cbr-opus-with-preamble":
		return utteranceType{}, invalid("Content-Type %q: the local Lex runtime does not decode Opus, send audio/lpcm or audio/l16", contentType)
	}
	return utteranceType{}, invalid("Content-Type %q is neither audio/l16, audio/x-l16, audio/lpcm nor text/plain", contentType)
}

func firstOf(params map[string]string, names ...string) string {
	for _, name := range names {
		if v := params[name]; v != "" {
			return v
		}
	}
	return ""
}

func speechAt(contentType, rate, usual string) (utteranceType, error) {
	if rate == "" {
		rate = usual
	}
	switch rate {
	case "8000":
		return utteranceType{rate: 8000}, nil
	case "16000":
		return utteranceType{rate: 16000}, nil
	}
	return utteranceType{}, invalid("Content-Type %q: the sample rate must be 8000 or 16000", contentType)
}

// maxBytes returns how long the body may be.
func (u utteranceType) maxBytes() int64 {
	if u.text {
		return maxText * utf8.UTFMax
	}
	return int64(maxSpeechSeconds * u.rate * 2)
}

// samples returns the body of a speech request at 8 kHz. An odd last byte is
// half a sample and is dropped.
func (u utteranceType) samples(body []byte) []int16 {
	pcm := make([]int16, len(body)/2)
	for i := range pcm {
		pcm[i] = int16(uint16(body[2*i]) | uint16(body[2*i+1])<<8)
	}
	return audio.Clip{Rate: u.rate, Samples: pcm}.At(audio.SampleRate).Samples
}

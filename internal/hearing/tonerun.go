package hearing

import (
	"time"

	"lexline/internal/audio"
	"lexline/internal/vad"
)

// toneRun makes one tone of the frames in a row that hold it.
type toneRun struct {
	tone Tone // Kind is vad.NoTone between tones
}

// frame takes what was decided of the frame that begins at a time. When that ends a
// tone, the tone is returned.
func (r *toneRun) frame(when time.Duration, d *vad.Decision) (tone Tone, over bool) {
	if d.Tone != r.tone.Kind || d.Key != r.tone.Key {
		tone, over = r.tone, r.tone.Kind != vad.NoTone
		r.tone = Tone{Kind: d.Tone, Key: d.Key, From: when}
	}
	r.tone.To = when + audio.FrameDuration
	return tone, over
}

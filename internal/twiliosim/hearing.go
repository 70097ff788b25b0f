package twiliosim

import (
	"time"

	"lexline/internal/audio"
)

const (
	audible    = 1e-5    // power of a frame that is heard as sound: -50 dBov
	spoken     = 3.16e-5 // power of a frame that is speech of the caller: -45 dBov
	stretchGap = 15      // frames of silence that end a stretch of sound: 300 ms
)

// hearing finds the stretches of sound in what the caller hears. A stretch ends
// with 300 ms of silence, with a clear, or when another source takes over.
type hearing struct {
	stretch stretch
	open    bool
}

// stretch is sound without a longer pause, from one source.
type stretch struct {
	source      string // say, play or stream
	first, last int    // numbers of the first and the last audible frame
	began, over time.Time
}

// never is the number of a frame long before the call.
const never = -1 << 30

// frame takes frame number n, which the caller begins to hear at now. It
// reports whether a stretch began with it, and the stretch that is known by now
// to have ended, if one is.
func (h *hearing) frame(n int, now time.Time, source string, mulaw []byte) (began bool, ended *stretch) {
	isSound := audio.PowerMuLaw(mulaw) >= audible
	isOver := n-h.stretch.last >= stretchGap
	if isSound {
		isOver = source != h.stretch.source
	}
	if h.open && isOver {
		ended = h.end()
	}
	if !isSound {
		return false, ended
	}
	if !h.open {
		h.open, began = true, true
		h.stretch = stretch{source: source, first: n, began: now}
	}
	h.stretch.last, h.stretch.over = n, now.Add(audio.FrameDuration)
	return began, ended
}

// end ends the stretch under way and returns it, nil if there is none.
func (h *hearing) end() *stretch {
	if !h.open {
		return nil
	}
	h.open = false
	ended := h.stretch
	return &ended
}

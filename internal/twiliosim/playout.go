package twiliosim

import "lexline/internal/audio"

// Limits of what a stream may have waiting to be heard. Twilio documents none;
// these are far beyond what a sane application sends.
const (
	maxBuffered = 10 * 60 * audio.SampleRate // bytes: ten minutes
	maxMarks    = 10_000
)

// playout is the carrier's buffer between what an application sends on a
// bidirectional stream and what the caller hears. It is fed with time as
// frames: each call of frame says that 20 ms have passed. Positions count bytes
// of audio since the stream began.
type playout struct {
	waiting []byte        // received, not begun to be played
	begun   int           // position up to which playing has begun
	heard   int           // position up to which everything has been heard to its end
	marks   []pendingMark // oldest first
}

type pendingMark struct {
	name string
	at   int // heard when it may return
}

// play adds audio behind what is waiting. What the buffer cannot hold is thrown
// away and counted in the result.
func (p *playout) play(mulaw []byte) (dropped int) {
	room := min(len(mulaw), maxBuffered-len(p.waiting))
	p.waiting = append(p.waiting, mulaw[:room]...)
	return len(mulaw) - room
}

// mark asks for name to be returned, by due, once all audio so far was heard. It
// reports false, and does nothing, when too many marks are outstanding.
func (p *playout) mark(name string) bool {
	if len(p.marks) == maxMarks {
		return false
	}
	p.marks = append(p.marks, pendingMark{name: name, at: p.begun + len(p.waiting)})
	return true
}

// clear throws away what was not begun to be played. It returns how many bytes
// that were and all outstanding marks, which come back at once.
func (p *playout) clear() (flushed int, marks []string) {
	for _, m := range p.marks {
		marks = append(marks, m.name)
	}
	flushed = len(p.waiting)
	p.waiting, p.marks = nil, nil
	return flushed, marks
}

// frame ends the frame before and fills frame with what is heard in the next 20
// ms: audio as far as there is some, silence behind it.
func (p *playout) frame(frame []byte) {
	p.heard = p.begun
	n := copy(frame, p.waiting)
	p.waiting = p.waiting[n:]
	p.begun += n
	silence(frame[n:])
}

// due takes out the marks whose audio has been heard, oldest first.
func (p *playout) due() (names []string) {
	for len(p.marks) > 0 && p.marks[0].at <= p.heard {
		names = append(names, p.marks[0].name)
		p.marks = p.marks[1:]
	}
	return names
}

func silence(frame []byte) {
	for i := range frame {
		frame[i] = audio.MuLawSilence
	}
}

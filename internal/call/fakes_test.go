package call

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/audio"
	"lexline/internal/vad"
)

// fakeCarrier is a Leg with a carrier behind it: it sends a frame every 20 ms,
// speech or silence as it is told, plays what it is sent in real time, and
// returns marks when they were heard. It lives in a synctest bubble.
type fakeCarrier struct {
	began time.Time

	mu       sync.Mutex
	talking  time.Duration // until this time the caller talks
	events   []Event       // sent before the next frame
	hungUp   bool
	silent   bool // the stream went quiet: no frames, only wakes
	noMarks  bool // marks never come back
	broken   error
	closed   int
	end      Termination   // given to the latest Close
	playing  []byte        // sent, in order of hearing
	playedAt time.Duration // when playing[0] began to be heard
	marks    []carrierMark
	outputs  []sentOutput
	maxAhead time.Duration
}

type carrierMark struct {
	id uint32
	at time.Duration
}

type sentOutput struct {
	at time.Duration
	Output
}

func newCarrier() *fakeCarrier { return &fakeCarrier{began: time.Now()} }

func (l *fakeCarrier) now() time.Duration { return time.Since(l.began) }

// talk makes the caller speak for d from now on.
func (l *fakeCarrier) talk(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.talking = l.now() + d
}

func (l *fakeCarrier) press(keys string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range []byte(keys) {
		l.events = append(l.events, Event{Kind: Digit, Digit: key})
	}
}

// gather is a carrier that collects keys and has waited for a further one.
func (l *fakeCarrier) gather(keys string) {
	l.press(keys)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, Event{Kind: KeysDone})
}

func (l *fakeCarrier) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

var (
	voiced = audio.EncodeMuLaw(nil, audio.Tone(8000, 20*time.Millisecond, 0.3, 200, 710))
	quiet  = audio.EncodeMuLaw(nil, make([]int16, FrameBytes))
)

func (l *fakeCarrier) Next(ctx context.Context) (Event, error) {
	if event, ok := l.queued(); ok {
		return event, nil
	}
	select {
	case <-ctx.Done():
		return Event{}, ctx.Err()
	case <-time.After(20 * time.Millisecond):
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.broken != nil:
		return Event{}, l.broken
	case l.hungUp:
		return Event{Kind: HungUp}, nil
	case l.silent:
		return Event{Kind: Wake}, nil
	case l.now() < l.talking:
		return Event{Kind: Frame, Audio: voiced}, nil
	}
	return Event{Kind: Frame, Audio: quiet}, nil
}

func (l *fakeCarrier) queued() (Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.events) > 0 {
		event := l.events[0]
		l.events = l.events[1:]
		return event, true
	}
	if len(l.marks) > 0 && !l.noMarks && l.marks[0].at <= l.now() {
		id := l.marks[0].id
		l.marks = l.marks[1:]
		return Event{Kind: MarkReturned, Mark: id}, true
	}
	return Event{}, false
}

func (l *fakeCarrier) Send(out Output) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	out.Audio = append([]byte(nil), out.Audio...)
	l.outputs = append(l.outputs, sentOutput{l.now(), out})
	end := max(l.playedAt+duration(len(l.playing)), l.now())
	switch out.Kind {
	case Play:
		if l.playedAt+duration(len(l.playing)) < l.now() {
			l.playing, l.playedAt = nil, l.now()
		}
		l.playing = append(l.playing, out.Audio...)
		l.maxAhead = max(l.maxAhead, l.playedAt+duration(len(l.playing))-l.now())
	case Mark:
		l.marks = append(l.marks, carrierMark{out.Mark, end})
	case Clear:
		l.silenceLocked(nil, 0)
	case Say:
		l.silenceLocked(make([]byte, len(out.Words)*8000/carrierSpeaks), carrierStarts)
	}
	return nil
}

const (
	carrierSpeaks = 15                     // characters a second
	carrierStarts = 400 * time.Millisecond // after it was told to
)

// silenceLocked has sound, from after on, in place of what the caller was to hear.
func (l *fakeCarrier) silenceLocked(sound []byte, after time.Duration) {
	l.playing, l.playedAt = sound, l.now()+after
	for i := range l.marks {
		l.marks[i].at = l.now()
	}
}

func (l *fakeCarrier) Close(end Termination) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed++
	l.end = end
	return nil
}

// played counts the bytes of audio that were sent with first as their first byte.
func (l *fakeCarrier) played(first byte) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, out := range l.outputs {
		if out.Kind == Play && out.Audio[0] == first {
			n += len(out.Audio)
		}
	}
	return n
}

// fakeBot answers with what its function says, after reading the utterance.
type fakeBot struct {
	answer func(ctx context.Context, turn Turn, heard []byte) (*Answer, error)

	mu     sync.Mutex
	turns  []Turn
	heard  [][]byte
	active int
	most   int // questions in flight at the same time
}

func (b *fakeBot) Ask(ctx context.Context, turn Turn, answered func(*Answer)) error {
	b.mu.Lock()
	b.turns = append(b.turns, turn)
	b.active++
	b.most = max(b.most, b.active)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.active--
		b.mu.Unlock()
	}()
	var heard []byte
	if turn.Speech != nil {
		reader := turn.Speech.Reader(ctx)
		defer reader.Close()
		var err error
		if heard, err = io.ReadAll(reader); err != nil {
			return err
		}
	}
	b.mu.Lock()
	b.heard = append(b.heard, heard)
	b.mu.Unlock()
	answer, err := b.answer(ctx, turn, heard)
	if answer != nil {
		answered(answer)
	}
	return err
}

func (b *fakeBot) asked() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.turns)
}

// after waits on the bubble's clock, as a bot thinks.
func after(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// says is an answer of so much audio, every byte of which is tag.
func says(tag byte, d time.Duration) *Answer {
	mulaw := make([]byte, d/time.Millisecond*bytesPerMillisecond)
	for i := range mulaw {
		mulaw[i] = tag
	}
	return &Answer{Speech: NewFinishedSpeech(mulaw)}
}

// goodbye is the answer that closes the dialog.
func goodbye(tag byte, d time.Duration) *Answer {
	answer := says(tag, d)
	answer.Closed = true
	return answer
}

// running is a call in progress.
type running struct {
	leg  *fakeCarrier
	bot  *fakeBot
	done chan Termination
	stop context.CancelFunc
}

func start(t *testing.T, cfg Config, answer func(ctx context.Context, turn Turn, heard []byte) (*Answer, error)) *running {
	t.Helper()
	return startAs(t, cfg, Info{}, answer)
}

// startAs begins a call with these facts beside those that all tests have.
func startAs(t *testing.T, cfg Config, info Info, answer func(ctx context.Context, turn Turn, heard []byte) (*Answer, error)) *running {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg = timed(cfg)
	r := &running{leg: newCarrier(), bot: &fakeBot{answer: answer}, done: make(chan Termination, 1)}
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	t.Cleanup(stop)
	info.ID, info.Line, info.From = "CA1", "test", "+15550123467"
	go func() { r.done <- New(cfg, info, r.leg, r.bot).Run(ctx) }()
	pass(500 * time.Millisecond) // bubble time: the detector learns the line's noise
	return r
}

// timed has a caller's turn end after 800 ms, by which these tests count, and tones and
// bytes for voices, which the energy detector hears as such.
func timed(cfg Config) Config {
	cfg.Hearing.EndOfSpeech = cmp.Or(cfg.Hearing.EndOfSpeech, 800*time.Millisecond)
	if cfg.NewDetector == nil {
		cfg.NewDetector = func() vad.FrameJudge { return new(vad.Energy) }
	}
	return cfg
}

// speak talks for d and waits until the turn must have been found to be over.
func (r *running) speak(d time.Duration) {
	r.leg.talk(d)
	pass(d + 900*time.Millisecond)
}

// pass lets bubble time pass, and everything that was due in it happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func rounded(d time.Duration) time.Duration {
	return time.Duration(math.Round(float64(d)/float64(20*time.Millisecond))) * 20 * time.Millisecond
}

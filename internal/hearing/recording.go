package hearing

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"lexline/internal/audio"
)

// What may be wrong with a file that is a WAV file.
var (
	// ErrNoAudio says that a file has no sound in it.
	ErrNoAudio = errors.New("there is no audio in it")
	// ErrChannels says that it has more channels than a call has sides.
	ErrChannels = errors.New("want one channel, or two with the caller on the left and the bot on the right")
	// ErrHasBot says that a recording has its bot on its right channel, where another
	// one was given.
	ErrHasBot = errors.New("it has the bot already, on its right channel")
)

// Recording is a recorded call: the caller, and perhaps what the bot played to
// them. It is read frame by frame, so that one of hours takes little memory. It is
// used by one goroutine.
type Recording struct {
	near *track
	bot  *Bot // nil: it is not heard
}

// NewRecording reads a WAV file up to its audio. Of two channels the left one is
// the caller and the right one the bot, as the gateway records them.
func NewRecording(file io.Reader) (*Recording, error) {
	near, err := newTrack(file, 0)
	if err != nil {
		return nil, err
	}
	if near.reader.Samples() == 0 {
		return nil, ErrNoAudio
	}
	r := &Recording{near: near}
	if len(near.ready) == 2 {
		r.bot = &Bot{track: near, channel: 1}
	}
	return r, nil
}

// SetBot takes what the bot played from elsewhere. It returns ErrHasBot if the
// recording has two channels.
func (r *Recording) SetBot(bot *Bot) error {
	if r.HasBot() {
		return ErrHasBot
	}
	r.bot = bot
	return nil
}

// HasBot reports whether the bot is to be heard.
func (r *Recording) HasBot() bool { return r.bot != nil }

// Rate returns the samples a second of the file.
func (r *Recording) Rate() int { return r.near.reader.Rate() }

// Channels returns the number of channels of the file.
func (r *Recording) Channels() int { return r.near.reader.Channels() }

// Length returns how long the recording is by its header; 0: it does not say.
func (r *Recording) Length() time.Duration { return r.near.duration(max(0, r.near.reader.Samples())) }

// Missing returns how much the header promised and the file does not have. It is 0
// before the end.
func (r *Recording) Missing() time.Duration { return r.near.duration(r.near.reader.Missing()) }

// Frame reads the next frame: both slices, of audio.FrameSamples, are filled. The
// last frame is filled up with silence; behind it the error is io.EOF. Without a
// bot, far is left as it is.
func (r *Recording) Frame(near, far []int16) error {
	n, err := r.near.take(0, near)
	switch {
	case err != nil:
		return err
	case n == 0:
		return io.EOF
	case r.bot == nil:
		return nil
	}
	return r.bot.Frame(far)
}

// Bot is what the bot played during a recording. It is used by one goroutine.
type Bot struct {
	track   *track
	channel int           // of track
	raw     *bufio.Reader // instead of track
	frame   []byte        // of raw
}

// NewBot reads what the bot played from a file of its own, on the clock of the
// recording: a WAV file, or else raw samples at 8 kHz, 16 bits, little-endian. Of
// two channels the right one is the bot.
func NewBot(file io.Reader) (*Bot, error) {
	raw := bufio.NewReaderSize(file, 1<<16)
	if head, _ := raw.Peek(4); string(head) != "RIFF" { // an error will come again
		return &Bot{raw: raw, frame: make([]byte, 2*audio.FrameSamples)}, nil
	}
	track, err := newTrack(raw, 1)
	if err != nil {
		return nil, err
	}
	return &Bot{track: track, channel: len(track.ready) - 1}, nil
}

// Frame reads the next frame into far. Behind the end of the file it is silence.
func (b *Bot) Frame(far []int16) error {
	if b.track != nil {
		_, err := b.track.take(b.channel, far)
		return err
	}
	clear(b.frame)
	_, err := io.ReadFull(b.raw, b.frame)
	for i := range far {
		far[i] = int16(binary.LittleEndian.Uint16(b.frame[2*i:]))
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read what the bot played: %w", err)
	}
	return nil
}

// track is a WAV file under way, its channels at 8 kHz.
type track struct {
	reader      *audio.WAVReader
	first       int // channel: nobody takes those before it, so they are not kept
	resamplers  []*audio.Resampler
	ready       [][]int16 // of each channel, from taken on
	taken       []int
	interleaved []int16
	single      []int16
	ended       bool
}

// newTrack reads a WAV file up to its audio, of which the channels from first on are
// to be taken, or the last one if there are fewer.
func newTrack(file io.Reader, first int) (*track, error) {
	reader, err := audio.NewWAVReader(file)
	if err != nil {
		return nil, err
	}
	if reader.Channels() > 2 {
		return nil, fmt.Errorf("%d channels: %w", reader.Channels(), ErrChannels)
	}
	t := &track{
		reader: reader, first: min(first, reader.Channels()-1),
		ready: make([][]int16, reader.Channels()), taken: make([]int, reader.Channels()),
	}
	for range reader.Channels() {
		t.resamplers = append(t.resamplers, audio.NewResampler(reader.Rate(), audio.SampleRate))
	}
	return t, nil
}

func (t *track) duration(samples int64) time.Duration {
	return time.Duration(float64(samples) / float64(t.reader.Rate()) * float64(time.Second))
}

// take fills dst with the next samples of a channel, and with silence behind the
// last one. It returns how many there were; none is no error.
func (t *track) take(channel int, dst []int16) (int, error) {
	for len(t.ready[channel])-t.taken[channel] < len(dst) && !t.ended {
		if err := t.read(); err != nil {
			return 0, err
		}
	}
	n := copy(dst, t.ready[channel][t.taken[channel]:])
	t.taken[channel] += n
	clear(dst[n:])
	return n, nil
}

// read makes more samples ready, of all channels that are taken.
func (t *track) read() error {
	var err error
	t.interleaved, err = t.reader.Next(t.interleaved[:0])
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	t.ended = err != nil
	channels := len(t.ready)
	for c := t.first; c < channels; c++ {
		t.single = t.single[:0]
		for i := c; i < len(t.interleaved); i += channels {
			t.single = append(t.single, t.interleaved[i])
		}
		kept := t.ready[c][:copy(t.ready[c], t.ready[c][t.taken[c]:])]
		t.ready[c], t.taken[c] = t.resamplers[c].Process(kept, t.single), 0
		if t.ended {
			t.ready[c] = t.resamplers[c].Flush(t.ready[c])
		}
	}
	return nil
}

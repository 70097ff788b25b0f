package hearing

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
	"lexline/internal/vad"
)

// noise is d of a quiet line.
func noise(d time.Duration) []int16 {
	rng := rand.New(rand.NewPCG(1, uint64(d)))
	pcm := make([]int16, int(d.Seconds()*audio.SampleRate))
	for i := range pcm {
		pcm[i] = int16(rng.NormFloat64() * 12)
	}
	return pcm
}

// voice is d of what the energy detector takes for speech.
func voice(d time.Duration) []int16 {
	pcm := noise(d)
	for i := range pcm {
		pcm[i] += int16(6000 * math.Sin(2*math.Pi*210*float64(i)/audio.SampleRate))
	}
	return pcm
}

func join(parts ...[]int16) (all []int16) {
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// wavFile is a WAV file of these channels.
func wavFile(t *testing.T, rate int, channels ...[]int16) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := audio.WriteWAV(&file, rate, channels...); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// hear has a listener hear a WAV file, and bot.
func hear(t *testing.T, file, bot []byte, s vad.Settings, trace *Trace) Heard {
	t.Helper()
	r, err := NewRecording(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if bot != nil {
		b, err := NewBot(bytes.NewReader(bot))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.SetBot(b); err != nil {
			t.Fatal(err)
		}
	}
	l := NewListener(new(vad.Energy), s, vad.AnyAnswer, trace)
	near, far := make([]int16, audio.FrameSamples), make([]int16, audio.FrameSamples)
	for {
		err := r.Frame(near, far)
		if errors.Is(err, io.EOF) {
			return l.End()
		}
		if err != nil {
			t.Fatal(err)
		}
		played := far
		if !r.HasBot() {
			played = nil
		}
		l.Frame(near, played)
	}
}

// near reports whether two times are within two frames of each other: a detector
// may take the edge of a tone for either side.
func near(a, b time.Duration) bool { return (a - b).Abs() <= 2*audio.FrameDuration }

func TestRefusedBargeInsHaveTheirTime(t *testing.T) {
	const s = time.Second
	// 120 ms of voice would open a turn on a silent line, and are too little over the bot.
	near := wavFile(t, 8000, join(noise(2*s), voice(s/8), noise(2*s), voice(s/8), noise(2*s), voice(s), noise(2*s)))
	bot := wavFile(t, 8000, voice(9*s))
	heard := hear(t, near, bot, vad.Settings{BargeIn: 320 * time.Millisecond}, nil)
	if len(heard.Turns) != 1 || len(heard.Refused) != 2 {
		t.Fatalf("turns = %+v, refused at %v; want one turn, and two refused", heard.Turns, heard.Refused)
	}
	for i, from := range []time.Duration{2 * s, 4*s + s/8} {
		if got := heard.Refused[i]; got <= from || got > from+s/8+100*time.Millisecond {
			t.Errorf("refused at %v; want within the voice from %v on", got, from)
		}
	}
}

func TestBetween(t *testing.T) {
	const s = time.Second
	turn := func(from, to time.Duration) Turn { return Turn{Start: from, Opened: from + s/2, End: to} }
	all := Heard{
		Length: 20 * s, Turns: []Turn{turn(s, 3*s), turn(4*s, 6*s), turn(9*s, 12*s)}, Open: 5 * s,
		Tones:   []Tone{{From: s, To: 2 * s}, {From: 7 * s, To: 8 * s}},
		Refused: []time.Duration{4 * s, 5 * s, 10 * s},
	}
	want := Heard{
		Length: 5 * s, Turns: all.Turns[1:], Open: s + s/2, // of the second turn from 5 s on, of the third what lies before 10 s
		Tones: all.Tones[1:], Refused: all.Refused[1:2],
	}
	if diff := cmp.Diff(want, all.Between(5*s, 10*s)); diff != "" {
		t.Errorf("from 5 s to 10 s (-want +got):\n%s", diff)
	}
}

func TestTurnsOfAKnownFile(t *testing.T) {
	const s = time.Second
	file := wavFile(t, 8000, join(noise(2*s), voice(s), noise(2*s), voice(s/2), noise(s/5)))
	heard := hear(t, file, nil, vad.Settings{}, nil)
	if len(heard.Turns) != 2 {
		t.Fatalf("turns = %+v; want two", heard.Turns)
	}
	first, second := heard.Turns[0], heard.Turns[1]
	for _, want := range []struct {
		what string
		got  time.Duration
		want time.Duration
	}{
		{"onset", first.Onset, 2 * s},
		{"pre-roll", first.Start, 2*s - vad.PreRoll},
		{"noticed", first.Opened, 2*s + 100*time.Millisecond},
		{"last", first.Last, 3 * s},
		{"end", first.End, 3*s + vad.DefaultSettings.EndOfSpeech},
		{"onset of the second", second.Onset, 5 * s},
		{"last of the second", second.Last, 5*s + s/2},
		{"end of the second", second.End, 5*s + s/2 + s/5},
		{"length", heard.Length, 5*s + s/2 + s/5},
	} {
		if !near(want.got, want.want) {
			t.Errorf("%s at %v; want about %v", want.what, want.got, want.want)
		}
	}
	if first.Reason != Silence || second.Reason != EndOfRecording || first.BargeIn {
		t.Errorf("ended by %v and %v, barge-in %v; want silence and end of file, without barge-in", first.Reason, second.Reason, first.BargeIn)
	}
	if math.Abs(first.Level-(-17.8)) > 1 { // a sine of 6000
		t.Errorf("level %v dBov; want about -17.8", first.Level)
	}
}

func TestReasonsOfEnds(t *testing.T) {
	file := wavFile(t, 8000, join(noise(time.Second), voice(5*time.Second), noise(time.Second)))
	heard := hear(t, file, nil, vad.Settings{MaxTurn: 2 * time.Second}, nil)
	if len(heard.Turns) == 0 || heard.Turns[0].Reason != Cap || !near(heard.Turns[0].End-heard.Turns[0].Opened, 2*time.Second) {
		t.Errorf("5 s of speech and turns of 2 s at most: %+v; want the first one ended by the cap after 2 s", heard.Turns)
	}
}

func TestBotIsHeardFromEitherPlace(t *testing.T) {
	const s = time.Second
	caller := join(noise(2*s), voice(s), noise(s))
	bot := join(noise(s), voice(3*s))
	quiet := make([]int16, len(caller))
	raw := make([]byte, 0, 2*len(bot))
	for _, sample := range bot {
		raw = append(raw, byte(sample), byte(sample>>8))
	}
	mono := wavFile(t, 8000, caller)
	tests := []struct {
		name    string
		file    []byte
		bot     []byte
		bargeIn bool
	}{
		{"right channel", wavFile(t, 8000, caller, bot), nil, true},
		{"silent right channel", wavFile(t, 8000, caller, quiet), nil, false},
		{"WAV file", mono, wavFile(t, 8000, bot), true},
		{"right channel of another file", mono, wavFile(t, 8000, quiet, bot), true},
		{"raw", mono, raw, true},
		{"short file, silent behind its end", mono, wavFile(t, 8000, bot[:8000]), false},
		{"none", mono, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			heard := hear(t, tt.file, tt.bot, vad.Settings{}, nil)
			if len(heard.Turns) != 1 || heard.Turns[0].BargeIn != tt.bargeIn {
				t.Errorf("turns = %+v; want one, barge-in %v", heard.Turns, tt.bargeIn)
			}
		})
	}
}

func TestRatesAreHeardAlike(t *testing.T) {
	pcm := join(noise(time.Second), voice(time.Second), noise(time.Second))
	want := hear(t, wavFile(t, 8000, pcm), nil, vad.Settings{}, nil)
	for _, rate := range []int{11025, 16000, 44100, 48000} {
		other := audio.Clip{Rate: 8000, Samples: pcm}.At(rate)
		got := hear(t, wavFile(t, rate, other.Samples, make([]int16, len(other.Samples))), nil, vad.Settings{}, nil)
		if len(got.Turns) != 1 || !near(got.Turns[0].Onset, want.Turns[0].Onset) || !near(got.Turns[0].End, want.Turns[0].End) || !near(got.Length, want.Length) {
			t.Errorf("at %d Hz: %v long, %+v; want %v long, %+v", rate, got.Length, got.Turns, want.Length, want.Turns)
		}
	}
}

func TestRecordingsThatAreNone(t *testing.T) {
	// A length of 0 in a header may stand for "not known": only reading it tells.
	empty, err := NewRecording(bytes.NewReader(wavFile(t, 8000, []int16{})))
	if err != nil {
		t.Fatal(err)
	}
	if err := empty.Frame(make([]int16, audio.FrameSamples), nil); !errors.Is(err, io.EOF) {
		t.Errorf("a frame of an empty file: error %v; want the end", err)
	}
	// Here the file goes on behind the audio, so that 0 is true.
	file := append(wavFile(t, 8000, []int16{}), "LIST\x04\x00\x00\x00more"...)
	file[4] += 12
	if _, err := NewRecording(bytes.NewReader(file)); !errors.Is(err, ErrNoAudio) {
		t.Errorf("a file that says that it is empty: error %v; want %v", err, ErrNoAudio)
	}
	three := wavFile(t, 8000, noise(time.Second), noise(time.Second), noise(time.Second))
	if _, err := NewRecording(bytes.NewReader(three)); err == nil {
		t.Error("three channels are taken; want an error")
	}
	r, err := NewRecording(bytes.NewReader(wavFile(t, 8000, noise(time.Second), noise(time.Second))))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetBot(&Bot{}); err == nil {
		t.Error("a second bot is taken; want an error")
	}
}

func TestMissingAudio(t *testing.T) {
	file := wavFile(t, 8000, noise(3*time.Second))
	r, err := NewRecording(bytes.NewReader(file[:len(file)-16_000]))
	if err != nil {
		t.Fatal(err)
	}
	frames := 0
	for near := make([]int16, audio.FrameSamples); r.Frame(near, nil) == nil; frames++ {
	}
	if frames != 100 || r.Length() != 3*time.Second || r.Missing() != time.Second {
		t.Errorf("3 s without the last one: %d frames, %v long, %v missing; want 100, 3s, 1s", frames, r.Length(), r.Missing())
	}
}

// However long a bot's file is, no more of it is held than is about to be heard.
func TestBotOfTwoChannelsTakesLittleMemory(t *testing.T) {
	bot, err := NewBot(bytes.NewReader(wavFile(t, 8000, noise(time.Minute), voice(time.Minute))))
	if err != nil {
		t.Fatal(err)
	}
	far := make([]int16, audio.FrameSamples)
	for frame := range 2900 {
		if err := bot.Frame(far); err != nil {
			t.Fatal(err)
		}
		for channel, ready := range bot.track.ready {
			if len(ready) > 8192 {
				t.Fatalf("frame %d: %d samples of channel %d are held; want two blocks at most", frame, len(ready), channel)
			}
		}
	}
	if level := audio.Level(far); level < -20 {
		t.Errorf("level %v dBov; want the right channel's voice", level)
	}
}

func TestTonesAreRunsOfFrames(t *testing.T) {
	key := func(k byte) vad.Decision { return vad.Decision{Tone: vad.DTMF, Key: k} }
	nothing, progress := vad.Decision{}, vad.Decision{Tone: vad.Progress}
	var r toneRun
	var got []Tone
	for i, d := range []vad.Decision{nothing, key('5'), key('5'), nothing, key('5'), key('9'), key('9'), progress, progress, nothing, nothing} {
		if tone, over := r.frame(at(i), &d); over {
			got = append(got, tone)
		}
	}
	want := []Tone{
		{vad.DTMF, '5', at(1), at(3)}, {vad.DTMF, '5', at(4), at(5)}, {vad.DTMF, '9', at(5), at(7)}, {vad.Progress, 0, at(7), at(9)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("two keys 5, a 9 right behind, a progress tone (-want +got):\n%s", diff)
	}
}

func TestTraceKeepsItsSize(t *testing.T) {
	pcm := join(noise(20*time.Second), voice(time.Second), noise(20*time.Second))
	for _, most := range []int{4096, 64, 10} {
		trace := NewTrace(0, 0, most)
		hear(t, wavFile(t, 8000, pcm), nil, vad.Settings{}, trace)
		frames := len(pcm) / audio.FrameSamples
		if n := len(trace.Points.Values); n > most || n < min(frames, most/2) || len(trace.Near.Values) > most*wavesPerFrame || len(trace.Far.Values) != 0 {
			t.Errorf("of %d points at most: %d of %v, %d waves, %d of no bot", most, n, trace.Points.Step, len(trace.Near.Values), len(trace.Far.Values))
		}
		// Wherever the voice is, both series have it, and nothing else is as loud.
		for i, p := range trace.Points.Values {
			from := time.Duration(i) * trace.Points.Step
			within := from < 21*time.Second && from+trace.Points.Step > 20*time.Second
			if (p.Level > -30) != within {
				t.Errorf("of %d points: level %v at %v; the voice is at 20s to 21s", most, p.Level, from)
			}
		}
		for i, w := range trace.Near.Values {
			from := time.Duration(i) * trace.Near.Step
			within := from < 21*time.Second && from+trace.Near.Step > 20*time.Second
			if (w.High > 1000) != within && trace.Near.Step > 5*time.Millisecond { // shorter ones may be between two crests
				t.Errorf("of %d points: a wave of %v at %v; the voice is at 20s to 21s", most, w, from)
			}
		}
	}
}

func TestTraceOfAWindow(t *testing.T) {
	trace := NewTrace(1510*time.Millisecond, 2*time.Second, 100)
	hear(t, wavFile(t, 8000, noise(3*time.Second)), nil, vad.Settings{}, trace)
	if diff := cmp.Diff([]time.Duration{1500 * time.Millisecond, 2 * time.Second}, []time.Duration{trace.From, trace.To}); diff != "" || len(trace.Points.Values) != 25 {
		t.Errorf("%d points; want 25; from and to (-want +got):\n%s", len(trace.Points.Values), diff)
	}
}

func TestSpeechInATraceIsByTheThreshold(t *testing.T) {
	for _, threshold := range []float32{0.2, 0.5, 0.9} {
		trace := NewTrace(0, 0, 100)
		l := NewListener(&rising{}, vad.Settings{Threshold: threshold}, vad.AnyAnswer, trace)
		for range 100 {
			l.Frame(noise(audio.FrameDuration), nil)
		}
		for i, p := range trace.Points.Values {
			if want := float32(i)/100 >= threshold; p.Speech != want {
				t.Errorf("threshold %v: a frame of probability %v is speech: %v; want %v", threshold, p.Probability, p.Speech, want)
			}
		}
	}
}

// rising is a detector whose probability rises by a hundredth in each frame.
type rising struct{ frames int }

func (r *rising) Frame([]byte, []byte) vad.Decision {
	r.frames++
	return vad.Decision{Probability: float32(r.frames-1) / 100, Level: -20, Floor: -60, Echo: -100}
}

func TestListenerDoesNotAllocatePerFrame(t *testing.T) {
	l := NewListener(new(vad.Energy), vad.Settings{}, vad.AnyAnswer, NewTrace(0, 0, 16))
	near, far := noise(audio.FrameDuration), noise(audio.FrameDuration)
	for range 64 {
		l.Frame(near, far)
	}
	if got := testing.AllocsPerRun(1000, func() { l.Frame(near, far) }); got != 0 {
		t.Errorf("%v allocations a frame; want 0", got)
	}
}

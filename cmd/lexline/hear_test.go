package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lexline/internal/audio"
	"lexline/internal/vad"
)

// makeCall is a program for scripts: it writes the WAV file that its first argument
// names, with a channel for each further one, in the words of channelOf.
func makeCall() {
	var channels [][]int16
	for _, text := range os.Args[2:] {
		channels = append(channels, channelOf(text))
	}
	var file bytes.Buffer
	if err := audio.WriteWAV(&file, audio.SampleRate, channels...); err != nil {
		panic(err)
	}
	if err := os.WriteFile(os.Args[1], file.Bytes(), 0o644); err != nil {
		panic(err)
	}
}

// channelOf is one side of a call: a row of parts like "2s one_moment 100ms:5", which
// are times of a quiet line, built-in sounds, and keys.
func channelOf(text string) (pcm []int16) {
	rng := rand.New(rand.NewPCG(1, 2))
	for part := range strings.FieldsSeq(text) {
		length, key, isKey := strings.Cut(part, ":")
		d, err := time.ParseDuration(length)
		sound := make([]int16, int(d.Seconds()*audio.SampleRate))
		if err != nil {
			mulaw, err := soundFiles.ReadFile("sounds/" + part + ".ulaw")
			if err != nil {
				panic(err)
			}
			sound = audio.DecodeMuLaw(nil, mulaw)
		}
		if isKey {
			sound = audio.DTMF(audio.SampleRate, key[0], d)
		}
		for _, s := range sound {
			pcm = append(pcm, s+int16(rng.NormFloat64()*12))
		}
	}
	return pcm
}

// rawAudio is what --frames takes.
func rawAudio(pcm []int16) []byte {
	raw := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		raw = append(raw, byte(s), byte(s>>8))
	}
	return raw
}

// framesOf runs `lexline hear --frames`.
func framesOf(t *testing.T, input io.Reader, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := &environment{stdin: input, stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}
	if code := run(t.Context(), env, append([]string{"hear", "--frames"}, args...)); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	return stdout.String()
}

func TestFramesOfAPrefixAreAPrefix(t *testing.T) {
	raw := rawAudio(channelOf("1s still_checking 2s one_moment 1s"))
	whole := framesOf(t, bytes.NewReader(raw))
	lines := strings.Count(whole, "\n")
	if want := len(raw) / frameBytes; lines != want {
		t.Fatalf("%d lines; want %d, one for each frame", lines, want)
	}
	if !strings.Contains(whole, " 1 1\n") || !strings.Contains(whole[:10*lineBytes], " 0 0\n") || !strings.HasSuffix(whole, " 0 0\n") {
		t.Errorf("lines are like %q; want speech in an open turn among them, and silence at both ends", whole[:40])
	}
	for _, bytesCut := range []int{1, 319, 320, 321, 8000, len(raw) - 320, len(raw)} {
		cut := raw[:len(raw)-bytesCut]
		want := whole[:len(cut)/frameBytes*lineBytes]
		if got := framesOf(t, bytes.NewReader(cut)); got != want {
			t.Errorf("without the last %d bytes: %d bytes of output; want the first %d of the whole", bytesCut, len(got), len(want))
		}
	}
}

func TestFramesDoNotDependOnPieces(t *testing.T) {
	raw := rawAudio(channelOf("500ms one_moment 1s"))
	want := framesOf(t, bytes.NewReader(raw))
	for _, size := range []int{1, 7, 160, 321, 100_000} {
		if got := framesOf(t, &piecemeal{raw, size}); got != want {
			t.Errorf("in pieces of %d bytes the output differs", size)
		}
	}
}

// piecemeal is a reader that gives a few bytes at a time.
type piecemeal struct {
	rest []byte
	size int
}

func (p *piecemeal) Read(to []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(to[:min(len(to), p.size)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func TestFramesComeWhileTheInputIsSlow(t *testing.T) {
	in, input := io.Pipe()
	output, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		hearer := &frameHearer{ear: vad.NewEar(newJudge(), vad.Settings{})}
		done <- errors.Join(hearer.run(in, out), out.Close())
	}()
	frame := make([]byte, frameBytes)
	line := make([]byte, lineBytes)
	for range 50 { // each line is read before the next frame is written: without it this waits for ever
		if _, err := input.Write(frame); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(output, line); err != nil {
			t.Fatal(err)
		}
		if string(line) != "0.0000 0 0\n" && !strings.HasSuffix(string(line), " 0 0\n") {
			t.Fatalf("a line of silence is %q", line)
		}
	}
	input.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestFramesEndWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, _ := io.Pipe() // nothing ever comes
	err := hearFrames(ctx, &environment{stdin: in, stdout: io.Discard}, &hearOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v; want %v", err, context.Canceled)
	}
}

func TestFarEndOfFrames(t *testing.T) {
	raw := rawAudio(channelOf("1s little_longer little_longer 1s"))
	bot := channelOf("little_longer little_longer 2s")
	folder := t.TempDir()
	names := []string{filepath.Join(folder, "bot.raw"), filepath.Join(folder, "bot.wav")}
	var file bytes.Buffer
	if err := audio.WriteWAV(&file, audio.SampleRate, bot); err != nil {
		t.Fatal(err)
	}
	for i, content := range [][]byte{rawAudio(bot), file.Bytes()} {
		if err := os.WriteFile(names[i], content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	alone := framesOf(t, bytes.NewReader(raw), "--set", "barge_in=off")
	fromRaw := framesOf(t, bytes.NewReader(raw), "--set", "barge_in=off", "--far", names[0])
	fromWAV := framesOf(t, bytes.NewReader(raw), "--set", "barge_in=off", "--far", names[1])
	if fromRaw != fromWAV {
		t.Error("the far end as raw samples and as WAV file gives different lines")
	}
	opens := func(lines string) int { return strings.Index(lines, " 1\n") / lineBytes }
	if a, b := opens(alone), opens(fromRaw); a > 75 || b < 150 {
		t.Errorf("the turn opens in frame %d alone and %d over a bot of 150 frames that nobody may interrupt", a, b)
	}
}

func TestAppendFrame(t *testing.T) {
	for p, want := range map[float32]string{0: "0.0000", 1: "1.0000", 0.5: "0.5000", 0.99996: "1.0000", 0.00004: "0.0000", 0.12345: "0.1235", -1: "0.0000", 2: "1.0000"} {
		if got := string(appendFrame(nil, &vad.Decision{Probability: p, Speech: true}, false)); got != want+" 1 0\n" {
			t.Errorf("probability %v is %q; want %q", p, got, want+" 1 0\n")
		}
	}
}

func TestFramesDoNotAllocate(t *testing.T) {
	hearer := &frameHearer{ear: vad.NewEar(newJudge(), vad.Settings{}), lines: make([]byte, 0, 1000)}
	frame := make([]byte, frameBytes)
	if got := testing.AllocsPerRun(200, func() {
		hearer.lines = hearer.lines[:0]
		if err := hearer.frames(frame); err != nil {
			t.Fatal(err)
		}
	}); got != 0 {
		t.Errorf("%v allocations a frame; want 0", got)
	}
}

// BenchmarkFrames measures a frame from raw audio to its line, with the detector that
// the command has, and with the energy detector, beside which it costs what it costs.
func BenchmarkFrames(b *testing.B) {
	for name, judge := range map[string]vad.FrameJudge{"energy": new(vad.Energy), "command": newJudge()} {
		b.Run(name, func(b *testing.B) {
			raw := rawAudio(channelOf("1s one_moment 1s"))
			hearer := &frameHearer{ear: vad.NewEar(judge, vad.Settings{}), lines: make([]byte, 0, 1000)}
			frames := len(raw) / frameBytes
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				hearer.lines = hearer.lines[:0]
				at := i % frames * frameBytes
				if err := hearer.frames(raw[at : at+frameBytes]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestHeardSoFar(t *testing.T) {
	for length, want := range map[time.Duration]string{0: "1m30s heard", 5*time.Minute + 400*time.Millisecond: "1m30s of 5m0s heard"} {
		if got := heardSoFar(90*time.Second, length); got != want {
			t.Errorf("90 s of %v: %q; want %q", length, got, want)
		}
	}
}

func TestSettingsOfHearing(t *testing.T) {
	base := hearSettings{Settings: vad.DefaultSettings}
	with := func(change func(*hearSettings)) hearSettings {
		s := base
		change(&s)
		return s
	}
	for _, tt := range []struct {
		change string
		want   hearSettings
		err    string // part of it
	}{
		{"end_of_speech=1s", with(func(s *hearSettings) { s.EndOfSpeech = time.Second }), ""},
		{"call.end_of_speech=1s", with(func(s *hearSettings) { s.EndOfSpeech = time.Second }), ""},
		{"max_turn=5s", with(func(s *hearSettings) { s.MaxTurn = 5 * time.Second }), ""},
		{"speech_threshold=0.25", with(func(s *hearSettings) { s.Threshold = 0.25 }), ""},
		{"barge_in=300ms", with(func(s *hearSettings) { s.BargeIn = 300 * time.Millisecond }), ""},
		{"barge_in=off", with(func(s *hearSettings) { s.BargeIn = vad.Never }), ""},
		{"answer=free", with(func(s *hearSettings) { s.answer = vad.FreeAnswer }), ""},
		{"answer=long", base, `"long" is neither any, short nor free`},
		{"end_of_speech", base, "must be KEY=VALUE"},
		{"end_of_speach=1s", base, `no setting "end_of_speach"`},
		{"end_of_speech=0", base, "no duration"},
		{"speech_threshold=high", base, "no probability"},
	} {
		got := base
		err := got.set(tt.change)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("set %q = %+v, error %v; want %+v, error %q", tt.change, got, err, tt.want, tt.err)
		}
	}
}

func TestConfiguredHearing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lexline.yml")
	for _, tt := range []struct{ content, variable, want string }{
		{"call: {end_of_speech: 900ms, max_turn: 9s}\n", "", "900ms 9s"},
		{"listen: :1\n", "", fmt.Sprintf("%v %v", defaultConfig().Call.EndOfSpeech, defaultConfig().Call.MaxTurn)},
		{"call: {end_of_speech: 1ms}\n", "", "lexline.yml:1: call.end_of_speech: 1ms is not between"},
		{"call: {end_of_speach: 1ms}\n", "", `unknown key "call.end_of_speach"`},
		{"call: {end_of_speech: 900ms, max_turn: 9s}\n", "LEXLINE_CALL_END_OF_SPEECH=1s", "1s 9s"},
		{"call: {max_turn: 9s}\n", "LEXLINE_CALL_END_OF_SPEECH=1ms", "environment variable LEXLINE_CALL_END_OF_SPEECH: call.end_of_speech: 1ms is not"},
		{"call: {max_turn: 9s}\n", "LEXLINE_CALL_END_OF_SPEACH=1s", "LEXLINE_CALL_END_OF_SPEACH: there is no such setting"},
	} {
		if err := os.WriteFile(file, []byte(tt.content), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := configuredHearing(file, environmentOf(tt.variable))
		got := fmt.Sprintf("%v %v", s.EndOfSpeech, s.MaxTurn)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("of %q and %q: %s; want %s", tt.content, tt.variable, got, tt.want)
		}
	}
}

// environmentOf has one variable, NAME=VALUE, or none.
func environmentOf(variable string) *environment {
	name, value, _ := strings.Cut(variable, "=")
	return &environment{
		getenv: func(asked string) string {
			if asked == name {
				return value
			}
			return ""
		},
		environ: func() []string { return []string{variable} },
	}
}

// checkPicture is a program for scripts: it decodes the pictures that its arguments
// name, whole, and prints their sizes, and of SVG the number of elements with a name.
func checkPicture() {
	for _, name := range os.Args[1:] {
		content, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		if filepath.Ext(name) == ".png" {
			img, err := png.Decode(bytes.NewReader(content))
			if err != nil {
				panic(err)
			}
			fmt.Printf("%s: %d pixels wide\n", name, img.Bounds().Dx())
			continue
		}
		texts := map[string]int{}
		for d := xml.NewDecoder(bytes.NewReader(content)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				panic(err)
			}
			if start, ok := token.(xml.StartElement); ok {
				texts[start.Name.Local]++
			}
		}
		fmt.Printf("%s: %d pictures, %d texts or more\n", name, texts["svg"], texts["text"]/10*10)
	}
}

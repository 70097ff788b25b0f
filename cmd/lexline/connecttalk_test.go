package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lexline/internal/audio"
	"lexline/internal/connect"
	"lexline/internal/lexlocal"
)

// serveRegion serves the example bot as a local Lex until the test ends, and
// returns its URL.
func serveRegion(t *testing.T, region string, ears *lexlocal.Scripted) string {
	t.Helper()
	bots, err := loadBots([]string{orderFlowers})
	if err != nil {
		t.Fatal(err)
	}
	cfg := lexlocal.Config{Region: region, Bots: bots, Now: time.Now}
	if ears != nil {
		cfg.Recognizer = ears
	}
	server, err := lexlocal.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the local Lex in %s: %v", region, err)
		}
	})
	return "http://" + listener.Addr().String()
}

// writeFlow writes the generated flow for the example bot, and returns its path.
func writeFlow(t *testing.T) string {
	t.Helper()
	const account = ":111122223333:"
	flow, err := connect.NewFlow(connect.FlowConfig{
		Lambda: "arn:aws:lambda:us-east-1" + account + "function:lexDRGetRegion",
		Bots: []connect.RegionBot{
			{Region: "us-east-1", Alias: "arn:aws:lex:us-east-1" + account + "bot-alias/BOTIDEAST1/ALIASEAST1"},
			{Region: "us-west-2", Alias: "arn:aws:lex:us-west-2" + account + "bot-alias/BOTIDWEST2/ALIASWEST2"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := flow.Encode()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "flow.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// recordings makes WAV files of the gateway's own sounds, and ears that take them
// for these words.
func recordings(t *testing.T, words map[string]string) (files map[string]string, ears *lexlocal.Scripted) {
	t.Helper()
	folder := t.TempDir()
	files = map[string]string{}
	var clips []map[string]string
	for sound, said := range words {
		mulaw, err := os.ReadFile("sounds/" + sound + ".ulaw")
		if err != nil {
			t.Fatal(err)
		}
		var wav bytes.Buffer
		if err := audio.WriteWAV(&wav, audio.SampleRate, audio.DecodeMuLaw(nil, mulaw)); err != nil {
			t.Fatal(err)
		}
		files[said] = filepath.Join(folder, sound+".wav")
		if err := os.WriteFile(files[said], wav.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		clips = append(clips, map[string]string{"id": sound, "file": sound + ".wav", "words": said})
	}
	text, err := json.Marshal(map[string]any{"clips": clips})
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(folder, "clips.json")
	if err := os.WriteFile(script, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if ears, err = lexlocal.LoadScript(script); err != nil {
		t.Fatal(err)
	}
	return files, ears
}

// TestConnectCallByVoice orders flowers by WAV files at a local Lex with ears,
// while the region that the Lambda function names is gone.
func TestConnectCallByVoice(t *testing.T) {
	files, ears := recordings(t, map[string]string{
		"one_moment": "i would like to order flowers", "let_me_see": "roses", "goodbye": "tomorrow", "apology": "ten a m", "still_checking": "yes",
	})
	west := serveRegion(t, "us-west-2", ears)
	args := []string{
		"connect", "call", writeFlow(t), "--lex", "us-east-1=http://127.0.0.1:1", "--lex", "us-west-2=" + west,
		"--local", "OrderFlowers/TestBotAlias", "--lambda-answer", "us-east-1",
	}
	for _, said := range []string{"i would like to order flowers", "roses", "tomorrow", "ten a m", "yes"} {
		args = append(args, "--wav", files[said])
	}
	var out, errs bytes.Buffer
	env := &environment{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(string) string { return "" }}
	code := run(t.Context(), env, args)
	for _, want := range []string{
		"caller   (plays " + files["roses"] + ")", "ERROR    bot-us-east-1 is left by NoMatchingError to us-east-1-failed",
		"OrderFlowers was fulfilled by the bot in us-west-2. FlowerType=roses",
		"answers: us-west-2 5; moved to another region: 1; error branches: 1; caller said nothing: 0; utterances without an answer: 1, to be said again: 1",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output has no %q", want)
		}
	}
	if code != 0 || t.Failed() {
		t.Errorf("exit code %d; want 0\n%s%s", code, out.String(), errs.String())
	}
}

// TestConnectCallInterrupted ends the command's context while a person is asked.
func TestConnectCallInterrupted(t *testing.T) {
	east := serveRegion(t, "us-east-1", nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	asked := &notice{text: "you> ", noticed: cancel}
	env := &environment{stdin: neverAnything{ctx}, stdout: asked, stderr: &bytes.Buffer{}, getenv: func(string) string { return "" }}
	go func() {
		ended <- runConnectCall(ctx, env, []string{
			writeFlow(t), "--lex", "us-east-1=" + east, "--lex", "us-west-2=" + east, "--local", "OrderFlowers/TestBotAlias", "--lambda-answer", "us-east-1",
		})
	}()
	if err := <-ended; err == nil || !strings.Contains(asked.all.String(), "end      cancelled") {
		t.Errorf("the command ended with %v; want the cause of the end, after\n%s", err, asked.all.String())
	}
}

// neverAnything is an input on which nothing comes until ctx ends.
type neverAnything struct{ ctx context.Context }

func (n neverAnything) Read([]byte) (int, error) {
	<-n.ctx.Done()
	return 0, fmt.Errorf("read: %w", n.ctx.Err())
}

// notice calls noticed once a text was written.
type notice struct {
	text    string
	noticed func()
	all     bytes.Buffer
}

func (n *notice) Write(p []byte) (int, error) {
	n.all.Write(p)
	if strings.Contains(string(p), n.text) {
		n.noticed()
	}
	return len(p), nil
}

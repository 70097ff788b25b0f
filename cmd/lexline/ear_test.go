package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lexline/internal/call"
	"lexline/internal/twiliosim"
)

// lateThenDown stands before a local Lex: its answers are late, and once it is down
// nothing but errors, so that nobody knows what became of a turn.
func lateThenDown(t *testing.T, down *atomic.Bool) func(lexAddress string) string {
	return func(lexAddress string) string {
		target, err := url.Parse(lexAddress)
		if err != nil {
			t.Fatal(err)
		}
		forward := httputil.NewSingleHostReverseProxy(target)
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if strings.HasSuffix(req.URL.Path, "/utterance") {
				select {
				case <-time.After(2600 * time.Millisecond):
				case <-req.Context().Done():
				}
			}
			if down.Load() { // of the session nobody learns anything either
				w.Header().Set("X-Amzn-ErrorType", "InternalServerException")
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			forward.ServeHTTP(w, req)
		}))
		t.Cleanup(proxy.Close)
		return proxy.URL
	}
}

// TestCallerHearsTheBuiltinSounds listens at the phone: the words of waiting and the
// apology arrive as they are in the program.
func TestCallerHearsTheBuiltinSounds(t *testing.T) {
	var down atomic.Bool
	r := newRigBehind(t, lateThenDown(t, &down))
	script := "wait\npress 1#\npause 4s\npress 2#\npause 3s\nwait\nhangup"
	record := r.call(t.Context(), script, "secret", func(e twiliosim.Event) {
		if e.Event == "press" && e.Key == "2" {
			down.Store(true)
		}
	})
	if !record.OK() {
		t.Errorf("the phone saw %s: %s", record.Reason, record.Text)
	}
	heard, sounds := record.Heard(), builtinSounds()
	for _, name := range []string{"one_moment", "let_me_see", "apology"} {
		at, frames := findFrames(heard, sounds[name])
		if whole := len(sounds[name]) / call.FrameBytes; frames < whole {
			t.Errorf("%d of %d frames of %s were heard in order", frames, whole, name)
		}
		heard = heard[at:]
	}
	for _, name := range []string{"still_checking", "little_longer", "goodbye"} {
		if _, frames := findFrames(record.Heard(), sounds[name]); frames > 10 {
			t.Errorf("%d frames of %s were heard; want none", frames, name)
		}
	}
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("run = %v", err)
	}
	r.ended = nil
	if log := r.log.String(); !strings.Contains(log, "bot_failures=1 fillers=2") {
		t.Errorf("log lacks the call's fillers and failure:\n%s", log)
	}
}

// findFrames looks for the frames of a sound in their order and returns where the
// last one found ends, and how many were. A phone on a busy machine may hear holes
// between frames.
func findFrames(heard, sound []byte) (end, frames int) {
	for ; len(sound) >= call.FrameBytes; sound = sound[call.FrameBytes:] {
		i := bytes.Index(heard[end:], sound[:call.FrameBytes])
		if i < 0 {
			break
		}
		end += i + call.FrameBytes
		frames++
	}
	return end, frames
}

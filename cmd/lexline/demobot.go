package main

import (
	"context"
	"encoding/json"
	"strings"
)

// startBot starts the local Lex and takes from its first line which engines
// give it ears and a voice.
func (d *demo) startBot(ctx context.Context) (*service, error) {
	args := []string{"bot", "serve", "--listen", "127.0.0.1:0", "--bot", d.bot, "--alias", "ver_one", "--log-format", "json"}
	ready := func(text []byte) string {
		var start botStart
		if json.Unmarshal(text, &start) != nil || start.Op != "Start" {
			return ""
		}
		d.engines.Recognizer, d.engines.Synthesizer = engineOrNone(start.Recognizer), engineOrNone(start.Synthesizer)
		d.engines.Recordings = recordedSounds()
		return strings.TrimPrefix(start.Endpoint, "http://")
	}
	take := func(text []byte) []line { return d.story.bot(text) }
	return d.startService(ctx, "bot", args, ready, take)
}

// engineOrNone returns an engine's state, or nothing if it says that there is none.
func engineOrNone(state string) string {
	if strings.HasPrefix(state, "none") {
		return ""
	}
	return state
}

package main

import (
	"context"
	"encoding/json"
	"strings"
)

// startBot starts a local Lex region and takes from its first line which engines
// give it ears and a voice.
func (d *demo) startBot(ctx context.Context, region string) (*service, error) {
	args := []string{
		"bot", "serve", "--region", region, "--listen", "127.0.0.1:0", "--bot", d.bot, "--alias", "ver_one", "--log-format", "json",
	}
	ready := func(text []byte) string {
		var start botStart
		if json.Unmarshal(text, &start) != nil || start.Op != "Start" {
			return ""
		}
		d.engines.Recognizer, d.engines.Synthesizer = start.Recognizer, start.Synthesizer
		d.engines.Recordings = recordedSounds()
		return strings.TrimPrefix(start.Endpoint, "http://")
	}
	take := func(text []byte) []line { return d.story.bot(text) }
	return d.startService(ctx, region, args, ready, take)
}

// present reports whether an engine's state is not that there is none.
func present(state string) bool { return state != "" && !strings.HasPrefix(state, "none") }

// whyKeys says why callers press keys; empty when they can speak.
func (d *demo) whyKeys() string {
	switch {
	case d.keys:
		return "as --keys says"
	case !present(d.engines.Recognizer):
		return "the bot has no recognizer"
	case !present(d.engines.Synthesizer):
		return "the callers have no synthesizer"
	}
	return ""
}

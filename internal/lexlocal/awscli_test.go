package lexlocal

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// debianCLI is Debian's AWS CLI. Another aws may come first on the PATH, and
// version 1 has no lexv2-runtime.
const debianCLI = "/usr/bin/aws"

// TestAWSCLI holds a conversation with a program that is not ours and not the
// Go SDK.
func TestAWSCLI(t *testing.T) {
	ts := serve(t, nil)
	home := t.TempDir()
	voice := filepath.Join(home, "voice.pcm")
	target := []string{"--bot-id", *flowersBot, "--bot-alias-id", *draft, "--locale-id", *english, "--session-id", "CA0123"}
	aws := awsCLI(t, ts.url)
	cli := func(into any, args ...string) {
		t.Helper()
		aws(into, "lexv2-runtime", args...)
	}
	var text recognizeTextResponse
	cli(&text, append([]string{"recognize-text", "--text", "I would like to order some flowers."}, target...)...)
	if text.SessionState.DialogAction == nil || text.SessionState.DialogAction.SlotToElicit != "FlowerType" {
		t.Errorf("recognize-text: %+v, want FlowerType elicited", text)
	}

	caller := filepath.Join(home, "caller.pcm")
	if err := os.WriteFile(caller, make([]byte, 16000), 0o600); err != nil {
		t.Fatal(err)
	}
	var utterance struct{ InputMode, ContentType, Messages, InputTranscript string }
	cli(&utterance, append([]string{
		"recognize-utterance", "--input-stream", caller, "--request-content-type", lpcm8k,
		"--response-content-type", "audio/pcm", voice,
	}, target...)...)
	var transcript string
	if err := unpackHeader(utterance.InputTranscript, &transcript); err != nil || transcript != "roses" || utterance.InputMode != "Speech" {
		t.Errorf("recognize-utterance: %+v, transcript %q, %v; want roses in Speech", utterance, transcript, err)
	}
	info, err := os.Stat(voice)
	if err != nil || info.Size() == 0 || utterance.ContentType != "audio/pcm" {
		t.Errorf("recognize-utterance wrote %v, %v as %s; want a voice in audio/pcm", info, err, utterance.ContentType)
	}

	var session getSessionResponse
	cli(&session, append([]string{"get-session"}, target...)...)
	if in := session.SessionState.Intent; in == nil || in.Slots["FlowerType"].interpreted() != "roses" {
		t.Errorf("get-session: %+v, want roses", session)
	}

	var put struct{ SessionID, Messages string }
	cli(&put, append([]string{
		"put-session", "--response-content-type", "text/plain; charset=utf-8",
		"--session-state", `{"dialogAction":{"type":"Delegate"},"intent":{"name":"OrderFlowers"}}`, voice,
	}, target...)...)
	var words []message
	if err := unpackHeader(put.Messages, &words); err != nil || !containsOne(messagesText(words), askFlower) {
		t.Errorf("put-session: %+v, %v; want the question for the flowers", put, err)
	}

	var deleted deleteSessionResponse
	cli(&deleted, append([]string{"delete-session"}, target...)...)
	if deleted.SessionID != "CA0123" {
		t.Errorf("delete-session: %+v, want CA0123", deleted)
	}

	var alias struct{ BotAliasID, BotAliasName, BotAliasStatus string }
	aws(&alias, "lexv2-models", "create-bot-alias", "--bot-id", *flowersBot, "--bot-alias-name", "spare", "--bot-version", "1")
	if alias.BotAliasName != "spare" || alias.BotAliasStatus != "Creating" || ts.aliasID(t, "spare") != alias.BotAliasID {
		t.Errorf("create-bot-alias: %+v, want spare Creating", alias)
	}
	id := alias.BotAliasID
	aws(&alias, "lexv2-models", "delete-bot-alias", "--bot-id", *flowersBot, "--bot-alias-id", id)
	if alias.BotAliasID != id || alias.BotAliasStatus != "Deleting" || ts.aliasID(t, "spare") != "" {
		t.Errorf("delete-bot-alias: %+v, want %s Deleting", alias, id)
	}
}

// awsCLI returns a function that runs Debian's AWS CLI against an endpoint. It skips
// the test where there is none.
func awsCLI(t *testing.T, endpoint string) func(into any, service string, args ...string) {
	t.Helper()
	if _, err := os.Stat(debianCLI); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the AWS CLI is missing (Debian package awscli): %v", err)
		}
		t.Skipf("the AWS CLI is missing (Debian package awscli): %v", err)
	}
	home := t.TempDir()
	return func(into any, service string, args ...string) {
		t.Helper()
		args = append([]string{service, "--endpoint-url", endpoint, "--region", "us-east-1", "--output", "json"}, args...)
		c := exec.CommandContext(t.Context(), debianCLI, args...)
		c.Env = []string{
			"PATH=/usr/bin:/bin", "HOME=" + home, "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + filepath.Join(home, "none"),
			"AWS_ACCESS_KEY_ID=dummy", "AWS_SECRET_ACCESS_KEY=dummy", "NO_PROXY=127.0.0.1",
		}
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("aws %v: %v\n%s", args, err, out)
		}
		if err := json.Unmarshal(out, into); err != nil {
			t.Fatalf("aws %v answered %q: %v", args, out, err)
		}
	}
}

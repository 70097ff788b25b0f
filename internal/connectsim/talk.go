package connectsim

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"time"

	"lexline/internal/connect"
)

// What the caller hears, and when they are listened to.

// perWord is how long a word takes to be spoken: 150 in a minute.
const perWord = 400 * time.Millisecond

// prompt returns the words of the prompt that an action has, and whether it has
// one. A recording is named, as nobody can read it.
func (c *run) prompt(a *connect.Action) (text string, ok bool) {
	if text, ok = a.Parameters["Text"].(string); ok {
		return fill(text, c.data), true
	}
	if text, ok = a.Parameters["SSML"].(string); ok {
		return stripSSML(fill(text, c.data)), true
	}
	if text, ok = a.Parameters["PromptId"].(string); ok {
		return "(recording " + resolve(text, c.data) + ")", true
	}
	media, ok := a.Parameters["Media"].(map[string]any)
	if !ok {
		return "", false
	}
	return "(recording " + resolve(words(media["Uri"]), c.data) + ")", true
}

// play lets the caller hear text. Nothing is heard of a blank one.
func (c *run) play(ctx context.Context, a *connect.Action, text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	c.listening()
	c.chain, c.steps = 0, 0
	c.heard = append(c.heard, text)
	c.emit(Event{Event: KindPrompt, Action: a.Identifier, Type: a.Type, Text: text})
	pause(ctx, c.paced(time.Duration(len(strings.Fields(text)))*perWord))
	c.quiet = time.Now()
}

// paced returns how long something takes here that takes d on a telephone.
func (c *run) paced(d time.Duration) time.Duration {
	return time.Duration(float64(d) * c.n.cfg.Pace)
}

// listening ends a silence.
func (c *run) listening() {
	c.result.Silence = max(c.result.Silence, time.Since(c.quiet))
}

// listen gives the turn to the caller and returns what they do, and whether the
// contact goes on.
func (c *run) listen(ctx context.Context, a *connect.Action, heard Heard, limit time.Duration) (said Utterance, on bool) {
	c.listening()
	heard.Prompts, c.heard = c.heard, nil
	said, err := c.in.Caller.Next(ctx, heard)
	if err != nil {
		said = Utterance{HangUp: true}
	}
	if heard.Keypad && said.Keys == "" && !said.HangUp {
		said = Utterance{} // only keys are listened to
	}
	if ctx.Err() != nil {
		return said, false
	}
	c.emit(Event{Event: KindCaller, Action: a.Identifier, Type: a.Type, Text: said.String()})
	pause(ctx, c.paced(takes(said, limit)))
	c.quiet = time.Now()
	return said, !said.HangUp
}

// takes returns how long an utterance takes.
func takes(said Utterance, silence time.Duration) time.Duration {
	switch {
	case said.HangUp:
		return 0
	case said.Keys != "":
		return time.Duration(len(said.Keys)) * perWord
	case said.Speech != nil:
		return said.Speech.Duration()
	case said.Silent():
		return silence
	}
	return time.Duration(len(strings.Fields(said.Text))) * perWord
}

// stripSSML returns the words of SSML. What is no markup after all is returned
// as it stands.
func stripSSML(text string) string {
	var out strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return strings.Join(strings.Fields(out.String()), " ")
		case err != nil:
			return text
		}
		switch t := token.(type) {
		case xml.CharData:
			out.Write(t)
		case xml.StartElement, xml.EndElement:
			out.WriteByte(' ')
		}
	}
}

package lexhook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
)

// longestTurn is how long the name of a turn may be that a key shows in full.
const longestTurn = 128

// Key returns what is done once for an event: NAMESPACE/INTENT/turn/TURN for a
// turn that carries TurnAttribute, the same in every region and every
// repetition.
//
// Without the attribute, as on a conversation stream, the key is made of the
// session id, the intent and the values of its slots. Then a caller who orders
// the very same thing twice in one session, within the time to live of keys,
// is given the first answer twice.
func Key(namespace string, e Event) string {
	intent := ""
	if e.SessionState.Intent != nil {
		intent = e.SessionState.Intent.Name
	}
	prefix := url.PathEscape(namespace) + "/" + url.PathEscape(intent)
	if turn := e.RequestAttributes[TurnAttribute]; turn != "" {
		if escaped := url.PathEscape(turn); len(escaped) <= longestTurn {
			return prefix + "/turn/" + strings.ReplaceAll(escaped, "%2F", "/") // nothing follows it
		}
		return prefix + "/long/" + digest(turn)
	}
	return prefix + "/slots/" + digest(e.SessionID, slotTexts(e.SessionState.Intent))
}

// slotTexts returns the values of an intent's slots, whatever their shape.
func slotTexts(in *Intent) map[string][]string {
	texts := make(map[string][]string)
	if in != nil {
		for name, s := range in.Slots {
			collect(texts, name, s, 0)
		}
	}
	return texts
}

// deepest bounds the nesting of slots; Lex itself has two levels.
const deepest = 10

func collect(texts map[string][]string, name string, s *Slot, depth int) {
	if s == nil || depth == deepest {
		return
	}
	if s.Value != nil {
		texts[name] = append(texts[name], s.Value.Interpreted)
	}
	for _, v := range s.Values {
		collect(texts, name, v, depth+1)
	}
	for part, v := range s.SubSlots {
		collect(texts, name+"\x00"+part, v, depth+1)
	}
}

// digest names any values by 32 letters, the same for the same values.
func digest(values ...any) string {
	text, err := json.Marshal(values) // maps in the order of their keys
	if err != nil {
		panic("lexhook: strings always have a JSON form: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

package connectsim

import (
	"encoding/json"
	"strconv"
	"strings"
)

// What a flow refers to is written as $.Namespace.key or $['Namespace']['key'], with
// keys that have blanks or the like in them as .['a key']
// (https://docs.aws.amazon.com/connect/latest/adminguide/how-to-reference-attributes.html).

// parsePath reads a reference from the start of text, and returns its keys and how
// many bytes it takes. No keys means that there is no reference. The full stop
// that ends a sentence is no part of one.
func parsePath(text string) (keys []string, length int) {
	if !strings.HasPrefix(text, "$.") && !strings.HasPrefix(text, "$['") {
		return nil, 0
	}
	at := 1
	for at < len(text) {
		key, n := parseKey(text[at:])
		if n == 0 {
			break
		}
		keys, at = append(keys, key), at+n
	}
	if len(keys) == 0 {
		return nil, 0
	}
	return keys, at
}

// parseKey reads .key, .['key'], ['key'] or [1] from the start of text.
func parseKey(text string) (key string, length int) {
	rest := strings.TrimPrefix(text, ".")
	dots := len(text) - len(rest)
	if after, ok := strings.CutPrefix(rest, "['"); ok {
		key, _, ok := strings.Cut(after, "']")
		if !ok || key == "" {
			return "", 0
		}
		return key, dots + len("['") + len(key) + len("']")
	}
	if after, ok := strings.CutPrefix(rest, "["); ok {
		index, _, ok := strings.Cut(after, "]")
		if n, err := strconv.Atoi(index); !ok || err != nil || n < 0 {
			return "", 0
		}
		return index, dots + len(index) + 2
	}
	n := 0
	for n < len(rest) && isKeyByte(rest[n]) {
		n++
	}
	if dots == 0 || n == 0 {
		return "", 0
	}
	return rest[:n], dots + n
}

func isKeyByte(b byte) bool {
	return b == '_' || b == '-' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

// resolve returns text with the reference that it is replaced by its value; what
// is no reference stays. A reference to nothing is empty.
func resolve(text string, data map[string]any) string {
	keys, length := parsePath(text)
	if keys == nil || length != len(text) {
		return text
	}
	return words(look(data, keys))
}

// maxFilled bounds what a text may come to, in bytes, with the values of its
// references. It is more than any limit of Connect, and less than what a flow of a
// thousand references to a large attribute would come to.
const maxFilled = 64 << 10

// fill returns text with all references inside it replaced by their values, as
// Connect does in prompts and in ARNs. What is beyond maxFilled is cut off.
func fill(text string, data map[string]any) string {
	var out strings.Builder
	for text != "" && out.Len() < maxFilled {
		at := strings.IndexByte(text, '$')
		if at < 0 {
			break
		}
		out.WriteString(text[:at])
		text = text[at:]
		keys, length := parsePath(text)
		if keys == nil {
			length = len("$")
			out.WriteString(text[:length])
		} else {
			out.WriteString(words(look(data, keys)))
		}
		text = text[length:]
	}
	out.WriteString(text)
	filled := out.String()
	return filled[:min(len(filled), maxFilled)]
}

// look returns what is in data at the end of a path, nil for nothing.
func look(data any, keys []string) any {
	for _, key := range keys {
		switch in := data.(type) {
		case map[string]any:
			data = in[key]
		case map[string]string:
			value, ok := in[key]
			if !ok {
				return nil
			}
			data = value
		case []any:
			n, err := strconv.Atoi(key)
			if err != nil || n < 0 || n >= len(in) {
				return nil
			}
			data = in[n]
		default:
			return nil
		}
	}
	return data
}

// words returns a value as text.
func words(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

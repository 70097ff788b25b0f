// Package secret holds what must not be printed: callers' words, what they are
// told, values that they gave. A text in it cannot get into a log, an answer or a
// dump by being part of something that is printed whole: whoever wants to see it
// has to say so, by Reveal, and a reader of the code finds all of these places.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// shown is what everybody else sees, of an empty text as well.
const shown = "***"

// Text is a text whose printed form is ***, whatever prints it: fmt with every
// verb, slog, JSON, XML, YAML. The zero value is the empty text. It is safe for
// several goroutines. == does not compare texts; use Equal.
type Text struct {
	// Behind a pointer, as fmt asks no methods of what stands in an unexported field
	// of another struct: it prints an address there, where it would print the text.
	hidden *string
}

// New returns s as a secret.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{&s}
}

// Reveal returns the text itself. It is the one way out.
func (t Text) Reveal() string {
	if t.hidden == nil {
		return ""
	}
	return *t.hidden
}

// Empty reports whether the text is the empty one.
func (t Text) Empty() bool { return t.hidden == nil }

// Equal reports whether both texts are the same.
func (t Text) Equal(other Text) bool { return t.Reveal() == other.Reveal() }

// String returns ***.
func (Text) String() string { return shown }

// GoString returns ***.
func (Text) GoString() string { return shown }

// Format writes ***, whatever the verb.
func (Text) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, shown) // fmt has nowhere to put an error
}

// LogValue returns ***.
func (Text) LogValue() slog.Value { return slog.StringValue(shown) }

// MarshalText returns ***.
func (Text) MarshalText() ([]byte, error) { return []byte(shown), nil }

// MarshalJSON returns *** as a JSON string.
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"` + shown + `"`), nil }

package region

// Class says what the outcome of an attempt or of a probe speaks for: about the
// region, about the bot or about ourselves. It is a bounded set: metrics use it
// as a label.
type Class string

// The classes.
const (
	None      Class = ""          // no error: a good outcome
	Hard      Class = "hard"      // the alias is gone or access is denied: repeating it there is of no use
	Soft      Class = "soft"      // the region is in trouble: 5xx, a timeout, a broken connection, an answer that cannot be read
	Load      Class = "load"      // the region has enough: 429
	Ours      Class = "ours"      // our own fault: two requests at once on one session (409), a state that the bot refuses (400), no credentials
	Bot       Class = "bot"       // the bot's own parts failed: 424, and 502 if Lex says so
	Abandoned Class = "abandoned" // nobody waits for the answer any more
)

// Classes lists every class of failure.
var Classes = [...]Class{Hard, Soft, Load, Ours, Bot, Abandoned}

// Blames reports whether an error of this class speaks against the region in
// which it happened.
func (c Class) Blames() bool { return c == Hard || c == Soft }

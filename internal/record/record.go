package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Schema is the number of the schema of records that this package writes. Fields are
// added without a new number, and readers take no offence at those that they do not
// know; a new number means that an old field means something else.
const Schema = 1

// The states of a record.
const (
	Live  = "live"  // the call goes on, or its gateway has died
	Ended = "ended" // all is in it
)

// Record is what is kept of one call, or of one stream of it if it had several. Times
// of day are UTC; what ends in _ms counts milliseconds, those of turns from Started.
type Record struct {
	retention time.Duration // how long it is kept; known of one that was begun here

	Schema    int       `json:"schema"`
	Call      string    `json:"call"` // the carrier's id
	State     string    `json:"state"`
	Line      string    `json:"line"`
	Direction string    `json:"direction,omitempty"` // inbound or outbound, seen from the line
	Gateway   string    `json:"gateway,omitempty"`   // the one that had the call
	From      Number    `json:"from"`
	To        Number    `json:"to"`
	Started   time.Time `json:"started"`
	Updated   time.Time `json:"updated"`        // when this was written
	Ended     time.Time `json:"ended,omitzero"` // not of a call that goes on
	Resumed   bool      `json:"resumed,omitempty"`
	Returned  string    `json:"returned,omitempty"` // the latest target that did not take the call, so that the caller is back with the bot
	Turns     []Turn    `json:"turns"`
	LeftOut   int       `json:"left_out,omitempty"` // turns without their words, or at all, so that the record does not grow for ever
	Moves     []Move    `json:"moves,omitempty"`

	BargeIns int `json:"barge_ins"`
	Fillers  int `json:"fillers"`  // times that the caller was asked to wait
	Failures int `json:"failures"` // turns on which the bot failed
	Silences int `json:"silences"` // times that the caller was asked again, or given up, as they said nothing
	Keys     int `json:"keys"`     // keys that the bot was asked with, not which

	Result     string `json:"result,omitempty"` // as in the log; empty while the call goes on
	Reason     string `json:"reason,omitempty"`
	Next       *Next  `json:"next,omitempty"` // what became of the caller, where that is not that the carrier hung up
	AnsweredBy string `json:"answered_by,omitempty"`
	Recording  string `json:"recording,omitempty"` // the file with the sound, in the folder for recordings

	Transcripts bool `json:"transcripts"` // words were kept
}

// Number is a telephone number, or another address of the carrier's.
type Number struct {
	Hash string `json:"hash,omitempty"` // by which calls of the same number are found; see HashNumber
	Ends string `json:"ends,omitempty"` // its last two digits
	Full string `json:"full,omitempty"` // only if that is switched on
}

// Turn is one turn of the caller's with what followed it. A time of zero, which is left
// out, means that it did not happen.
type Turn struct {
	Number int    `json:"turn"` // of a turn without words that of the one before it
	Kind   string `json:"kind"` // speech, keys, none

	Began    int64 `json:"began_ms,omitempty"`    // first sound of the caller's, or first key
	Ended    int64 `json:"ended_ms,omitempty"`    // last one
	Noticed  int64 `json:"noticed_ms,omitempty"`  // the turn was found to be over
	Asked    int64 `json:"asked_ms,omitempty"`    // the question was put to the bot; of speech while it grew
	Answered int64 `json:"answered_ms,omitempty"` // the answer was known
	Sent     int64 `json:"sent_ms,omitempty"`     // first sound of what the caller was told went out
	Heard    int64 `json:"heard_ms,omitempty"`    // it was heard
	Wait     int64 `json:"wait_ms,omitempty"`     // from the caller's last sound to the first that they heard

	Region string `json:"region,omitempty"` // where it was answered
	Told   int64  `json:"told_ms"`          // of what the caller was told so much was heard ...
	Length int64  `json:"length_ms"`        // ... of so much

	Interrupted bool   `json:"interrupted,omitempty"`
	Fillers     int    `json:"fillers,omitempty"`
	Keys        int    `json:"keys,omitempty"`
	Failure     string `json:"failure,omitempty"` // one word for why the bot failed
	Intent      string `json:"intent,omitempty"`
	State       string `json:"state,omitempty"`
	Expected    string `json:"expected,omitempty"` // slot that the turn was to fill
	Elicits     string `json:"elicits,omitempty"`  // slot that was asked for then
	Closed      bool   `json:"closed,omitempty"`   // the bot was done

	// Only with transcripts. Masked values are replaced by the slot's name in braces.
	Words  string            `json:"words,omitempty"`  // the caller's, as the bot understood them
	Said   string            `json:"said,omitempty"`   // the bot's, as far as they were heard
	Unsaid string            `json:"unsaid,omitempty"` // the rest
	Slots  map[string]string `json:"slots,omitempty"`  // filled by then
}

// Move is a change of the region that answers.
type Move struct {
	Turn int    `json:"turn"` // the first that was answered there
	From string `json:"from"`
	To   string `json:"to"`
}

// Next is what became of the caller when the bot was done with them.
type Next struct {
	Kind    string    `json:"kind"`              // transfer or redirect
	Target  string    `json:"target,omitempty"`  // its name in the configuration
	Way     string    `json:"way,omitempty"`     // to a target: number, sip, client, queue or workflow
	Context string    `json:"context,omitempty"` // what was passed on; only with transcripts
	Dialled []Dialled `json:"dialled,omitempty"` // the target, and those that followed it, as far as it is known what became of them
}

// ErrUnreadable is wrapped by errors of Parse.
var ErrUnreadable = errors.New("record cannot be read")

// Parse reads a record. Fields that it does not know are left out. A record of a later
// schema is read as far as it can be; its number says which it is.
func Parse(text []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if r.Schema < 1 || r.Call == "" || r.Started.IsZero() {
		return Record{}, fmt.Errorf("%w: schema, call or started is missing", ErrUnreadable)
	}
	return r, nil
}

// Encode writes a record as one line of JSON, without a line break.
func (r Record) Encode() ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write the record of call %s: %w", r.Call, err)
	}
	return text, nil
}

// Outside is the number that is not the line's: the caller's, or of a call that was
// placed by us the one that was called.
func (r Record) Outside() Number {
	if r.Direction == Outbound {
		return r.To
	}
	return r.From
}

// The directions of a call, seen from the line.
const (
	Inbound  = "inbound"
	Outbound = "outbound"
)

// millis is a time or length as records have it.
func millis(d time.Duration) int64 { return d.Milliseconds() }

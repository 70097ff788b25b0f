package twiliosim

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lexline/internal/audio"
)

// Record is what is kept of a call.
type Record struct {
	Call      string    `json:"call"`    // CallSid
	Account   string    `json:"account"` // AccountSid
	From      string    `json:"from"`
	To        string    `json:"to"`
	URL       string    `json:"url"`       // of the webhook
	Direction string    `json:"direction"` // inbound or outbound-api, seen from the application
	Script    string    `json:"script"`    // its name
	Seed      uint64    `json:"seed"`      // with Number: repeats the ids
	Number    int       `json:"number"`    // of the call, from 1 on
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended"`
	Result    string    `json:"result"` // ResultOK or ResultFault
	Reason    string    `json:"reason"` // one of the End constants
	Status    string    `json:"status"` // the call's last CallStatus
	Text      string    `json:"text"`   // what there is to say about the end
	Faults    int       `json:"faults"` // mistakes of the application; the first ones are among Events
	Frames    int       `json:"frames"` // 20 ms each: the length of the WAV file
	// LateMS is how late a frame was at the worst, because the machine that the
	// phone runs on was busy: where it is large, no delay in this record can be
	// trusted.
	LateMS int64   `json:"late_ms"`
	WAV    string  `json:"wav,omitempty"` // file beside this record; set by Save
	Events []Event `json:"events"`

	caller, heard []byte // mu-law, frame by frame, on one clock
}

// OK reports whether the script was done to its end without any fault.
func (r *Record) OK() bool { return r.Result == ResultOK }

// Heard returns what the caller heard from the beginning of the call on, as
// mu-law, 160 bytes for each frame. It must not be changed.
func (r *Record) Heard() []byte { return r.heard }

// WriteWAV writes the call as a stereo WAV file: the caller on the left, what the
// caller heard on the right.
func (r *Record) WriteWAV(w io.Writer) error {
	return audio.WriteWAV(w, audio.SampleRate, audio.DecodeMuLaw(nil, r.caller), audio.DecodeMuLaw(nil, r.heard))
}

// Save writes the record and the sound of the call into dir, which is made if
// need be, as CallSid.json and CallSid.wav.
func (r *Record) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save the call: %w", err)
	}
	r.WAV = r.Call + ".wav"
	if err := writeFile(filepath.Join(dir, r.WAV), r.WriteWAV); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, r.Call+".json"), func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	})
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("save the call: %w", err)
	}
	err = write(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("save the call in %s: %w", path, err)
	}
	return nil
}

package drill

import "time"

// Report is what came of a run. Its JSON form is what `lexline region drill
// --json` prints and what bench/results keeps: fields are added, never renamed.
type Report struct {
	Policy  string  `json:"policy"` // lexline or article
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"`
	// Interrupted runs are judged by what there is; Planned is how long the run was
	// to take, about.
	Interrupted bool    `json:"interrupted"`
	Planned     float64 `json:"planned_s"`
	Lanes       int     `json:"callers"`
	Calls       int     `json:"calls"`

	Dropped  int `json:"calls_dropped"`   // ended by the other side before the script's end
	GaveUp   int `json:"calls_given_up"`  // the caller waited for an answer in vain
	Stopped  int `json:"calls_stopped"`   // under way when the drill was ended
	Spared   int `json:"calls_spared"`    // under way while every region was broken: no promise was made to them
	Breaches int `json:"protocol_faults"` // calls in which the gateway broke the carrier's protocol

	Utterances    int `json:"utterances"`
	Lost          int `json:"utterances_lost"`           // without an answer, or less than 95 % of one reached a region
	AnsweredTwice int `json:"utterances_answered_twice"` // heard or given

	CutOff int `json:"answers_cut_off"`     // less was heard than the bot said
	Broken int `json:"answers_with_a_hole"` // of more than a sentence's pause, in the middle

	Confirmed int `json:"orders_confirmed"` // by their caller, who heard the bot's last words
	Placed    int `json:"orders_placed"`    // in the hook's ledger
	Missing   int `json:"orders_missing"`   // confirmed and not placed
	Twice     int `json:"orders_twice"`
	Wrong     int `json:"orders_wrong"`   // placed with other values than the caller gave
	Misheard  int `json:"words_misheard"` // by a real recogniser, when they were said
	SlotsLost int `json:"slots_lost"`     // filled in one answer and gone in a later one

	Before        Quantiles     `json:"extra_before"`
	Faults        []FaultReport `json:"faults"`
	Silence       float64       `json:"longest_silence_s"`
	RegionChanges int           `json:"region_changes"` // of the gateway's verdicts: to down and back
	Moves         int           `json:"calls_moved"`    // turns answered by another region than the turn before
	LateMS        int64         `json:"phones_late_ms"` // at the worst: a delay below this means nothing
	Measured      string        `json:"measured_against"`

	// Violations are the broken promises, in words, one for each; Late are the
	// bounds of time that were missed by more than the phones were late. None is an
	// empty list.
	Violations []string `json:"violations"`
	Late       []string `json:"late"`
	Notes      []string `json:"notes,omitempty"` // what could not be told
}

// FaultReport is what came of one fault.
type FaultReport struct {
	Kind    Kind     `json:"kind"`
	Regions []string `json:"regions"`
	At      float64  `json:"at_s"` // since the beginning of the run
	For     float64  `json:"for_s"`

	Calls int `json:"calls_around"` // with a turn in the window
	// Attempts are those in the broken regions that failed, or were not waited for,
	// while the fault lay on them: as the gateway tells, and so known of every kind
	// of fault. Nil when no gateway's log was read.
	Attempts *int `json:"attempts_failed"`
	// Failed are the requests that the fault struck, as the broken regions tell. Nil
	// for kinds of faults under which a region can tell nothing.
	Failed *int `json:"failed_requests"`

	// Around are the turns that ended from 2 s before the fault to 10 s after it,
	// Committing those of them that placed an order; After the later ones, to the
	// next fault, both kinds.
	Around     Quantiles `json:"extra_around"`
	Committing Quantiles `json:"extra_committing"`
	After      Quantiles `json:"extra_after"`
	Silence    float64   `json:"longest_silence_s"`

	// Seconds after the fault, and FailBack and Answered after its end; -1 when it
	// did not happen. Detected: the gateway's first bad verdict. Switched: the last
	// request that reached a broken region while it was broken, for a new call.
	// Back: the first verdict that lets new calls in again. FailBack: the first new
	// call in the restored region. Answered: the first
	// answer after the end of a fault that lay on every region.
	Detected float64 `json:"detected_s"`
	Switched float64 `json:"switched_s"`
	Back     float64 `json:"verdict_back_s"`
	FailBack float64 `json:"failback_s"`
	Answered float64 `json:"answered_s"`
}

// OK reports whether no promise was broken.
func (r *Report) OK() bool { return len(r.Violations) == 0 }

// The bounds of time that --strict holds a run to.
const (
	boundP50        = 900 * time.Millisecond
	boundP99        = 2 * time.Second
	boundMax        = 4 * time.Second
	boundCommitting = 5 * time.Second
	boundAfter      = 50 * time.Millisecond
	boundSilence    = 4 * time.Second
	boundNewCalls   = 10 * time.Second
	boundRecovery   = 10 * time.Second
)

// The window around a fault.
const (
	windowBefore = 2 * time.Second
	windowAfter  = 10 * time.Second
)

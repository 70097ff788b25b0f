package drill

// ConnectReport is what came of a drill of contact flows. Its JSON form is what
// `lexline region drill --channel connect --json` prints: fields are added, never
// renamed.
type ConnectReport struct {
	Policy      string  `json:"policy"`
	Seed        uint64  `json:"seed"`
	Seconds     float64 `json:"seconds"`
	Interrupted bool    `json:"interrupted"`
	Planned     float64 `json:"planned_s"`
	Every       float64 `json:"check_every_s"` // between two health checks, as it was run
	Lanes       int     `json:"customers"`

	Contacts   int `json:"contacts"`
	Lost       int `json:"contacts_lost"`    // not served by any bot: cut, or ended with an apology
	GaveUp     int `json:"contacts_gave_up"` // the customer would not say it all a third time
	Stopped    int `json:"contacts_stopped"` // under way when the drill was ended
	Spared     int `json:"contacts_spared"`  // not served while every region was broken: no promise was made to them
	Branched   int `json:"contacts_moved"`   // by the error branch of a block to the other region's
	Misled     int `json:"misled"`           // the flow was told what is no region, or nothing
	Utterances int `json:"utterances"`
	Repeats    int `json:"utterances_repeated"`

	Placed  int `json:"orders_placed"`
	Missing int `json:"orders_missing"` // the customer was told so, and they are not in the ledger
	Twice   int `json:"orders_twice"`
	Wrong   int `json:"orders_wrong"`

	// LateMS is how late a customer spoke at the worst, in ms. No wait below it means
	// anything: it was the machine that was busy.
	LateMS int64 `json:"customers_late_ms"`

	Silence float64        `json:"longest_silence_s"`
	Asked   Quantiles      `json:"region_told_in"` // how long flows waited for lexDRGetRegion
	Checks  int            `json:"checks"`
	Failed  int            `json:"checks_failed"`
	Moves   int            `json:"table_moves"`
	Faults  []ConnectFault `json:"faults"`

	// Violations are the broken promises, in words, one for each; an empty list if
	// there is none.
	Violations []string `json:"violations"`
	Notes      []string `json:"notes,omitempty"`
}

// OK reports whether no promise was broken.
func (r *ConnectReport) OK() bool { return len(r.Violations) == 0 }

// ConnectFault is what came of one fault. Times are in seconds, -1 for never.
type ConnectFault struct {
	Kind    Kind     `json:"kind"`
	Regions []string `json:"regions"`
	At      float64  `json:"at_s"`
	For     float64  `json:"for_s"`

	// Checked is when the first health check that began after the fault had ended,
	// and Moved when the table named a region that was not broken, after the fault.
	Checked float64 `json:"checked_s"`
	Moved   float64 `json:"moved_s"`
	// LastLed is when the last contact began that was led to a broken region while
	// it was broken, after the fault.
	LastLed float64 `json:"last_led_s"`
	// BackMoved is when the table named the restored region again, and BackLed when the
	// first contact began that was led there, after the end of the fault.
	BackMoved float64 `json:"back_moved_s"`
	BackLed   float64 `json:"back_led_s"`

	// Before has the contacts that a broken region could still meet: under way when
	// the fault came, or begun before the table had moved. Until are those begun
	// later, until the fault ended, and After those begun after it and over before the
	// next one.
	Before Phase `json:"before_move"`
	Until  Phase `json:"after_move"`
	After  Phase `json:"after_fault"`
}

// Phase is what became of the contacts of one stretch of time.
type Phase struct {
	Contacts int `json:"contacts"`
	Lost     int `json:"lost"`
	Branched int `json:"moved"`
	Repeats  int `json:"repeated"`
	// Extra is how much longer the customers waited, all in all, than those before
	// the first fault who said as much.
	Extra   Quantiles `json:"extra_wait"`
	Silence float64   `json:"longest_silence_s"`
}

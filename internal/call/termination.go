package call

// Result classes how a call ended.
type Result string

// The results.
const (
	Success       Result = "success"        // the call did what it was for
	CallerEnded   Result = "caller_ended"   // the caller left before the bot was done
	PeerFault     Result = "peer_fault"     // the carrier's side was lost or broke the protocol
	ServerFault   Result = "server_fault"   // we could not go on
	UpstreamFault Result = "upstream_fault" // the bot could not go on
	LimitReached  Result = "limit_reached"  // a limit of the configuration ended it
)

// Reason says in one word why a call ended. It is a bounded set: metrics use it as a label.
type Reason string

// The reasons.
const (
	BotClosed      Reason = "bot_closed"       // the bot closed the dialog and its last words were heard
	BotHungUp      Reason = "bot_hung_up"      // the bot said, by session attribute, that the call is to be hung up
	Transferred    Reason = "transferred"      // the bot, or an intent, asked for somebody else
	Redirected     Reason = "redirected"       // the bot asked for other instructions of the carrier
	KeyedForPerson Reason = "keyed_for_person" // the caller pressed the key that asks for somebody
	CallerLeft     Reason = "caller_left"      // the carrier stopped the stream
	BotFailed      Reason = "bot_failed"       // the bot failed on several turns in a row
	CallerSilent   Reason = "caller_silent"    // the caller said nothing, however often they were asked
	TooLong        Reason = "too_long"         // the call went on for as long as a call may
	LegLost        Reason = "leg_lost"         // the connection broke or went silent
	BadPeer        Reason = "bad_peer"         // the peer broke the protocol
	Replaced       Reason = "replaced"         // the carrier opened a newer stream of the same call
	Shutdown       Reason = "shutdown"         // the gateway was told to stop
	Panicked       Reason = "panicked"         // a fault in our own code, contained to this call
)

// Results returns all results.
func Results() []Result {
	return []Result{Success, CallerEnded, PeerFault, ServerFault, UpstreamFault, LimitReached}
}

// Reasons returns all reasons.
func Reasons() []Reason {
	return []Reason{
		BotClosed, BotHungUp, Transferred, Redirected, KeyedForPerson, CallerLeft, BotFailed, CallerSilent, TooLong,
		LegLost, BadPeer, Replaced, Shutdown, Panicked,
	}
}

// Over reports whether a call that ended so is over for its caller too. Otherwise its
// stream was lost, or we were at fault, and the caller still waits.
func (t Termination) Over() bool {
	switch t.Reason {
	case "", LegLost, BadPeer, Replaced, Shutdown, Panicked:
		return false
	}
	return true
}

// NextKind says what the carrier does with a caller once the call is over.
type NextKind uint8

// What may become of a caller.
const (
	NextHangUp   NextKind = iota // nothing: the carrier hangs up
	NextTransfer                 // they are handed over to a target: a person, mostly
	NextRedirect                 // the carrier goes on with other instructions
)

func (k NextKind) String() string {
	return [...]string{"hang_up", "transfer", "redirect"}[k]
}

// Next is what becomes of the caller once the call is over. The zero value hangs up.
type Next struct {
	Kind   NextKind
	Target string // name of the target or the redirect; one of the configuration's, never one from the wire
	Intent string // in force when the call was over; empty without one
	// Context tells whoever goes on what the caller wanted, in a few words. It has the
	// caller's own data in it and at most MaxContext bytes of valid UTF-8.
	Context string
}

// MaxContext bounds Next.Context, in bytes: it travels in addresses.
const MaxContext = 400

// Termination is the one statement of how a call ended.
type Termination struct {
	Result Result
	Reason Reason
	Next   Next
	Err    error // what went wrong, for the log; nil for a regular end
}

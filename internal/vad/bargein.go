package vad

// While the bot can be heard, its own voice may come back from the caller's side,
// and a caller who coughs or says "mhm" does not mean to take the word. So more is
// demanded to open a turn then.
const (
	audibleLevel  = -60.0 // dBov: a far end below it is silent
	audibleFrames = 30    // after which no echo of it comes any more: 600 ms
	bargeInSpread = 1.5   // the window of the evidence, as a multiple of it: people hesitate
)

// BargeIn is the gate between a caller and a bot that talks. It knows when the bot can
// be heard, and what evidence of the caller interrupts it then. When the bot cannot be
// heard it lets everything through. The zero value is not usable; call NewBargeIn.
type BargeIn struct {
	demand    Demand // while the bot can be heard
	never     bool
	quiet     int     // frames since the far end was last audible, as far as it matters
	blocked   bool    // the bot could be heard in the frame before, and nobody may interrupt it
	candidate float32 // the most evidence of a barge-in under way; 0: none is
}

// NewBargeIn returns a gate that has heard nothing of a bot.
func NewBargeIn(s Settings) *BargeIn {
	s = s.WithDefaults()
	b := &BargeIn{never: s.BargeIn == Never, quiet: audibleFrames}
	if b.never {
		s.BargeIn = DefaultSettings.BargeIn
	}
	frames := int(s.BargeIn / frameTime)
	b.demand = Demand{
		Evidence: float32(frames) * sure,
		Window:   min(int(float64(frames)*bargeInSpread), maxWindow),
	}
	return b
}

// Frame takes the level of what the caller is played in the next frame, in dBov, -100
// for silence, and returns the evidence that opens a turn. What is echo and what is
// the caller, the detector has told apart already.
//
// Where callers never interrupt, no evidence is enough as long as the bot can be
// heard; what they said in its very last echo then counts at once.
func (b *BargeIn) Frame(far float32) Demand {
	b.quiet = min(b.quiet+1, audibleFrames)
	if far > audibleLevel {
		b.quiet = 0
	}
	if !b.Audible() {
		if b.blocked {
			b.blocked = false
			return Demand{Evidence: b.demand.Evidence, Window: maxWindow}
		}
		return plainDemand
	}
	if b.never {
		b.blocked = true
		return Demand{Evidence: maxWindow + 1, Window: maxWindow}
	}
	return b.demand
}

// Audible reports whether the bot, or its echo, can be heard.
func (b *BargeIn) Audible() bool { return b.quiet < audibleFrames }

// Decided takes what the endpointer made of the frame: its evidence, and whether the
// caller has the word. It returns the evidence of a barge-in that came to nothing in
// this frame: enough to open a turn, had the bot been silent; 0 if there was none.
func (b *BargeIn) Decided(evidence float32, open bool) (refused float32) {
	switch {
	case open:
		b.candidate = 0
	case evidence >= plainDemand.Evidence && b.Audible():
		b.candidate = max(b.candidate, evidence)
	case b.candidate > 0 && evidence < plainDemand.Evidence/2:
		refused, b.candidate = b.candidate, 0
	}
	return refused
}

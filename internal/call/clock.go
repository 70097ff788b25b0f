package call

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// turnClock follows one turn from the end of the caller's words to the first
// audio of the answer, writes the stages at debug level, and keeps what the
// call's last log line needs. Times are since the call began.
type turnClock struct {
	turn    int
	done    time.Duration // when the turn was found to be over
	waiting bool          // until the first audio of the answer
	keys    bool          // the caller keyed it

	answers int // turns whose answer was played
	total   time.Duration
	longest time.Duration
}

// dropped ends the measurement of a turn whose answer will not be played.
func (t *turnClock) dropped() { t.waiting = false }

func (t *turnClock) asked(turn int) { t.turn = turn }

func (t *turnClock) ended(log *slog.Logger, now, silence time.Duration) {
	t.done, t.waiting, t.keys = now, true, false
	log.Debug("turn ended", "turn", t.turn, "silence_ms", silence.Milliseconds())
}

func (t *turnClock) keyed(log *slog.Logger, now time.Duration, turn int) {
	t.turn, t.done, t.waiting, t.keys = turn, now, true, true
	log.Debug("turn ended", "turn", turn, "keyed", true)
}

// answered says what the bot made of the turn. Keys are never logged: they are
// card numbers and PINs.
func (t *turnClock) answered(log *slog.Logger, now time.Duration, a *Answer) {
	transcript := a.Transcript
	if t.keys {
		transcript = strings.Repeat("*", len(transcript))
	}
	log.Debug("turn answered", "turn", t.turn, "answer_ms", (now - t.done).Milliseconds(),
		"mode", a.InputMode, "transcript", transcript, "intent", a.Intent, "state", a.State,
		"elicits", a.Elicits, "closed", a.Closed)
}

func (t *turnClock) played(log *slog.Logger, now time.Duration) {
	if !t.waiting {
		return
	}
	t.waiting = false
	took := now - t.done
	t.answers++
	t.total += took
	t.longest = max(t.longest, took)
	log.Debug("turn playing", "turn", t.turn, "play_ms", took.Milliseconds())
}

// logEnd writes the one line that a call leaves behind.
func (c *Call) logEnd(end Termination) {
	level := slog.LevelInfo
	counts := c.talk.counts
	switch {
	case end.Reason == Panicked:
		level = slog.LevelError
	case counts.failures > 0 || end.Result == UpstreamFault || end.Result == PeerFault || end.Reason == Shutdown:
		level = slog.LevelWarn // a caller noticed
	}
	attrs := []any{
		"result", end.Result, "reason", end.Reason, "seconds", int(time.Since(c.began).Seconds()),
		"turns", counts.turns, "barge_ins", counts.bargeIns, "bot_failures", counts.failures, "fillers", counts.fillers,
	}
	if c.clock.answers > 0 {
		mean := c.clock.total / time.Duration(c.clock.answers)
		attrs = append(attrs, "answer_ms_mean", mean.Milliseconds(), "answer_ms_max", c.clock.longest.Milliseconds())
	}
	if end.Next.Kind != NextHangUp {
		attrs = append(attrs, "next", end.Next.Kind, "target", end.Next.Target) // not what the caller wanted: that is theirs
	}
	if end.Err != nil {
		attrs = append(attrs, "err", end.Err)
	}
	c.log.Log(context.Background(), level, "call ended", attrs...)
}

// masked shows the last two digits of a telephone number.
func masked(number string) string {
	const shown = 2
	if len(number) <= shown {
		return strings.Repeat("*", len(number))
	}
	return "***" + number[len(number)-shown:]
}

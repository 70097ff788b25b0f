package call

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"lexline/internal/vad"
)

// testRules are the rules of simulated calls: two short fillers and two longer ones.
var testRules = rules{
	keyTimeout: 3 * time.Second, keyEnd: '#', maxFailures: 3, giveUp: 6200 * time.Millisecond,
	noInput: 2 * time.Second, maxSilent: 3,
	fillers: []int{8400, 5600, 15000, 12400}, fillerAfter: 1500 * time.Millisecond, fillerEvery: 3 * time.Second,
}

const (
	step          = 20 * time.Millisecond
	longestQuiet  = 4 * time.Second
	apologyLength = 30000
)

// patience simulates calls with a slow bot whose voice stalls. The caller talks,
// keys, remarks on the silence and interrupts; a real endpointer listens. After
// every step the caller's ear is asked what it heard. A failure replays from its seed.
type patience struct {
	t    *testing.T
	seed uint64
	rng  *rand.Rand
	now  time.Duration
	talk conversation
	over bool

	// the caller
	endpointer *vad.Endpointer
	talksUntil time.Duration
	sounded    time.Duration // when they were last heard
	keysAhead  bool          // they had keyed something before this step

	// the bot
	asked    int           // question in flight; 0 for none
	askedAt  time.Duration // since when it has the whole turn; 0 while it is being spoken
	keyed    bool
	delay    time.Duration // after which it answers
	fails    bool          // instead
	voice    *voice        // of the answer, or the apology, being played; nil for none
	accepted int           // answers that the call took

	// the carrier
	queueEnd time.Duration
	voiceEnd time.Duration // of the latest piece of an answer in it
	marks    []carrierMark
	filler   int // being sent; 0 for none
	fillerAt int // bytes of it
	latest   int // the last one
	begun    time.Duration
	inTurn   int           // fillers since the turn was asked
	spokenAt time.Duration // T0 of the turn; 0 when the caller has made a sound since

	reports reportWitness

	longest, extra time.Duration // silence; wait of an answer for a filler
}

// voice is an answer whose audio arrives in time, late, with a hole, or never whole.
type voice struct {
	turn       int // 0 for the apology
	closed     bool
	length     int
	begins     time.Duration // when the first byte is there
	hole       int           // at this byte ...
	holeFor    time.Duration // ... it stops for so long
	cut        bool          // the rest never comes, and the bot says so ...
	cutAt      int           // ... behind this byte
	open       bool          // the bot never says that it is done
	sent       int
	first      time.Duration // when the call had something to play of it; 0 before
	progress   time.Duration // when it last did
	toldTheEnd bool
}

// there counts the bytes that have arrived, at twice the speed of speech.
func (v *voice) there(now time.Duration) int {
	bytes := func(d time.Duration) int { return int(d/time.Millisecond) * 2 * bytesPerMillisecond }
	n := max(0, bytes(now-v.begins+step))
	if v.holeFor > 0 && n > v.hole {
		n = max(v.hole, n-bytes(v.holeFor))
	}
	if v.cut {
		n = min(n, v.cutAt)
	}
	return min(n, v.length)
}

func (v *voice) ended(now time.Duration) bool {
	n := v.there(now)
	return !v.open && now >= v.begins && (n == v.length || v.cut && n == v.cutAt)
}

func newPatience(t *testing.T, seed uint64) *patience {
	return &patience{
		t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 2)),
		talk: conversation{rules: testRules}, endpointer: vad.NewEndpointer(vad.Settings{EndOfSpeech: 800 * time.Millisecond}),
	}
}

func (s *patience) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("seed %d at %v, phase %d, turn %d: %s", s.seed, s.now, s.talk.phase, s.talk.turn, fmt.Sprintf(format, args...))
}

// upTo is a random time of whole steps.
func (s *patience) upTo(d time.Duration) time.Duration {
	return time.Duration(s.rng.Int64N(int64(d/step)+1)) * step
}

// odds is true once in n times.
func (s *patience) odds(n int) bool { return s.rng.IntN(n) == 0 }

func (s *patience) step() {
	s.now += step
	for len(s.marks) > 0 && s.marks[0].at <= s.now {
		id := s.marks[0].id
		s.marks = s.marks[1:]
		s.feed(input{kind: inMark, mark: id})
	}
	s.bot()
	s.caller()
	s.listen()
}

// caller lets them talk or key when it is their turn, and now and then when it is not.
func (s *patience) caller() {
	patient := map[phase]int{listening: 40, hearing: 1000, owed: 300, speaking: 400, leaving: 400}[s.talk.phase]
	if s.now > s.talksUntil && s.odds(patient) {
		if s.odds(5) {
			s.sounded, s.spokenAt = s.now, 0
			s.feed(input{kind: inKey, key: "123#"[s.rng.IntN(4)]})
			if s.filler != 0 && s.talk.phase != leaving {
				s.fail("filler %d goes on after a key", s.filler)
			}
		} else {
			s.talksUntil = s.now + 200*time.Millisecond + s.upTo(2*time.Second)
		}
	}
	voiced := s.now <= s.talksUntil
	if voiced {
		s.sounded, s.spokenAt = s.now, 0
	}
	var decision vad.Decision
	if voiced {
		decision.Probability = 1
	}
	change := s.endpointer.Frame(decision)
	s.feed(input{kind: inFrame, change: change, voiced: voiced, talking: s.endpointer.Open(), silence: s.endpointer.Silence()})
}

// bot answers the question in flight when its time has come, and lets its voice arrive.
func (s *patience) bot() {
	if s.asked > 0 && s.askedAt > 0 && s.now >= s.askedAt+s.delay {
		turn := s.asked
		s.asked = 0
		if s.fails {
			s.feed(input{kind: inFailure, turn: turn})
			return
		}
		if !s.talk.awaits(turn) {
			s.fail("answer to %d comes and is not awaited", turn)
		}
		s.accepted++
		s.voice = s.newVoice(turn)
		s.feed(input{kind: inAnswer, turn: turn, last: s.voice.closed})
	}
	if v := s.voice; v != nil && v.turn > 0 && v.ended(s.now) && !v.toldTheEnd {
		v.toldTheEnd = true
		kind := inComplete
		if v.cut {
			kind = inCut
		}
		s.feed(input{kind: kind, turn: v.turn})
	}
}

func (s *patience) newVoice(turn int) *voice {
	v := &voice{turn: turn, closed: s.odds(40), length: 800 + s.rng.IntN(48000), begins: s.now, progress: s.now, open: s.odds(50)}
	if s.odds(3) {
		v.begins += s.upTo(7 * time.Second)
	}
	if s.odds(3) {
		v.hole, v.holeFor = 1+s.rng.IntN(v.length), s.upTo(7*time.Second)
	}
	switch s.rng.IntN(20) {
	case 0:
		v.cut, v.cutAt = true, s.rng.IntN(v.length)
	case 1:
		v.cut, v.cutAt = true, s.rng.IntN(3)*100 // there at once
	}
	return v
}

// ask plans how long the bot will take.
func (s *patience) ask(turn int) {
	if s.asked > 0 {
		s.fail("question %d while %d is unanswered", turn, s.asked)
	}
	s.asked, s.askedAt = turn, 0
	s.fails = s.odds(8)
	s.delay = s.upTo(time.Second)
	switch s.rng.IntN(6) {
	case 0, 1:
		s.delay = s.upTo(6 * time.Second)
	case 2:
		s.delay = time.Hour
	}
}

// whole marks the moment from which the caller waits.
func (s *patience) whole() {
	s.askedAt, s.inTurn, s.spokenAt = s.now, 0, s.sounded
	if s.keyed {
		s.spokenAt, s.sounded = s.now, s.now // digits are complete when no more come
	}
}

func (s *patience) feed(in input) {
	if s.over {
		return
	}
	if v := s.voice; v != nil {
		in.available, in.ended = v.there(s.now)-v.sent, v.ended(s.now)
	}
	before := s.voice
	s.keysAhead = len(s.talk.keys) > 0
	for _, act := range s.talk.step(s.now, in) {
		s.do(act)
	}
	if v := s.voice; v != nil && v == before && !s.talk.playing() {
		if !v.ended(s.now) && s.now-s.begunWaiting(v) < testRules.giveUp || v.sent < v.there(s.now) {
			s.fail("left an answer after %d of %d bytes", v.sent, v.length)
		}
		s.voice = nil
	}
}

// begunWaiting is no later than the time since when a voice is missing.
func (s *patience) begunWaiting(v *voice) time.Duration {
	return min(s.queueEnd, s.now)
}

func (s *patience) do(act action) {
	switch act.kind {
	case doAsk, doAskKeys:
		s.keyed = act.kind == doAskKeys
		s.ask(act.turn)
		if s.keyed {
			s.whole()
		}
	case doFinish:
		s.whole()
	case doAbandon:
		s.abandoned()
	case doApology, doGoodbye:
		if v := s.voice; v != nil && v.there(s.now) > 0 {
			s.fail("apology in place of an answer that is there, %d bytes of it", v.there(s.now))
		}
		s.voice = &voice{length: apologyLength, begins: s.now - time.Minute}
	case doReport:
		if err := s.reports.take(*act.report, s.now); err != nil {
			s.fail("report: %v", err)
		}
	case doRemind:
		s.reminded()
	case doClear:
		if v := s.voice; v != nil && v.sent > 0 && s.voiceEnd > s.now {
			s.fail("cleared an answer that goes on")
		}
		s.queueEnd, s.filler = s.now, 0
		for i := range s.marks {
			s.marks[i].at = s.now
		}
	case doPlay:
		s.sent(act)
	case doEnd:
		s.over = true
		if s.queueEnd > s.now {
			s.fail("ended %v before the last words were heard", s.queueEnd-s.now)
		}
	}
}

// reminded checks that a caller is asked again only when nobody has anything to say.
func (s *patience) reminded() {
	switch {
	case s.asked > 0 || s.voice != nil || s.queueEnd > s.now:
		s.fail("caller is asked again while question %d is in flight, or something is played", s.asked)
	case s.endpointer.Open() || s.keysAhead:
		s.fail("caller is asked again while they talk or key")
	case s.now > s.talksUntil && s.now-max(s.queueEnd, s.sounded) < testRules.noInput-2*step: // else they have only just begun
		s.fail("caller is asked again %v after a sound", s.now-max(s.queueEnd, s.sounded))
	}
	s.spokenAt = 0 // it was not the bot that they waited for
	s.voice = &voice{length: apologyLength, begins: s.now - time.Minute}
}

// abandoned checks that a turn is given up for a reason: the caller goes on, or the
// bot has run out of time.
func (s *patience) abandoned() {
	caller := s.now-s.sounded <= 200*time.Millisecond || s.endpointer.Open() || s.keysAhead || len(s.talk.keys) > 0
	waited := s.asked > 0 && s.askedAt > 0 && s.now-s.askedAt >= testRules.giveUp
	stalled := s.voice != nil && s.voice.sent == s.voice.there(s.now)
	if !caller && !waited && !stalled {
		s.fail("turn abandoned for no reason")
	}
	s.asked, s.voice = 0, nil
}

func (s *patience) sent(act action) {
	if act.filler > 0 {
		s.sentFiller(act)
	} else {
		s.sentVoice(act)
	}
	s.queueEnd = max(s.queueEnd, s.now) + duration(act.bytes)
	if act.filler == 0 {
		s.voiceEnd = s.queueEnd
	}
	if ahead := s.queueEnd - s.now; ahead > 400*time.Millisecond {
		s.fail("%v ahead of the ear", ahead)
	}
	s.marks = append(s.marks, carrierMark{act.mark, s.queueEnd})
}

func (s *patience) sentFiller(act action) {
	switch {
	case act.from == 0 && s.filler != 0:
		s.fail("filler %d begins in filler %d", act.filler, s.filler)
	case act.from == 0 && s.queueEnd > s.now:
		s.fail("filler %d begins while something is heard", act.filler)
	case act.from == 0 && s.voice != nil && s.voice.there(s.now) > s.voice.sent:
		s.fail("filler %d begins although there is something to say", act.filler)
	case act.from == 0 && s.heeded() && s.now-max(s.sounded, s.queueEnd) < testRules.fillerAfter:
		s.fail("filler %d begins %v after a sound", act.filler, s.now-max(s.sounded, s.queueEnd))
	case act.from == 0 && act.filler == s.latest:
		s.fail("filler %d twice in a row", act.filler)
	case act.from == 0 && s.inTurn > 0 && s.now-s.begun < testRules.fillerEvery:
		s.fail("filler %d begins %v after another", act.filler, s.now-s.begun)
	case act.from == 0 && (testRules.fillers[act.filler-1] > shortFiller) != (s.inTurn > 0):
		s.fail("filler %d of %v is number %d of its turn", act.filler, duration(testRules.fillers[act.filler-1]), s.inTurn+1)
	case act.from == 0:
		s.filler, s.fillerAt, s.latest, s.begun = act.filler, 0, act.filler, s.now
		s.inTurn++
	case act.filler != s.filler || act.from != s.fillerAt:
		s.fail("filler %d from %d on behind filler %d up to %d", act.filler, act.from, s.filler, s.fillerAt)
	}
	s.fillerAt += act.bytes
	if s.fillerAt == testRules.fillers[s.filler-1] {
		s.filler = 0
	}
}

// heeded reports whether the call listens to the caller's voice: not while it says
// goodbye, not to one that has only just begun, nor beside keys.
func (s *patience) heeded() bool {
	return s.talk.phase != leaving && (s.now > s.talksUntil || s.endpointer.Open()) && !s.keyed && !s.keysAhead
}

func (s *patience) sentVoice(act action) {
	v := s.voice
	switch {
	case s.filler != 0:
		s.fail("answer begins in filler %d", s.filler)
	case v == nil:
		s.fail("played of no answer")
	case act.from != v.sent || act.from+act.bytes > v.there(s.now):
		s.fail("played %d bytes from %d on; want them from %d on, of %d", act.bytes, act.from, v.sent, v.there(s.now))
	}
	if v.sent == 0 && v.first > 0 {
		s.extra = max(s.extra, max(s.queueEnd, s.now)-v.first)
	}
	v.sent += act.bytes
	v.progress = s.now
}

// listen asks the caller's ear: has it been quiet for too long while the bot owed
// an answer, or the rest of one?
func (s *patience) listen() {
	if s.over {
		return
	}
	if s.asked > 0 && s.askedAt > 0 && s.now-s.askedAt > testRules.giveUp {
		s.fail("still waiting for a bot after %v", s.now-s.askedAt)
	}
	v := s.voice
	if v != nil && v.sent == 0 && v.there(s.now) > 0 && v.first == 0 {
		v.first = s.now
	}
	if v != nil && v.sent == v.there(s.now) && !v.ended(s.now) && s.now-v.progress > testRules.giveUp {
		s.fail("still waiting for the rest of an answer after %v", s.now-v.progress)
	}
	owes := s.asked > 0 && s.askedAt > 0 || v != nil && !(v.ended(s.now) && v.sent == v.there(s.now))
	if !owes {
		return
	}
	silence := s.now - max(min(s.queueEnd, s.now), s.sounded)
	s.longest = max(s.longest, silence)
	if silence > longestQuiet {
		s.fail("silence for %v", silence)
	}
	// The first sound of a turn that the caller waits for without a word.
	if s.spokenAt > 0 && s.queueEnd <= s.spokenAt && s.now-s.spokenAt > testRules.fillerAfter+step {
		s.fail("nothing was heard for %v after the caller's last word", s.now-s.spokenAt)
	}
}

func TestNobodyIsLeftInSilence(t *testing.T) {
	var longest, extra time.Duration
	var total tally
	answers := 0
	for seed := range uint64(500) {
		s := newPatience(t, seed)
		for !s.over && s.now < 2*time.Minute {
			s.step()
		}
		if err := s.reports.over(&s.talk); err != nil {
			s.fail("reports: %v", err)
		}
		longest, extra = max(longest, s.longest), max(extra, s.extra)
		answers += s.accepted
		total.turns += s.talk.counts.turns
		total.fillers += s.talk.counts.fillers
		total.apologies += s.talk.counts.apologies
		total.bargeIns += s.talk.counts.bargeIns
		total.silences += s.talk.counts.silences
	}
	t.Logf("longest silence %v, longest wait of an answer for a filler %v, %d answers, %+v", longest, extra, answers, total)
	if total.turns < 4000 || total.fillers < 4000 || total.apologies < 500 || total.bargeIns < 1000 || total.silences < 100 || answers < 3000 {
		t.Errorf("%d answers and %+v; the simulation exercises too little", answers, total)
	}
	if longest < 2*time.Second || extra < 500*time.Millisecond {
		t.Errorf("longest silence %v and wait %v; the simulation exercises too little", longest, extra)
	}
	if extra > fillerRest+2*step {
		t.Errorf("an answer waited %v for a filler; want at most %v", extra, fillerRest)
	}
}

func TestFillersTakeTurns(t *testing.T) {
	tests := []struct {
		name    string
		lengths []int
		counts  []int // of fillers in their turn before each
		want    []int
	}{
		{"short first", []int{8000, 8000, 16000, 16000}, []int{0, 1, 2, 0, 1, 0, 0}, []int{1, 3, 4, 2, 3, 1, 2}},
		{"listed otherwise", []int{16000, 8000, 16000}, []int{0, 1, 2, 0, 1}, []int{2, 1, 3, 2, 1}},
		{"only short ones", []int{8000, 8000}, []int{0, 1, 2, 0}, []int{1, 2, 1, 2}},
		{"only long ones", []int{16000, 16000}, []int{0, 0, 1, 2}, []int{1, 2, 1, 2}},
		{"one of each", []int{8000, 16000}, []int{0, 0, 1, 2, 3}, []int{1, 2, 1, 2, 1}},
		{"a single one", []int{8000}, []int{0, 1, 0}, []int{1, 1, 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var f filler
			var got []int
			for _, count := range test.counts {
				f.count = count
				f.choose(test.lengths)
				got = append(got, f.playing)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("fillers of %d bytes after %d in their turns = %d; want %d", test.lengths, test.counts, got, test.want)
			}
		})
	}
}

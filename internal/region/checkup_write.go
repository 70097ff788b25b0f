package region

import (
	"errors"
	"fmt"
	"time"
)

// put asks for the verdict to be written.
func (u *checkup) put(w checkupChange) {
	v := &w.verdict
	v.Version = max(u.items.verdict.Version, u.memory.version, 0) + 1
	v.At, v.Why = u.at(u.now), clip(v.Why)
	w.entry.At, w.entry.By = v.At, v.By
	u.write = w
	u.tries++
	u.stage = checkupWriting
	u.begun("write verdict", checkupAction{kind: checkupWrite, key: u.c.Key, change: v.change(u.items.verdict.Version)})
}

// begun asks for a write and waits for its answer.
func (u *checkup) begun(what string, a checkupAction) { u.pending[u.do(a)] = what }

// wrote takes in how a write ended.
func (u *checkup) wrote(ev checkupEvent) {
	what, ok := u.pending[ev.id]
	if !ok {
		return
	}
	delete(u.pending, ev.id)
	switch {
	case u.stage != checkupWriting:
		if ev.err != nil {
			u.unwritten(what, ev.err)
		}
	case ev.err == nil:
		u.written = true
		u.close(u.write.entry.Why)
	case u.tries < checkupTries && u.now < u.end-u.c.Deadline:
		if u.unsure = !errors.Is(ev.err, ErrConflict); u.unsure {
			u.fault(what, ev.err)
		}
		u.stage, u.reread = checkupDeciding, true
	default:
		u.unwritten(what, ev.err)
		u.close(fmt.Sprintf("it could not be written: %v", ev.err))
	}
}

// unwritten notes that something could not be written.
func (u *checkup) unwritten(what string, err error) {
	if what != "write memory" {
		if what != "write evidence" || !errors.Is(err, ErrConflict) { // else another run of this check has said it
			u.fault(what, err)
		}
		return
	}
	if errors.Is(err, ErrConflict) {
		err = errors.New("another run of this check wrote it meanwhile")
	}
	u.memFault = clip(what + ": " + err.Error())
}

// close writes what is left to write once the verdict is what it should be, or
// cannot be.
func (u *checkup) close(why string) {
	u.stage, u.why, u.watching = checkupClosing, clip(why), false
	if u.written {
		u.items.verdict, u.items.isKnown = u.write.verdict, true
		u.memory.region = u.write.verdict.Region
		u.begun("write audit trail", checkupAction{kind: checkupAppend, key: u.c.Key, entry: u.write.entry})
	}
	if u.items.isKnown {
		u.memory.version = max(u.memory.version, min(u.items.verdict.Version, maxVersion))
	}
	u.writeMemory()
	u.writeEvidence()
}

// writeMemory keeps what the next run needs. What could not be read is left as it is.
func (u *checkup) writeMemory() {
	if u.source == MemoryUnread {
		u.memFault = "it could not be read, and was left as it is"
		return
	}
	u.memory.judged = u.judge.Remember(u.now)
	u.memory.sawPeers(u.c.Settings.Regions[:u.rank], u.items.peers, u.now)
	u.memory.by = u.c.ID
	next := u.items.version + 1
	if u.items.version < 0 || u.items.version >= maxVersion {
		next = 1
	}
	u.begun("write memory", checkupAction{kind: checkupWrite, key: u.memoryKey, change: Change{
		Set:   u.memory.attributes(next, u.at(u.now)),
		Where: Where{Path: []string{attrVersion}, Is: u.items.version},
	}})
}

// writeEvidence tells the other checks what this one holds, and people.
func (u *checkup) writeEvidence() {
	if !u.items.seqKnown {
		return
	}
	opinion := u.judge.Opinion()
	e := Evidence{
		Epoch: u.wall.UnixNano(), Seq: u.items.seq + 1, Regions: u.c.Settings.Regions, Down: sortedKeys(opinion.Down),
		Panic: opinion.Panic, Doubt: opinion.Doubt, Once: true, At: u.at(u.now),
	}
	if turned := u.judge.turned(); turned != never {
		e.Since = u.at(turned)
	}
	if u.items.seq < 0 || u.items.seq >= maxVersion {
		e.Seq = 1
	}
	u.begun("write evidence", checkupAction{kind: checkupWrite, key: u.sourceKeys[u.rank], change: Change{
		Entry: Entry{Map: attrObservers, Name: u.c.ID, Value: e.attributes()},
		Where: Where{Path: []string{attrObservers, u.c.ID, "seq"}, Is: u.items.seq},
	}})
}

// turned is when a region was last taken out or came back; never if none was.
func (j *Judge) turned() (at time.Duration) {
	at = never
	for i := range j.regions {
		if r := &j.regions[i]; r.state == Down {
			at = max(at, r.since)
		} else {
			at = max(at, r.back)
		}
	}
	return at
}

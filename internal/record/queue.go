package record

import (
	"slices"
	"time"
)

// key names a record.
type key struct {
	call    string
	started time.Time
}

func keyOf(r Record) key { return key{r.Call, r.Started} }

// queue holds the records that wait to be written, each once and in its latest state.
// When it is full, a call that goes on has to do without: its state is dropped, and a
// later one may find room. The record of a call that has ended takes the place of one
// that goes on, or else of the oldest.
type queue struct {
	most    int
	order   []key // the oldest first
	byKey   map[key]Record
	dropped int64
}

func (q *queue) len() int { return len(q.order) }

func (q *queue) put(r Record) {
	k := keyOf(r)
	if _, there := q.byKey[k]; there {
		q.byKey[k] = r
		return
	}
	if len(q.order) >= q.most {
		q.dropped++
		if r.State == Live {
			return
		}
		q.makeRoom()
	}
	q.order = append(q.order, k)
	q.byKey[k] = r
}

// makeRoom drops a record of a call that goes on, or else the oldest.
func (q *queue) makeRoom() {
	at := max(0, slices.IndexFunc(q.order, func(k key) bool { return q.byKey[k].State == Live }))
	delete(q.byKey, q.order[at])
	q.order = slices.Delete(q.order, at, at+1)
}

// take takes the oldest out.
func (q *queue) take() (r Record, ok bool) {
	if len(q.order) == 0 {
		return Record{}, false
	}
	k := q.order[0]
	r = q.byKey[k]
	q.order = slices.Delete(q.order, 0, 1)
	delete(q.byKey, k)
	return r, true
}

// again puts back what was taken, in front, unless a later state has come meanwhile.
func (q *queue) again(r Record) {
	k := keyOf(r)
	if _, there := q.byKey[k]; there {
		return
	}
	if len(q.order) >= q.most {
		q.dropped++
		if r.State == Live {
			return
		}
		q.makeRoom()
	}
	q.order = slices.Insert(q.order, 0, k)
	q.byKey[k] = r
}

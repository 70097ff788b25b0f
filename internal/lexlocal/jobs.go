package lexlocal

import (
	"slices"
	"sync"
	"time"
)

// maxJobs is how many imports, and how many exports, are remembered; the oldest
// ones give way.
const maxJobs = 100

// work is what imports and exports have in common: they are begun, take a time
// by the clock, and have come to something. It is never changed.
type work struct {
	id            string
	created, done time.Time
	failures      []string
}

func (w work) key() string { return w.id }

// status is the importStatus or exportStatus.
func (w work) status(now time.Time) string {
	switch {
	case now.Before(w.done):
		return "InProgress"
	case len(w.failures) > 0:
		return "Failed"
	}
	return "Completed"
}

// changed returns when the status last changed.
func (w work) changed(now time.Time) time.Time {
	if now.Before(w.done) {
		return w.created
	}
	return w.done
}

// describe returns what descriptions and lists of work have in common. prefix is
// import or export.
func (w work) describe(prefix string, now time.Time) map[string]any {
	return map[string]any{
		prefix + "Id": w.id, prefix + "Status": w.status(now),
		"creationDateTime": epoch(w.created), "lastUpdatedDateTime": epoch(w.changed(now)),
	}
}

// jobs remembers imports or exports. It is safe for several goroutines.
type jobs[J interface{ key() string }] struct {
	mu   sync.Mutex
	list []J // the oldest first
}

func (j *jobs[J]) add(job J) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.list) == maxJobs {
		j.list = slices.Delete(j.list, 0, 1)
	}
	j.list = append(j.list, job)
}

func (j *jobs[J]) find(id string) (job J, ok bool) {
	for _, job := range j.all() {
		if job.key() == id {
			return job, true
		}
	}
	return job, false
}

// remove forgets a job. It reports whether it was there.
func (j *jobs[J]) remove(id string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := len(j.list)
	j.list = slices.DeleteFunc(j.list, func(job J) bool { return job.key() == id })
	return len(j.list) < before
}

func (j *jobs[J]) all() []J {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.list)
}

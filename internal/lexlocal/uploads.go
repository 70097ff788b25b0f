package lexlocal

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Limits of uploads. They are our own: Lex takes them to S3.
const (
	maxUpload   = 16 << 20 // bytes of one zip
	maxUploads  = 20       // uploads that no import has used yet
	maxUploaded = 64 << 20 // bytes of them all
	uploadTime  = 5 * time.Minute
)

// upload is a place for the zip of an import. Whoever knows its token may fill
// it.
type upload struct {
	importID, token string
	expires         time.Time
	data            []byte // nil until it has arrived
}

// uploads keeps the zips that wait for their import. It is safe for several
// goroutines.
type uploads struct {
	mu   sync.Mutex
	list []upload
}

// open makes a place for a zip.
func (u *uploads) open(now time.Time) (upload, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.list = slices.DeleteFunc(u.list, func(old upload) bool { return !old.expires.After(now) })
	if len(u.list) == maxUploads {
		return upload{}, exceeded("%d uploads wait for their import already", maxUploads)
	}
	opened := upload{importID: randomID(), token: rand.Text(), expires: now.Add(uploadTime)}
	u.list = append(u.list, opened)
	return opened, nil
}

// fill stores a zip. A second one replaces the first.
func (u *uploads) fill(importID, token string, data []byte, now time.Time) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	others, place := 0, -1
	for i, old := range u.list {
		if old.importID == importID && subtle.ConstantTimeCompare([]byte(old.token), []byte(token)) == 1 {
			place = i
			continue
		}
		others += len(old.data)
	}
	switch {
	case place < 0 || !u.list[place].expires.After(now):
		return forbidden("this upload URL was not given out, has expired, or has been used")
	case others+len(data) > maxUploaded:
		return exceeded("the uploads that wait for their import have more than %d bytes", maxUploaded)
	}
	u.list[place].data = data
	return nil
}

// take returns the upload of an import, which can be taken once.
func (u *uploads) take(importID string, now time.Time) (upload, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	i := slices.IndexFunc(u.list, func(old upload) bool { return old.importID == importID && old.expires.After(now) })
	switch {
	case i < 0:
		return upload{}, notFound("there is no upload for import %s: its URL was not given out, has expired, or has been used", importID)
	case u.list[i].data == nil:
		return upload{}, invalid("nothing has been uploaded for import %s", importID)
	}
	taken := u.list[i]
	u.list = slices.Delete(u.list, i, i+1)
	return taken, nil
}

// giveBack undoes take, for an import that could not begin.
func (u *uploads) giveBack(taken upload) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.list = append(u.list, taken)
}

// randomID returns an identifier in the form that Lex gives out.
func randomID() string { return rand.Text()[:10] }

func (q *request) createUploadURL() error {
	if err := q.json(&struct{}{}); err != nil {
		return err
	}
	if err := q.arrived(); err != nil {
		return err
	}
	opened, err := q.s.uploads.open(q.now)
	if err != nil {
		return err
	}
	return q.answerJSON(map[string]any{
		"importId": opened.importID, "uploadUrl": q.ownURL("uploads", opened.importID, opened.token),
	})
}

// ownURL returns an address of this server as the client of the request knows it.
func (q *request) ownURL(path ...string) string {
	u := url.URL{Scheme: "http", Host: q.r.Host}
	if q.r.TLS != nil {
		u.Scheme = "https"
	}
	return u.JoinPath(path...).String()
}

// upload takes the zip of an import. The place of S3 in Lex is a place of ours.
func (q *request) upload() error {
	data, err := q.body(maxUpload)
	if err == nil {
		err = q.arrived()
	}
	if err == nil {
		err = q.s.uploads.fill(q.r.PathValue("importId"), q.r.PathValue("token"), data, q.now)
	}
	if err == nil {
		err = q.ready()
	}
	if err != nil {
		return err
	}
	q.done(http.StatusOK)
	q.w.WriteHeader(http.StatusOK)
	return nil
}

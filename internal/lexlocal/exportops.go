package lexlocal

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"io"
	"net/http"
	"strconv"

	"lexline/internal/botdef"
)

// The part of the models API that exports. Shapes and rules:
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateExport.html.

// exportJob is one export. It is never changed. The zip is written when it is
// fetched: the definition cannot change any more.
type exportJob struct {
	work
	token    string // of the address from which the zip is fetched
	resource exportResource
	def      *botdef.Bot
}

// exportResource says what is exported: one of its fields is set.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_ExportResourceSpecification.html
type exportResource struct {
	Bot    *botExport    `json:"botExportSpecification,omitempty"`
	Locale *localeExport `json:"botLocaleExportSpecification,omitempty"`
}

type botExport struct {
	BotID   string `json:"botId"`
	Version string `json:"botVersion"`
}

type localeExport struct {
	botExport
	LocaleID string `json:"localeId"`
}

type createExportRequest struct {
	Resource exportResource `json:"resourceSpecification"`
	Format   string         `json:"fileFormat"`
	Password string         `json:"filePassword"`
}

func (r createExportRequest) check() error {
	switch {
	case r.Format != "LexJson":
		return invalid("fileFormat is %q, this local Lex writes LexJson", r.Format)
	case r.Password != "":
		return invalid("filePassword: the local Lex encrypts no zip")
	case (r.Resource.Bot == nil) == (r.Resource.Locale == nil):
		return invalid("resourceSpecification: this local Lex exports one botExportSpecification or one botLocaleExportSpecification")
	}
	return nil
}

// source returns which version of which bot is exported.
func (r exportResource) source() botExport {
	if r.Bot != nil {
		return *r.Bot
	}
	return r.Locale.botExport
}

func (q *request) createExport() error {
	var body createExportRequest
	if err := q.json(&body); err != nil {
		return err
	}
	if err := q.arrived(); err != nil {
		return err
	}
	if err := body.check(); err != nil {
		return err
	}
	def, err := q.exported(body.Resource)
	if err != nil {
		return err
	}
	job := &exportJob{
		work:  work{id: randomID(), created: q.now, done: q.now.Add(q.s.shortTime())},
		token: rand.Text(), resource: body.Resource, def: def,
	}
	if err := botdef.Write(io.Discard, def); err != nil {
		job.failures = []string{err.Error()}
	}
	q.s.exports.add(job)
	answer := q.summarizeExport(job)
	delete(answer, "lastUpdatedDateTime")
	return q.answerStatus(http.StatusAccepted, answer)
}

// exported returns the definition that an export is of.
func (q *request) exported(r exportResource) (*botdef.Bot, error) {
	from := r.source()
	if !idPattern.MatchString(from.BotID) {
		return nil, invalid("botId %q is not 10 letters or digits", from.BotID)
	}
	b, err := q.botWith(from.BotID)
	if err != nil {
		return nil, err
	}
	v, ok := b.at(from.Version)
	if !ok {
		return nil, notFound("bot %s has no version %s", b.name, from.Version)
	}
	def := *v.def
	def.ID, def.Version = b.id, v.number
	if r.Locale == nil {
		return &def, nil
	}
	l := def.Locale(r.Locale.LocaleID)
	if l == nil {
		return nil, notFound("version %s of bot %s has no locale %s", v.number, b.name, r.Locale.LocaleID)
	}
	def.LocaleOnly, def.Locales = true, []*botdef.Locale{l}
	return &def, nil
}

// summarizeExport returns an export as lists have it.
func (q *request) summarizeExport(job *exportJob) map[string]any {
	d := job.describe("export", q.now)
	d["fileFormat"], d["resourceSpecification"] = "LexJson", job.resource
	return d
}

func (q *request) describeExport() error {
	id := q.r.PathValue("exportId")
	job, ok := q.s.exports.find(id)
	if !ok {
		return notFound("there is no export %s", id)
	}
	d := q.summarizeExport(job)
	switch d["exportStatus"] {
	case "Completed":
		d["downloadUrl"] = q.ownURL("downloads", job.id, job.token)
	case "Failed":
		d["failureReasons"] = job.failures
	}
	return q.answerJSON(d)
}

func (q *request) listExports() error {
	var body struct {
		listRequest
		botExport
		LocaleID string `json:"localeId"`
	}
	if err := q.list(&body, &body.listRequest, ""); err != nil {
		return err
	}
	var found []map[string]any
	for _, job := range q.s.exports.all() {
		from := job.resource.source()
		if (body.BotID == "" || from.BotID == body.BotID) && (body.Version == "" || from.Version == body.Version) &&
			(body.LocaleID == "" || job.resource.Locale != nil && job.resource.Locale.LocaleID == body.LocaleID) {
			found = append(found, q.summarizeExport(job))
		}
	}
	return q.answerList("exportSummaries", found, body.listRequest, map[string]any{})
}

func (q *request) deleteExport() error {
	id := q.r.PathValue("exportId")
	if !q.s.exports.remove(id) {
		return notFound("there is no export %s", id)
	}
	return q.answerStatus(http.StatusAccepted, map[string]any{"exportId": id, "exportStatus": "Deleting"})
}

// download sends the zip of an export. The address holds as long as the export is
// remembered.
func (q *request) download() error {
	job, ok := q.s.exports.find(q.r.PathValue("exportId"))
	if !ok || subtle.ConstantTimeCompare([]byte(job.token), []byte(q.r.PathValue("token"))) == 0 || job.status(q.now) != "Completed" {
		return forbidden("this download URL was not given out, or its export was deleted")
	}
	var zip bytes.Buffer
	if err := botdef.Write(&zip, job.def); err != nil {
		return err
	}
	if err := q.ready(); err != nil {
		return err
	}
	q.done(http.StatusOK)
	q.w.Header().Set("Content-Type", "application/zip")
	q.w.Header().Set("Content-Length", strconv.Itoa(zip.Len()))
	q.w.WriteHeader(http.StatusOK)
	// A client that has gone away cannot be told anything.
	_, _ = q.w.Write(zip.Bytes())
	return nil
}

package lexlocal

import (
	"net/http"
	"slices"
)

// The part of the models API that imports. Shapes and rules:
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_StartImport.html.

// importJob is one import. It is never changed.
type importJob struct {
	work
	strategy string
	resource importResource
	bot      *servedBot // nil if it failed
}

type startImportRequest struct {
	ID       string         `json:"importId"`
	Resource importResource `json:"resourceSpecification"`
	Strategy string         `json:"mergeStrategy"`
	Password string         `json:"filePassword"`
}

func (r startImportRequest) check() error {
	switch {
	case !idPattern.MatchString(r.ID):
		return invalid("importId %q is not 10 letters or digits", r.ID)
	case !slices.Contains(mergeStrategies, r.Strategy):
		return invalid("mergeStrategy is %q, allowed are %q", r.Strategy, mergeStrategies)
	case r.Password != "":
		return invalid("filePassword: the local Lex opens no encrypted zip, export the bot without a password")
	}
	return r.Resource.check()
}

func (q *request) startImport() error {
	var body startImportRequest
	if err := q.json(&body); err != nil {
		return err
	}
	if err := q.arrived(); err != nil {
		return err
	}
	if err := body.check(); err != nil {
		return err
	}
	if l := body.Resource.Locale; l != nil {
		if _, err := q.botWith(l.BotID); err != nil {
			return err
		}
	}
	taken, err := q.s.uploads.take(body.ID, q.now)
	if err != nil {
		return err
	}
	job := &importJob{
		work:     work{id: body.ID, created: q.now, done: q.now.Add(q.s.shortTime())},
		strategy: body.Strategy, resource: body.Resource,
	}
	job.bot, job.failures, err = q.s.runImport(body.Resource, taken.data, body.Strategy, q.now, job.done)
	if err != nil {
		q.s.uploads.giveBack(taken)
		return err
	}
	if job.bot != nil {
		q.record.Bot = job.bot.name
	}
	q.s.imports.add(job)
	answer := q.describeJob(job)
	delete(answer, "lastUpdatedDateTime")
	return q.answerStatus(http.StatusAccepted, answer)
}

// describeJob returns the description of an import.
func (q *request) describeJob(job *importJob) map[string]any {
	d := q.summarizeJob(job)
	d["resourceSpecification"] = job.resource
	delete(d, "importedResourceType")
	if d["importStatus"] == "Failed" {
		d["failureReasons"] = job.failures
	}
	return d
}

// summarizeJob returns an import as lists have it.
func (q *request) summarizeJob(job *importJob) map[string]any {
	d := job.describe("import", q.now)
	d["mergeStrategy"], d["importedResourceType"] = job.strategy, "Bot"
	if job.resource.Locale != nil {
		d["importedResourceType"] = "BotLocale"
	}
	if d["importStatus"] != "Completed" {
		return d
	}
	d["importedResourceId"], d["importedResourceName"] = job.bot.id, job.bot.name
	if l := job.resource.Locale; l != nil {
		d["importedResourceId"], d["importedResourceName"] = l.LocaleID, l.LocaleID
	}
	return d
}

func (q *request) describeImport() error {
	job, ok := q.s.imports.find(q.r.PathValue("importId"))
	if !ok {
		return notFound("there is no import %s", q.r.PathValue("importId"))
	}
	return q.answerJSON(q.describeJob(job))
}

func (q *request) listImports() error {
	var body struct {
		listRequest
		BotID string `json:"botId"`
	}
	if err := q.list(&body, &body.listRequest, ""); err != nil {
		return err
	}
	var found []map[string]any
	for _, job := range q.s.imports.all() {
		if body.BotID == "" || job.bot != nil && job.bot.id == body.BotID {
			found = append(found, q.summarizeJob(job))
		}
	}
	return q.answerList("importSummaries", found, body.listRequest, map[string]any{})
}

func (q *request) deleteImport() error {
	id := q.r.PathValue("importId")
	if !q.s.imports.remove(id) {
		return notFound("there is no import %s", id)
	}
	return q.answerStatus(http.StatusAccepted, map[string]any{"importId": id, "importStatus": "Deleting"})
}

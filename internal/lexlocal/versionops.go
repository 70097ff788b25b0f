package lexlocal

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// The part of the models API that makes numbered versions. Shapes and rules:
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateBotVersion.html.

type createBotVersionRequest struct {
	Description string                   `json:"description"`
	Locales     map[string]versionSource `json:"botVersionLocaleSpecification"`
}

// versionSource is the version that a locale of a new version is taken from.
type versionSource struct {
	Source string `json:"sourceBotVersion"`
}

func (q *request) createBotVersion() error {
	var body createBotVersionRequest
	b, err := q.modelsBody(&body)
	if err != nil {
		return err
	}
	if n := utf8.RuneCountInString(body.Description); n > maxDescription {
		return invalid("description has %d characters, at most %d are allowed", n, maxDescription)
	}
	if len(body.Locales) == 0 {
		return invalid("botVersionLocaleSpecification names no locale")
	}
	sources := make(map[string]string)
	for id, locale := range body.Locales {
		sources[id] = locale.Source
	}
	v, err := b.createVersion(q.now, q.now.Add(q.s.shortTime()), body.Description, sources)
	if err != nil {
		return err
	}
	return q.answerStatus(http.StatusAccepted, map[string]any{
		"botId": b.id, "botVersion": v.number, "description": v.description, "botStatus": "Creating",
		"botVersionLocaleSpecification": body.Locales, "creationDateTime": epoch(v.created),
	})
}

// summarizeVersion returns a version as lists have it.
func (q *request) summarizeVersion(b *servedBot, v view) map[string]any {
	d := map[string]any{
		"botName": b.name, "botVersion": v.number, "botStatus": b.status(q.now), "creationDateTime": epoch(v.created),
	}
	description := v.def.Description
	if v.numbered != nil {
		description = cmp.Or(v.numbered.description, description)
		d["botStatus"] = "Available"
		if q.now.Before(v.numbered.ready) {
			d["botStatus"] = "Creating"
		}
	}
	if description != "" {
		d["description"] = description
	}
	return d
}

func (q *request) describeBotVersion() error {
	b, v, err := q.modelsVersion()
	if err != nil {
		return err
	}
	d := q.summarizeVersion(b, v)
	maps.Copy(d, map[string]any{
		"botId": b.id, "botType": "Bot", "roleArn": b.roleArn,
		"dataPrivacy":             map[string]bool{"childDirected": v.def.ChildDirected},
		"idleSessionTTLInSeconds": int(v.def.SessionTTL / time.Second),
	})
	return q.answerJSON(d)
}

func (q *request) listBotVersions() error {
	b, err := q.modelsBot()
	if err != nil {
		return err
	}
	var body listRequest
	if err := q.list(&body, &body, ""); err != nil {
		return err
	}
	numbers := []string{draftVersion}
	for _, v := range b.numbers() {
		numbers = append(numbers, v.number)
	}
	if body.SortBy == nil {
		slices.Reverse(numbers) // the newest first, DRAFT last
	}
	var found []map[string]any
	for _, number := range numbers {
		if v, ok := b.at(number); ok {
			found = append(found, q.summarizeVersion(b, v))
		}
	}
	return q.answerList("botVersionSummaries", found, body, map[string]any{"botId": b.id})
}

func (q *request) deleteBotVersion() error {
	b, v, err := q.modelsVersion()
	if err != nil {
		return err
	}
	if v.draft != nil {
		return invalid("botVersion is DRAFT, which stays as long as its bot")
	}
	if alias := b.aliases.of(v.number); alias != "" && q.r.URL.Query().Get("skipResourceInUseCheck") != "true" {
		return conflict("alias %s points at version %s of bot %s", alias, v.number, b.name)
	}
	if err := b.removeVersion(v.number); err != nil {
		return err
	}
	return q.answerStatus(http.StatusAccepted, map[string]any{"botId": b.id, "botVersion": v.number, "botStatus": "Deleting"})
}

func (q *request) deleteBot() error {
	b, err := q.modelsBot()
	if err != nil {
		return err
	}
	if list := b.aliases.all(); len(list) > 1 && q.r.URL.Query().Get("skipResourceInUseCheck") != "true" {
		return conflict("bot %s has an alias %s", b.name, list[0].Name)
	}
	q.s.account.remove(b)
	return q.answerStatus(http.StatusAccepted, map[string]any{"botId": b.id, "botStatus": "Deleting"})
}

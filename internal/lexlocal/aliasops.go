package lexlocal

import (
	"maps"
	"net/http"
	"unicode/utf8"
)

// The part of the models API that is about aliases. Shapes and rules:
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateBotAlias.html.

// createBotAliasRequest is the body of CreateBotAlias. Settings of logs,
// sentiment and tags are taken and have no effect.
type createBotAliasRequest struct {
	Name           string                    `json:"botAliasName"`
	Version        string                    `json:"botVersion"` // the only one there is, "1", if left out
	Description    string                    `json:"description"`
	LocaleSettings map[string]localeSettings `json:"botAliasLocaleSettings"`
}

type localeSettings struct {
	Enabled bool `json:"enabled"`
}

// modelsBot finds the bot of a models request.
func (q *request) modelsBot() (*servedBot, error) {
	id := q.r.PathValue("botId")
	if !idPattern.MatchString(id) {
		return nil, invalid("botId %q is not 10 letters or digits", id)
	}
	b := q.s.bot(id)
	if b == nil {
		return nil, notFound("there is no bot %s here", id)
	}
	q.record.Bot = b.def.Name
	return b, nil
}

func (q *request) createBotAlias() error {
	b, err := q.modelsBot()
	if err != nil {
		return err
	}
	var body createBotAliasRequest
	if err := q.json(&body); err != nil {
		return err
	}
	if err := q.arrived(); err != nil {
		return err
	}
	if !aliasPattern.MatchString(body.Name) {
		return invalid("botAliasName %q: %s", body.Name, aliasRule)
	}
	if body.Version != "" && body.Version != onlyVersion {
		return precondition("botVersion is %q, the bot has version %s only", body.Version, onlyVersion)
	}
	if n := utf8.RuneCountInString(body.Description); n > maxDescription {
		return invalid("description has %d characters, at most %d are allowed", n, maxDescription)
	}
	for locale, settings := range body.LocaleSettings {
		if b.dialogs[locale] == nil {
			return precondition("botAliasLocaleSettings: the bot has no locale %s", locale)
		}
		if !settings.Enabled {
			return precondition("botAliasLocaleSettings: the local Lex cannot disable locale %s", locale)
		}
	}
	a, err := b.aliases.create(body.Name, body.Description, q.now)
	if err != nil {
		return err
	}
	answer := q.describe(b, a)
	answer["botAliasStatus"] = "Creating" // it is available before the client can ask
	delete(answer, "lastUpdatedDateTime")
	return q.answerStatus(http.StatusAccepted, answer)
}

func (q *request) deleteBotAlias() error {
	b, err := q.modelsBot()
	if err != nil {
		return err
	}
	id := q.r.PathValue("aliasId")
	if !idPattern.MatchString(id) {
		return invalid("botAliasId %q is not 10 letters or digits", id)
	}
	if err := b.aliases.remove(id); err != nil {
		return err
	}
	return q.answerStatus(http.StatusAccepted, map[string]any{
		"botId": b.id, "botAliasId": id, "botAliasStatus": "Deleting",
	})
}

func (q *request) listBotAliases() error {
	b, err := q.modelsBot()
	if err != nil {
		return err
	}
	var body struct {
		MaxResults *int   `json:"maxResults"`
		NextToken  string `json:"nextToken"`
	}
	if err := q.json(&body); err != nil {
		return err
	}
	if err := q.arrived(); err != nil {
		return err
	}
	var summaries []map[string]any
	for _, a := range b.aliases.all() {
		summaries = append(summaries, q.summarize(a))
	}
	page, next, err := page(summaries, body.MaxResults, body.NextToken)
	if err != nil {
		return err
	}
	return q.answerJSON(map[string]any{"botId": b.id, "botAliasSummaries": page, "nextToken": next})
}

func (q *request) describeBotAlias() error {
	b, err := q.modelsBot()
	if err != nil {
		return err
	}
	id := q.r.PathValue("aliasId")
	if !idPattern.MatchString(id) {
		return invalid("botAliasId %q is not 10 letters or digits", id)
	}
	a, ok := b.aliases.find(id)
	if !ok {
		return notFound("bot %s has no alias %s", b.def.Name, id)
	}
	return q.answerJSON(q.describe(b, a))
}

// describe returns the description of an alias.
func (q *request) describe(b *servedBot, a alias) map[string]any {
	enabled := make(map[string]any)
	for _, locale := range b.def.Locales {
		enabled[locale.ID] = localeSettings{Enabled: true}
	}
	description := q.summarize(a)
	maps.Copy(description, map[string]any{"botId": b.id, "botAliasLocaleSettings": enabled})
	return description
}

// summarize returns what lists and descriptions of aliases have in common.
func (q *request) summarize(a alias) map[string]any {
	summary := map[string]any{
		"botAliasId": a.ID, "botAliasName": a.Name, "botVersion": a.Version, "botAliasStatus": "Available",
		"creationDateTime": epoch(a.created), "lastUpdatedDateTime": epoch(a.created),
	}
	if a.description != "" {
		summary["description"] = a.description
	}
	return summary
}

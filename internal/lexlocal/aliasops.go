package lexlocal

import (
	"encoding/json"
	"maps"
	"net/http"
	"unicode/utf8"
)

// The part of the models API that is about aliases. Shapes and rules:
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateBotAlias.html.

// botAliasRequest is the body of CreateBotAlias and of UpdateBotAlias. Settings of
// logs, sentiment and tags are taken and have no effect.
type botAliasRequest struct {
	Name           string                    `json:"botAliasName"`
	Version        string                    `json:"botVersion"` // the newest numbered one if left out
	Description    string                    `json:"description"`
	LocaleSettings map[string]localeSettings `json:"botAliasLocaleSettings"`
}

// localeSettings are the settings of an alias in a locale. The function that they
// name is told to clients again; what is called is that of Config.Hooks.
type localeSettings struct {
	Enabled  bool            `json:"enabled"`
	CodeHook json.RawMessage `json:"codeHookSpecification,omitempty"`
}

// modelsBot finds the bot of a models request.
func (q *request) modelsBot() (*servedBot, error) {
	id := q.r.PathValue("botId")
	if !idPattern.MatchString(id) {
		return nil, invalid("botId %q is not 10 letters or digits", id)
	}
	return q.botWith(id)
}

// botWith finds the bot with an id that is one.
func (q *request) botWith(id string) (*servedBot, error) {
	b := q.s.account.find(id)
	if b == nil {
		return nil, notFound("there is no bot %s here", id)
	}
	q.record.Bot = b.name
	return b, nil
}

// modelsBody finds the bot of a models request and reads the request's body.
func (q *request) modelsBody(body any) (*servedBot, error) {
	b, err := q.modelsBot()
	if err != nil {
		return nil, err
	}
	if err := q.json(body); err != nil {
		return nil, err
	}
	return b, q.arrived()
}

func (q *request) createBotAlias() error {
	var body botAliasRequest
	b, err := q.modelsBody(&body)
	if err != nil {
		return err
	}
	if body.Version == "" {
		body.Version = b.latest()
	}
	asked, err := q.aliasOf(b, body)
	if err != nil {
		return err
	}
	made, err := b.aliases.create(asked)
	if err != nil {
		return err
	}
	answer := q.describe(b, made)
	answer["botAliasStatus"] = "Creating" // it is available before the client can ask
	delete(answer, "lastUpdatedDateTime")
	return q.answerStatus(http.StatusAccepted, answer)
}

func (q *request) updateBotAlias() error {
	var body botAliasRequest
	b, err := q.modelsBody(&body)
	if err != nil {
		return err
	}
	id := q.r.PathValue("aliasId")
	if !idPattern.MatchString(id) {
		return invalid("botAliasId %q is not 10 letters or digits", id)
	}
	if before, ok := b.aliases.find(id); ok && body.Version == "" {
		body.Version = before.Version
	}
	asked, err := q.aliasOf(b, body)
	if err != nil {
		return err
	}
	asked.ID = id
	changed, err := b.aliases.update(asked)
	if err != nil {
		return err
	}
	return q.answerStatus(http.StatusAccepted, q.describe(b, changed))
}

// aliasOf checks what a request wants an alias to be.
func (q *request) aliasOf(b *servedBot, body botAliasRequest) (alias, error) {
	if !aliasPattern().MatchString(body.Name) {
		return alias{}, invalid("botAliasName %q: %s", body.Name, aliasRule)
	}
	if n := utf8.RuneCountInString(body.Description); n > maxDescription {
		return alias{}, invalid("description has %d characters, at most %d are allowed", n, maxDescription)
	}
	v, ok := b.at(body.Version)
	switch {
	case !ok || v.draft != nil && body.Name != DraftAlias:
		return alias{}, precondition("botVersion is %q, an alias points at a numbered version that the bot has", body.Version)
	case v.numbered != nil && q.now.Before(v.numbered.ready):
		return alias{}, precondition("version %s of bot %s is still being created", v.number, b.name)
	}
	for locale := range body.LocaleSettings {
		if v.def.Locale(locale) == nil {
			return alias{}, precondition("botAliasLocaleSettings: version %s of the bot has no locale %s", v.number, locale)
		}
	}
	return alias{
		AliasInfo: AliasInfo{Name: body.Name, Version: v.number}, description: body.Description,
		locales: body.LocaleSettings, created: q.now, changed: q.now,
	}, nil
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
	var body listRequest
	if err := q.list(&body, &body, ""); err != nil {
		return err
	}
	var summaries []map[string]any
	for _, a := range b.aliases.all() {
		summaries = append(summaries, q.summarize(a))
	}
	return q.answerList("botAliasSummaries", summaries, body, map[string]any{"botId": b.id})
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
		return notFound("bot %s has no alias %s", b.name, id)
	}
	return q.answerJSON(q.describe(b, a))
}

// describe returns the description of an alias.
func (q *request) describe(b *servedBot, a alias) map[string]any {
	settings := a.locales
	if settings == nil {
		settings = make(map[string]localeSettings)
		v, _ := b.at(a.Version) // there is nothing to list without it
		for _, locale := range v.locales() {
			settings[locale.ID] = localeSettings{Enabled: true}
		}
	}
	description := q.summarize(a)
	maps.Copy(description, map[string]any{"botId": b.id, "botAliasLocaleSettings": settings})
	return description
}

// summarize returns what lists and descriptions of aliases have in common.
func (q *request) summarize(a alias) map[string]any {
	summary := map[string]any{
		"botAliasId": a.ID, "botAliasName": a.Name, "botVersion": a.Version, "botAliasStatus": "Available",
		"creationDateTime": epoch(a.created), "lastUpdatedDateTime": epoch(a.changed),
	}
	if a.description != "" {
		summary["description"] = a.description
	}
	return summary
}

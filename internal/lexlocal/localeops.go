package lexlocal

import "net/http"

// The part of the models API that builds locales. Shapes and rules:
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_BuildBotLocale.html.

// modelsVersion finds the version of a bot that the path of a request names.
func (q *request) modelsVersion() (*servedBot, view, error) {
	b, err := q.modelsBot()
	if err != nil {
		return nil, view{}, err
	}
	number := q.r.PathValue("botVersion")
	v, ok := b.at(number)
	if !ok {
		return nil, view{}, notFound("bot %s has no version %s", b.name, number)
	}
	return b, v, nil
}

func (q *request) buildBotLocale() error {
	b, v, err := q.modelsVersion()
	if err != nil {
		return err
	}
	if err := q.json(&struct{}{}); err != nil {
		return err
	}
	if err := q.arrived(); err != nil {
		return err
	}
	locale := q.r.PathValue("localeId")
	if v.draft == nil {
		return invalid("botVersion is %s, only DRAFT can be built", v.number)
	}
	if err := q.s.build(b, locale, q.now); err != nil {
		return err
	}
	return q.answerStatus(http.StatusAccepted, map[string]any{
		"botId": b.id, "botVersion": draftVersion, "localeId": locale,
		"botLocaleStatus": localeBuilding, "lastBuildSubmittedDateTime": epoch(q.now),
	})
}

// summarizeLocale returns a locale as lists have it.
func (q *request) summarizeLocale(v view, id string) map[string]any {
	l := v.def.Locale(id)
	d := map[string]any{
		"localeId": id, "localeName": l.Name, "botLocaleStatus": localeBuilt, "lastUpdatedDateTime": epoch(v.changed),
	}
	if l.Description != "" {
		d["description"] = l.Description
	}
	if v.draft == nil {
		return d
	}
	built := v.draft.builds[id]
	d["botLocaleStatus"] = built.status(q.now)
	if q.now.Before(v.draft.imported) && d["botLocaleStatus"] == localeNotBuilt {
		d["botLocaleStatus"] = localeImporting
	}
	if !built.submitted.IsZero() {
		d["lastBuildSubmittedDateTime"] = epoch(built.submitted)
	}
	return d
}

func (q *request) describeBotLocale() error {
	b, v, err := q.modelsVersion()
	if err != nil {
		return err
	}
	id := q.r.PathValue("localeId")
	l := v.def.Locale(id)
	if l == nil {
		return notFound("version %s of bot %s has no locale %s", v.number, b.name, id)
	}
	d := q.summarizeLocale(v, id)
	d["botId"], d["botVersion"], d["creationDateTime"] = b.id, v.number, epoch(v.created)
	d["nluIntentConfidenceThreshold"] = l.Threshold
	d["intentsCount"], d["slotTypesCount"] = len(l.Intents), len(l.SlotTypes)
	if l.VoiceID != "" {
		voice := map[string]any{"voiceId": l.VoiceID}
		if l.VoiceEngine != "" {
			voice["engine"] = l.VoiceEngine
		}
		d["voiceSettings"] = voice
	}
	if d["botLocaleStatus"] == localeFailed {
		d["failureReasons"] = v.draft.builds[id].failures
	}
	return q.answerJSON(d)
}

func (q *request) listBotLocales() error {
	b, v, err := q.modelsVersion()
	if err != nil {
		return err
	}
	var body listRequest
	if err := q.list(&body, &body, ""); err != nil {
		return err
	}
	var found []map[string]any
	for _, l := range v.locales() {
		found = append(found, q.summarizeLocale(v, l.ID))
	}
	return q.answerList("botLocaleSummaries", found, body, map[string]any{"botId": b.id, "botVersion": v.number})
}

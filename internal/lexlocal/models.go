package lexlocal

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The part of the models API that finds bots. Shapes and rules:
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_ListBots.html.

type listBotsRequest struct {
	Filters []struct {
		Name     string   `json:"name"`
		Operator string   `json:"operator"`
		Values   []string `json:"values"`
	} `json:"filters"`
	MaxResults *int   `json:"maxResults"`
	NextToken  string `json:"nextToken"`
	SortBy     *struct {
		Attribute string `json:"attribute"`
		Order     string `json:"order"`
	} `json:"sortBy"`
}

type botSummary struct {
	ID            string  `json:"botId"`
	Name          string  `json:"botName"`
	Description   string  `json:"description,omitempty"`
	Status        string  `json:"botStatus"`
	Type          string  `json:"botType"`
	LatestVersion string  `json:"latestBotVersion"`
	Updated       float64 `json:"lastUpdatedDateTime"`
}

func (q *request) listBots() error {
	var body listBotsRequest
	if err := q.json(&body); err != nil {
		return err
	}
	if err := q.arrived(); err != nil {
		return err
	}
	keep, err := botFilter(body)
	if err != nil {
		return err
	}
	var found []botSummary
	for _, b := range q.s.account.all() {
		if keep(b.name) {
			v, _ := b.at(draftVersion)
			found = append(found, botSummary{
				b.id, b.name, v.def.Description, b.status(q.now), "Bot", cmp.Or(b.latest(), draftVersion), epoch(v.changed),
			})
		}
	}
	if by := body.SortBy; by != nil && by.Order == "Descending" {
		slices.Reverse(found)
	}
	page, next, err := page(found, body.MaxResults, body.NextToken)
	if err != nil {
		return err
	}
	return q.answerJSON(map[string]any{"botSummaries": page, "nextToken": next})
}

// botFilter returns the condition that the filters of ListBots put on a name.
func botFilter(body listBotsRequest) (func(name string) bool, error) {
	if len(body.Filters) > 1 {
		return nil, invalid("filters has %d entries, one is allowed", len(body.Filters))
	}
	if by := body.SortBy; by != nil && (by.Attribute != "BotName" || by.Order != "Ascending" && by.Order != "Descending") {
		return nil, invalid("sortBy is %q %q, allowed is BotName with Ascending or Descending", by.Attribute, by.Order)
	}
	if len(body.Filters) == 0 {
		return func(string) bool { return true }, nil
	}
	f := body.Filters[0]
	if len(f.Values) != 1 {
		return nil, invalid("filters[0].values has %d entries, one is needed", len(f.Values))
	}
	value := f.Values[0]
	subject := func(name string) string { return name }
	switch f.Name {
	case "BotName":
	case "BotType":
		subject = func(string) string { return "Bot" }
	default:
		return nil, invalid("filters[0].name is %q, allowed are BotName and BotType", f.Name)
	}
	switch f.Operator {
	case "EQ":
		return func(name string) bool { return subject(name) == value }, nil
	case "NE":
		return func(name string) bool { return subject(name) != value }, nil
	case "CO":
		return func(name string) bool { return strings.Contains(subject(name), value) }, nil
	}
	return nil, invalid("filters[0].operator is %q, allowed are EQ, CO and NE", f.Operator)
}

// page cuts the part of a list that a request asks for. The token of the next
// part is the place where it begins; nil after the last part.
func page[T any](list []T, size *int, token string) (part []T, next *string, err error) {
	n := 1000
	if size != nil {
		n = *size
	}
	if n < 1 || n > 1000 {
		return nil, nil, invalid("maxResults is %d, allowed are 1 to 1000", n)
	}
	from := 0
	if token != "" {
		from, err = strconv.Atoi(token)
		if err != nil || from < 0 || from > len(list) {
			return nil, nil, invalid("nextToken %q is not one that this server gave out", token)
		}
	}
	to := min(from+n, len(list))
	if to < len(list) {
		text := strconv.Itoa(to)
		next = &text
	}
	return append([]T{}, list[from:to]...), next, nil // never null
}

func (q *request) describeBot() error {
	b, err := q.modelsBot()
	if err != nil {
		return err
	}
	v, _ := b.at(draftVersion)
	return q.answerJSON(map[string]any{
		"botId": b.id, "botName": b.name, "description": v.def.Description,
		"botStatus": b.status(q.now), "botType": "Bot", "roleArn": b.roleArn,
		"dataPrivacy":             map[string]bool{"childDirected": v.def.ChildDirected},
		"idleSessionTTLInSeconds": int(v.def.SessionTTL / time.Second),
		"creationDateTime":        epoch(b.created), "lastUpdatedDateTime": epoch(v.changed),
	})
}

// epoch is how the AWS protocols write a time in JSON: seconds since 1970.
func epoch(t time.Time) float64 {
	return float64(t.UnixMilli()) / 1000
}

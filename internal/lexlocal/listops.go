package lexlocal

// listRequest is what the bodies of lists have in common.
type listRequest struct {
	MaxResults *int         `json:"maxResults"`
	NextToken  string       `json:"nextToken"`
	Filters    []listFilter `json:"filters"`
}

// listFilter is a condition on the entries of a list.
type listFilter struct {
	Name     string   `json:"name"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

// list reads the body of a list, of which common is a part. Lists that know
// filters look at them themselves.
func (q *request) list(body any, common *listRequest) error {
	if err := q.json(body); err != nil {
		return err
	}
	if err := q.arrived(); err != nil {
		return err
	}
	if len(common.Filters) > 0 {
		return invalid("filters: this list has none in the local Lex")
	}
	return nil
}

// answerList answers with a part of a list, beside what else the answer has.
func (q *request) answerList(key string, found []map[string]any, body listRequest, answer map[string]any) error {
	part, next, err := page(found, body.MaxResults, body.NextToken)
	if err != nil {
		return err
	}
	answer[key], answer["nextToken"] = part, next
	return q.answerJSON(answer)
}

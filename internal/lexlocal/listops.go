package lexlocal

import (
	"slices"
	"strings"
)

// listRequest is what the bodies of lists have in common.
type listRequest struct {
	MaxResults *int         `json:"maxResults"`
	NextToken  string       `json:"nextToken"`
	Filters    []listFilter `json:"filters"`
	SortBy     *listOrder   `json:"sortBy"`
}

// listFilter is a condition on the entries of a list.
type listFilter struct {
	Name     string   `json:"name"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

// listOrder is the order of a list. Each list has one attribute to be ordered by
// here, whatever the request names.
type listOrder struct {
	Attribute string `json:"attribute"`
	Order     string `json:"order"`
}

// list reads the body of a list, of which common is a part. attribute is the name of
// the one filter that the list has, "" for none.
func (q *request) list(body any, common *listRequest, attribute string) error {
	if err := q.json(body); err != nil {
		return err
	}
	if err := q.arrived(); err != nil {
		return err
	}
	return common.check(attribute)
}

func (r *listRequest) check(attribute string) error {
	if o := r.SortBy; o != nil && o.Order != "Ascending" && o.Order != "Descending" {
		return invalid("sortBy.order is %q, allowed are Ascending and Descending", o.Order)
	}
	for i, f := range r.Filters {
		switch {
		case attribute == "" || f.Name != attribute:
			return invalid("filters[%d].name is %q, this list of the local Lex knows %q", i, f.Name, attribute)
		case f.Operator != "EQ" && f.Operator != "CO":
			return invalid("filters[%d].operator is %q, allowed are EQ and CO", i, f.Operator)
		}
	}
	return nil
}

// keeps says whether an entry with a name passes all filters.
func (r *listRequest) keeps(name string) bool {
	for _, f := range r.Filters {
		passes := slices.ContainsFunc(f.Values, func(v string) bool {
			return name == v || f.Operator == "CO" && strings.Contains(name, v)
		})
		if !passes {
			return false
		}
	}
	return true
}

// answerList answers with a part of a list, which comes in ascending order, beside
// what else the answer has.
func (q *request) answerList(key string, found []map[string]any, body listRequest, answer map[string]any) error {
	if body.SortBy != nil && body.SortBy.Order == "Descending" {
		slices.Reverse(found)
	}
	part, next, err := page(found, body.MaxResults, body.NextToken)
	if err != nil {
		return err
	}
	answer[key], answer["nextToken"] = part, next
	return q.answerJSON(answer)
}

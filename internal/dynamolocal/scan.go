package dynamolocal

import (
	"maps"
	"slices"
)

// maxPage is what the items of one page of a scan may take, filtered out or not.
const maxPage = 1 << 20

// page is the answer of a scan or a query.
type page struct {
	Items            []item `json:",omitzero"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey item `json:",omitempty"`
}

// scan goes through a table in the order of its keys.
func (s *Server) scan(q *request) (any, *apiError) {
	in := &q.in
	if err := in.checkScan(); err != nil {
		return nil, err
	}
	x, err := in.expressions()
	if err != nil {
		return nil, err
	}
	t, err := s.dataTable(q)
	if err != nil {
		return nil, err
	}
	if err := t.checkPaths(x.condition); err != nil {
		return nil, err
	}
	after := ""
	if in.ExclusiveStartKey != nil {
		start, err := decodeItem(in.ExclusiveStartKey)
		if err != nil {
			return nil, err
		}
		if after, err = t.keyOf(start); err != nil {
			return nil, invalid("The provided starting key is invalid: %s", err.message)
		}
	}
	return in.page(t, x, after), nil
}

func (in *input) checkScan() *apiError {
	if err := in.check(); err != nil {
		return err
	}
	if in.Limit != nil && *in.Limit < 1 {
		return invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", *in.Limit)
	}
	return oneOf("select", in.Select, "ALL_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES")
}

// page collects the items after a key, as many as fit.
func (in *input) page(t *table, x expressions, after string) page {
	items := t.all()
	var found []item
	for _, key := range slices.Sorted(maps.Keys(items)) {
		if key > after {
			found = append(found, items[key])
		}
	}
	return in.collect(t, x, found)
}

// collect makes a page of the first of the items, as many as fit.
func (in *input) collect(t *table, x expressions, items []item) page {
	p := page{}
	if in.Select != "COUNT" {
		p.Items = []item{}
	}
	size := 0
	for _, it := range items {
		if in.Limit != nil && p.ScannedCount >= *in.Limit || size > maxPage {
			return p
		}
		p.ScannedCount++
		size += itemSize(it)
		p.LastEvaluatedKey = t.keyAttributes(it)
		if x.condition != nil && !x.condition.holds(it) {
			continue
		}
		p.Count++
		if x.projection != nil {
			it = project(x.projection, it)
		}
		if in.Select != "COUNT" {
			p.Items = append(p.Items, it)
		}
	}
	p.LastEvaluatedKey = nil
	return p
}

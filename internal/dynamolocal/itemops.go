package dynamolocal

// What a write is to return.
const (
	returnNone       = "NONE"
	returnAllOld     = "ALL_OLD"
	returnAllNew     = "ALL_NEW"
	returnUpdatedOld = "UPDATED_OLD"
	returnUpdatedNew = "UPDATED_NEW"
)

// attributes is the answer of a write.
type attributes struct {
	Attributes item `json:",omitempty"`
}

// dataTable finds the table of an operation on items.
func (s *Server) dataTable(q *request) (*table, *apiError) {
	t := s.tables.get(q.in.TableName)
	if t == nil {
		return nil, noTable("Requested resource not found")
	}
	return t, nil
}

// check looks at what all operations on items have in common.
func (in *input) check(returns ...string) *apiError {
	if err := checkTableName(in.TableName); err != nil {
		return err
	}
	if err := in.refuse(); err != nil {
		return err
	}
	if err := oneOf("returnValues", in.ReturnValues, append(returns, returnNone)...); err != nil {
		return err
	}
	return oneOf("returnValuesOnConditionCheckFailure", in.ReturnValuesOnConditionCheckFailure, returnNone, returnAllOld)
}

// prepared is what an operation on one item knows once it has been read.
type prepared struct {
	expressions
	table *table
	key   string
	attrs item // Key or Item
}

// prepare reads a request about one item. keyOf finds the key.
func (s *Server) prepare(q *request, keyOf func(*table, item) (string, *apiError), returns ...string) (prepared, *apiError) {
	in := &q.in
	var p prepared
	if err := in.check(returns...); err != nil {
		return p, err
	}
	raw, name := in.Key, "key"
	if q.record.Op == "PutItem" {
		raw, name = in.Item, "item"
	}
	if raw == nil {
		return p, invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", name)
	}
	var err *apiError
	if p.attrs, err = decodeItem(raw); err != nil {
		return p, err
	}
	if p.expressions, err = in.expressions(); err != nil {
		return p, err
	}
	if p.table, err = s.dataTable(q); err != nil {
		return p, err
	}
	if p.key, err = keyOf(p.table, p.attrs); err != nil {
		return p, err
	}
	q.record.Key = p.table.showKey(p.attrs)
	return p, p.table.checkPaths(p.condition)
}

func (s *Server) getItem(q *request) (any, *apiError) {
	p, err := s.prepare(q, (*table).keyOf)
	if err != nil {
		return nil, err
	}
	it := p.table.get(p.key)
	q.record.Found = it != nil
	if p.projection != nil {
		it = project(p.projection, it)
	}
	return struct {
		Item item `json:",omitempty"`
	}{it}, nil
}

func (s *Server) putItem(q *request) (any, *apiError) {
	p, err := s.prepare(q, (*table).keyIn, returnAllOld)
	if err != nil {
		return nil, err
	}
	if itemSize(p.attrs) > maxItem {
		return nil, invalid("Item size has exceeded the maximum allowed size")
	}
	return q.write(p, func(item) (item, *apiError) { return p.attrs, nil })
}

func (s *Server) deleteItem(q *request) (any, *apiError) {
	p, err := s.prepare(q, (*table).keyOf, returnAllOld)
	if err != nil {
		return nil, err
	}
	return q.write(p, func(item) (item, *apiError) { return nil, nil })
}

func (s *Server) updateItem(q *request) (any, *apiError) {
	p, err := s.prepare(q, (*table).keyOf, returnAllOld, returnAllNew, returnUpdatedOld, returnUpdatedNew)
	if err != nil {
		return nil, err
	}
	if q.in.AttributeUpdates != nil {
		if p.actions, err = q.in.oldActions(); err != nil {
			return nil, err
		}
	}
	if err := p.table.checkActions(p.actions); err != nil {
		return nil, err
	}
	return q.write(p, func(old item) (item, *apiError) {
		if old == nil {
			old = p.attrs
		}
		changed, err := apply(p.actions, old)
		if err == nil && itemSize(changed) > maxItem {
			err = invalid("Item size to update has exceeded the maximum allowed size")
		}
		return changed, err
	})
}

// write changes an item if the condition holds, and returns what was asked for.
func (q *request) write(p prepared, change func(old item) (item, *apiError)) (any, *apiError) {
	old, changed, err := p.table.change(p.key, func(old item) (item, *apiError) {
		if p.condition != nil && !p.condition.holds(old) {
			var told item
			if q.in.ReturnValuesOnConditionCheckFailure == returnAllOld {
				told = old
			}
			return nil, conditionFailed(told)
		}
		return change(old)
	})
	q.record.Found = old != nil
	if err != nil {
		return nil, err
	}
	paths := make([]path, len(p.actions))
	for i, a := range p.actions {
		paths[i] = a.path
	}
	switch q.in.ReturnValues {
	case returnAllOld:
		return attributes{old}, nil
	case returnAllNew:
		return attributes{changed}, nil
	case returnUpdatedOld:
		return attributes{project(paths, old)}, nil
	case returnUpdatedNew:
		return attributes{project(paths, changed)}, nil
	}
	return attributes{}, nil
}

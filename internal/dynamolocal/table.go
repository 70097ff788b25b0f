package dynamolocal

import (
	"encoding/base64"
	"sync"
	"time"
)

const (
	maxItem = 400 << 10 // bytes
	maxKey  = 2 << 10   // bytes of a hash key
)

// table is one table with its items.
type table struct {
	name    string
	keyName string
	keyKind kind
	billing string // PROVISIONED or PAY_PER_REQUEST
	read    int64  // capacity units that were asked for
	write   int64
	created time.Time
	expires func(item, string) bool // whether an item's time is over, by that attribute

	mu    sync.Mutex
	items map[string]item // by what key tells; an item that is in here never changes
	ttl   string          // the attribute with the time of expiry, "" for none
}

// keyOf reads the key of a request, of which it is all there is.
func (t *table) keyOf(key item) (string, *apiError) {
	v, ok := key[t.keyName]
	if !ok || len(key) != 1 || v.kind != t.keyKind {
		return "", invalid("The provided key element does not match the schema")
	}
	return t.checkKey(v)
}

// keyIn reads the key in an item.
func (t *table) keyIn(it item) (string, *apiError) {
	v, ok := it[t.keyName]
	if !ok {
		return "", invalid("One or more parameter values were invalid: Missing the key %s in the item", t.keyName)
	}
	if v.kind != t.keyKind {
		return "", invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", t.keyName, t.keyKind, v.kind)
	}
	return t.checkKey(v)
}

func (t *table) checkKey(v value) (string, *apiError) {
	switch {
	case v.text == "":
		return "", invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty value. Key: %s", t.keyName)
	case len(v.text) > maxKey:
		return "", invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of %d bytes", maxKey)
	}
	return v.text, nil
}

// showKey writes a key for people.
func (t *table) showKey(key string) string {
	if t.keyKind == kindB {
		return base64.StdEncoding.EncodeToString([]byte(key))
	}
	return key
}

// checkPaths refuses paths into the key, which is no list or map.
func (t *table) checkPaths(n *node) *apiError {
	if n == nil {
		return nil
	}
	if n.op == opPath && len(n.path) > 1 && n.path[0].name == t.keyName {
		return invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: %s", t.keyName)
	}
	for _, arg := range n.args {
		if err := t.checkPaths(arg); err != nil {
			return err
		}
	}
	return nil
}

// checkActions refuses changes of the key.
func (t *table) checkActions(actions []action) *apiError {
	for _, a := range actions {
		if a.path[0].name == t.keyName {
			return invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", t.keyName)
		}
		if err := t.checkPaths(a.value); err != nil {
			return err
		}
	}
	return nil
}

// get returns an item, nil if there is none. It is not to be changed.
func (t *table) get(key string) item {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.getLocked(key)
}

func (t *table) getLocked(key string) item {
	it := t.items[key]
	if it != nil && t.ttl != "" && t.expires(it, t.ttl) {
		delete(t.items, key)
		return nil
	}
	return it
}

// change lets a function replace an item in one step. It is given the item, nil
// for none, and returns what is there from now on, or an error that leaves
// everything as it was.
func (t *table) change(key string, f func(old item) (item, *apiError)) (before, after item, err *apiError) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before = t.getLocked(key)
	after, err = f(before)
	switch {
	case err != nil:
		return before, before, err
	case after == nil:
		delete(t.items, key)
	default:
		t.items[key] = after
	}
	return before, after, nil
}

// all returns the items by their keys. They are not to be changed.
func (t *table) all() map[string]item {
	t.mu.Lock()
	defer t.mu.Unlock()
	items := make(map[string]item, len(t.items))
	for key := range t.items {
		if it := t.getLocked(key); it != nil {
			items[key] = it
		}
	}
	return items
}

// totals returns how many items there are and what they take.
func (t *table) totals() (count, size int) {
	for _, it := range t.all() {
		count++
		size += itemSize(it)
	}
	return count, size
}

// expiry is the attribute by which items expire, "" for none.
func (t *table) expiry() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ttl
}

// setExpiry sets the attribute by which items expire.
func (t *table) setExpiry(attribute string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ttl = attribute
}

// tables is all tables by name. It is safe for several goroutines.
type tables struct {
	mu     sync.Mutex
	byName map[string]*table
}

func (ts *tables) get(name string) *table {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return ts.byName[name]
}

// add adds a table unless there is one of its name.
func (ts *tables) add(t *table) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.byName[t.name] != nil {
		return false
	}
	ts.byName[t.name] = t
	return true
}

// remove removes a table and returns it, nil if there is none.
func (ts *tables) remove(name string) *table {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t := ts.byName[name]
	delete(ts.byName, name)
	return t
}

func (ts *tables) names() []string {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	names := make([]string, 0, len(ts.byName))
	for name := range ts.byName {
		names = append(names, name)
	}
	return names
}

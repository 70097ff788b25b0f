package dynamolocal

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxItem = 400 << 10 // bytes
	maxKey  = 2 << 10   // bytes of a hash key
	maxSort = 1 << 10   // bytes of a range key
)

// table is one table with its items.
type table struct {
	name    string
	keyName string
	keyKind kind
	sort    sortKey // of the items under one hash key
	billing string  // PROVISIONED or PAY_PER_REQUEST
	read    int64   // capacity units that were asked for
	write   int64
	created time.Time
	expires func(item, string) bool // whether an item's time is over, by that attribute

	mu    sync.Mutex
	items map[string]item // by what key tells; an item that is in here never changes
	ttl   string          // the attribute with the time of expiry, "" for none
}

// sortKey is the range key of a table; one without a name is none.
type sortKey struct {
	name string
	kind kind
}

// keyNames are the attributes of the key.
func (t *table) keyNames() []string {
	if t.sort.name == "" {
		return []string{t.keyName}
	}
	return []string{t.keyName, t.sort.name}
}

func (t *table) isKey(name string) bool { return slices.Contains(t.keyNames(), name) }

// kindOf is the kind of an attribute of the key.
func (t *table) kindOf(name string) kind {
	if name == t.keyName {
		return t.keyKind
	}
	return t.sort.kind
}

// keyOf reads the key of a request, of which it is all there is.
func (t *table) keyOf(key item) (string, *apiError) {
	names := t.keyNames()
	for _, name := range names {
		if v, ok := key[name]; !ok || len(key) != len(names) || v.kind != t.kindOf(name) {
			return "", invalid("The provided key element does not match the schema")
		}
	}
	return t.checkKey(key)
}

// keyIn reads the key in an item.
func (t *table) keyIn(it item) (string, *apiError) {
	for _, name := range t.keyNames() {
		v, ok := it[name]
		if !ok {
			return "", invalid("One or more parameter values were invalid: Missing the key %s in the item", name)
		}
		if v.kind != t.kindOf(name) {
			return "", invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", name, t.kindOf(name), v.kind)
		}
	}
	return t.checkKey(it)
}

// checkKey returns what items are found by: the hash key and, behind it, the range key.
func (t *table) checkKey(it item) (string, *apiError) {
	for _, name := range t.keyNames() {
		what, most := "hashkey", maxKey
		if name != t.keyName {
			what, most = "rangekey", maxSort
		}
		switch v := it[name]; {
		case v.text == "":
			return "", invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty value. Key: %s", name)
		case len(v.text) > most:
			return "", invalid("One or more parameter values were invalid: Size of %s has exceeded the maximum size limit of %d bytes", what, most)
		}
	}
	hash := it[t.keyName].text
	if t.sort.name == "" {
		return hash, nil
	}
	return hash + "\x00" + it[t.sort.name].text + "\x00" + strconv.Itoa(len(hash)), nil // no two keys look the same
}

// keyAttributes is the key of an item.
func (t *table) keyAttributes(it item) item {
	key := item{}
	for _, name := range t.keyNames() {
		key[name] = it[name]
	}
	return key
}

// showKey writes the key of an item for people.
func (t *table) showKey(it item) string {
	shown := make([]string, 0, 2)
	for _, name := range t.keyNames() {
		text := it[name].text
		if t.kindOf(name) == kindB {
			text = base64.StdEncoding.EncodeToString([]byte(text))
		}
		shown = append(shown, text)
	}
	return strings.Join(shown, "/")
}

// checkPaths refuses paths into the key, which is no list or map.
func (t *table) checkPaths(n *node) *apiError {
	if n == nil {
		return nil
	}
	if n.op == opPath && len(n.path) > 1 && t.isKey(n.path[0].name) {
		return invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: %s", n.path[0].name)
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
		if t.isKey(a.path[0].name) {
			return invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", a.path[0].name)
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

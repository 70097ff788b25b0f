package region

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// Table holds items that several gateways, health checks and contact flows
// share, each found by its key. It asks no more of a store than getting, putting
// and conditionally changing one item at a time, which Amazon DynamoDB's
// GetItem, PutItem and UpdateItem do, and a local SQLite file as well.
//
// A table is safe for use by many goroutines. Its methods return soon after
// their context ends, whatever the store does. A store that cannot be asked is an
// error of any kind; only the two errors below are told apart.
type Table interface {
	// Get returns the item with that key, or ErrNotFound. The caller may keep and
	// change it. It may be as old as the store's replicas are.
	Get(ctx context.Context, key string) (Item, error)
	// Put stores the item in place of whatever has its key, without a condition.
	// It is for tools and tests: what the fleet shares is changed by Update.
	Put(ctx context.Context, item Item) error
	// Update changes one item in one step, creating it if there is none. It
	// returns ErrConflict, and changes nothing, if the change's condition does not
	// hold at that moment. After another error the change may have been made.
	Update(ctx context.Context, key string, c Change) error
}

// The errors of a Table that its callers tell apart.
var (
	ErrNotFound = errors.New("there is no such item")
	ErrConflict = errors.New("somebody else changed the item")
)

// Item is one item of a table. Its attributes are string, int64, bool,
// map[string]any and []any of these, nested at most 8 deep: what DynamoDB's types
// S, N, BOOL, M and L hold. The key is not among them; in DynamoDB it is the
// attribute connectRegion.
type Item struct {
	Key        string
	Attributes map[string]any
}

// Change says how one item is to be changed, and on what condition. It fits one
// UpdateItem of DynamoDB; only an entry of a map that is not there yet takes
// another one before it, to make the map.
type Change struct {
	Set    map[string]any // attributes that get a new value
	Remove []string       // attributes that go; those that are not there do no harm
	Entry  Entry          // one entry of a map; zero for none
	Where  Where          // the condition; zero for none
}

// Entry is one entry of an attribute that is a map. If the attribute is not
// there, or is no map, it becomes one with this entry alone.
type Entry struct {
	Map   string // the attribute; must not be in Set or Remove
	Name  string // the entry's key in the map
	Value any    // nil: the entry goes
}

// Where is a condition on a number in the item.
type Where struct {
	Path []string // the attribute, then keys of nested maps; at most 4
	// Is is what the number has to be. 0 holds as well if there is no number in
	// that place: no item, no attribute, or something else than a number.
	Is int64
}

const maxDepth = 8 // of an item's attributes

// CheckAttributes returns an error that names the first attribute whose type no
// table holds.
func CheckAttributes(attributes map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if name == "" {
			return errors.New("an attribute has no name")
		}
		if err := checkValue(attributes[name], 1); err != nil {
			return fmt.Errorf("attribute %s: %w", name, err)
		}
	}
	return nil
}

func checkValue(value any, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested more than %d deep", maxDepth)
	}
	switch value := value.(type) {
	case int64, bool:
		return nil
	case string:
		if !utf8.ValidString(value) {
			return errors.New("text that is not UTF-8")
		}
		return nil
	case map[string]any:
		for _, inner := range value {
			if err := checkValue(inner, depth+1); err != nil {
				return err
			}
		}
		return nil
	case []any:
		for _, inner := range value {
			if err := checkValue(inner, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("a table holds no %T", value)
}

// Check returns why no table can make the change; nil if one can.
func (c Change) Check() error {
	if err := CheckAttributes(c.Set); err != nil {
		return err
	}
	_, set := c.Set[c.Entry.Map]
	switch {
	case len(c.Where.Path) > 4:
		return errors.New("the condition's path is longer than 4")
	case c.Entry.Map == "" && c.Entry.Name == "":
		return nil
	case c.Entry.Map == "" || c.Entry.Name == "":
		return errors.New("the entry needs the names of its map and of itself")
	case set || slices.Contains(c.Remove, c.Entry.Map):
		return fmt.Errorf("attribute %s is changed twice", c.Entry.Map)
	case c.Entry.Value == nil:
		return nil
	}
	if err := checkValue(c.Entry.Value, 2); err != nil {
		return fmt.Errorf("entry %s of %s: %w", c.Entry.Name, c.Entry.Map, err)
	}
	return nil
}

// Apply makes the change to an item's attributes, nil for an item that is not
// there, and returns the new ones; the old ones stay as they are. It returns
// ErrConflict if the condition does not hold. Stores without conditional updates
// of their own use it inside a transaction.
func (c Change) Apply(attributes map[string]any) (map[string]any, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if !c.Where.holds(attributes) {
		return nil, ErrConflict
	}
	changed := cloneMap(attributes)
	maps.Copy(changed, cloneMap(c.Set))
	for _, name := range c.Remove {
		delete(changed, name)
	}
	if c.Entry.Map != "" {
		entries, _ := changed[c.Entry.Map].(map[string]any)
		if entries == nil {
			entries = map[string]any{}
		}
		if c.Entry.Value == nil {
			delete(entries, c.Entry.Name)
		} else {
			entries[c.Entry.Name] = cloneValue(c.Entry.Value)
		}
		changed[c.Entry.Map] = entries
	}
	return changed, nil
}

func (w Where) holds(attributes map[string]any) bool {
	if len(w.Path) == 0 {
		return true
	}
	var value any = attributes
	for _, name := range w.Path {
		inner, _ := value.(map[string]any)
		value = inner[name]
	}
	is, _ := value.(int64)
	return is == w.Is
}

// cloneMap copies attributes to the last leaf; of nil it makes an empty map.
func cloneMap(m map[string]any) map[string]any {
	copied := make(map[string]any, len(m))
	for name, value := range m {
		copied[name] = cloneValue(value)
	}
	return copied
}

func cloneValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return cloneMap(value)
	case []any:
		copied := make([]any, len(value))
		for i := range value {
			copied[i] = cloneValue(value[i])
		}
		return copied
	}
	return value
}

// maxVersion is the highest version that is taken for one. It leaves room to
// count on, so that a version from the far future is outlived, not overflowed.
const maxVersion = math.MaxInt64 >> 1

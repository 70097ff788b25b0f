package dynamolocal

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// generator makes random operations on a table with the key connectRegion. The
// same seed makes the same ones. What dynalite is known to do otherwise than
// DynamoDB is left out; the remarks say what.
type generator struct {
	rng    *rand.Rand
	names  map[string]any
	values map[string]any
}

func newGenerator(seed uint64) *generator {
	return &generator{rng: rand.New(rand.NewPCG(seed, 0))}
}

func (g *generator) oneOf(choices ...string) string { return choices[g.rng.IntN(len(choices))] }

func (g *generator) chance(percent int) bool { return g.rng.IntN(100) < percent }

// operation returns the name and the input of an operation.
func (g *generator) operation() (string, map[string]any) {
	g.names, g.values = map[string]any{}, map[string]any{}
	in := map[string]any{"TableName": "lexDR"}
	if g.chance(1) {
		in["TableName"] = "nothere"
	}
	op := g.oneOf("PutItem", "PutItem", "GetItem", "GetItem", "UpdateItem", "UpdateItem", "UpdateItem", "UpdateItem", "UpdateItem", "DeleteItem", "Scan")
	switch op {
	case "PutItem":
		in["Item"] = g.item()
		g.writes(in, "NONE", "ALL_OLD")
	case "DeleteItem":
		in["Key"] = g.key()
		g.writes(in, "NONE", "ALL_OLD")
	case "UpdateItem":
		in["Key"] = g.key()
		if g.chance(95) {
			in["UpdateExpression"] = g.update()
		}
		g.writes(in, "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
	case "GetItem":
		in["Key"] = g.key()
		if g.chance(30) {
			in["ProjectionExpression"] = g.list(g.usualPath)
		}
	case "Scan":
		if g.chance(50) {
			in["FilterExpression"] = g.condition(2)
		}
	}
	if g.chance(3) {
		g.names["#unused"] = "x"
	}
	if op != "GetItem" && g.chance(3) { // which has no values
		g.values[":unused"] = g.scalar()
	}
	if len(g.names) > 0 {
		in["ExpressionAttributeNames"] = g.names
	}
	if len(g.values) > 0 {
		in["ExpressionAttributeValues"] = g.values
	}
	return op, in
}

// writes adds what writes have in common.
func (g *generator) writes(in map[string]any, returns ...string) {
	if g.chance(50) {
		in["ConditionExpression"] = g.condition(2)
	}
	if g.chance(60) {
		in["ReturnValues"] = g.oneOf(returns...)
	}
}

func (g *generator) key() map[string]any {
	key := map[string]any{"connectRegion": map[string]any{"S": g.oneOf("us-east-1", "us-west-2", "eu-west-2")}}
	switch {
	case g.chance(1):
		key["connectRegion"] = map[string]any{"N": "1"}
	case g.chance(1):
		key["connectRegion"] = map[string]any{"S": ""}
	case g.chance(1):
		key["more"] = g.scalar()
	}
	return key
}

func (g *generator) item() map[string]any {
	it := g.key()
	for range g.rng.IntN(5) {
		name := g.attribute()
		it[name] = g.usual(name)
	}
	return it
}

func (g *generator) attribute() string {
	return g.oneOf("lexRegion", "a", "b", "version", "nodes", "audit", "tags")
}

// usual is a value that an attribute of that name mostly has, so that expressions
// find what they are made for.
func (g *generator) usual(name string) map[string]any {
	if g.chance(15) {
		return g.value(2)
	}
	switch name {
	case "version":
		return map[string]any{"N": g.oneOf("1", "2", "7", "1.50", "-3", "1e2", "0.001", "12345678901234567890")}
	case "nodes":
		return map[string]any{"M": map[string]any{"a": g.scalar(), "version": map[string]any{"N": "4"}, "audit": map[string]any{"L": []any{g.scalar()}}}}
	case "audit":
		return map[string]any{"L": []any{g.scalar(), g.ordered(), map[string]any{"M": map[string]any{"b": g.scalar()}}}}
	case "tags":
		return map[string]any{"SS": []string{"us", "x"}}
	case "lexRegion":
		return map[string]any{"S": g.text()}
	}
	return g.value(2)
}

// usualPath leads to where usual values are.
func (g *generator) usualPath() string {
	if g.chance(25) {
		return g.path()
	}
	return g.oneOf("version", "nodes", "nodes.a", "nodes.version", "nodes.audit[0]", "nodes.b", "audit", "audit[0]", "audit[1]", "audit[2].b", "tags", "lexRegion", "a", "b")
}

// scalar is a value without an inside. There is no false and no empty text:
// dynalite takes them for missing in some functions.
func (g *generator) scalar() map[string]any {
	switch g.rng.IntN(6) {
	case 0:
		return map[string]any{"N": g.number()}
	case 1:
		return map[string]any{"BOOL": true}
	case 2:
		return map[string]any{"NULL": true}
	case 3:
		return map[string]any{"B": g.oneOf("AQID", "AQ==", "AgM=")}
	default:
		return map[string]any{"S": g.text()}
	}
}

func (g *generator) text() string {
	return g.oneOf("us-east-1", "us-west-2", "us", "err", "x", "N", "S")
}

func (g *generator) number() string {
	return g.oneOf("0", "1", "2", "3", "7", "-1", "1.0", "1.50", "1e2", "-0.25", "12345678901234567890", "0.001", "1e-3", "100", "x", "1e126",
		"1", "2", "3", "4", "5", "10", "20", "30")
}

func (g *generator) set() map[string]any {
	words := map[string][]string{"SS": {"us", "x", "err", "S"}, "NS": {"1", "2", "3.0", "1e1"}, "BS": {"AQID", "AQ==", "AgM="}}
	k := g.oneOf("SS", "NS", "BS")
	members := slices.Clone(words[k])
	g.rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	members = members[:g.rng.IntN(len(members))+1]
	if g.chance(3) {
		members = append(members, members[0])
	}
	return map[string]any{k: members}
}

func (g *generator) value(depth int) map[string]any {
	switch n := g.rng.IntN(10); {
	case n < 5 || depth == 0:
		return g.scalar()
	case n < 7:
		return g.set()
	case n < 9:
		m := map[string]any{}
		for range g.rng.IntN(4) {
			m[g.attribute()] = g.value(depth - 1)
		}
		return map[string]any{"M": m}
	default:
		list := []any{}
		for range g.rng.IntN(4) {
			list = append(list, g.value(depth-1))
		}
		return map[string]any{"L": list}
	}
}

// placeholder makes a value that stands in an expression.
func (g *generator) placeholder(v map[string]any) string {
	name := fmt.Sprintf(":v%d", len(g.values))
	if g.chance(1) {
		return name // it is missing
	}
	g.values[name] = v
	return name
}

func (g *generator) name() string {
	switch n := g.rng.IntN(100); {
	case n < 25:
		name := fmt.Sprintf("#n%d", len(g.names))
		g.names[name] = g.attribute()
		return name
	case g.chance(1):
		return "#missing"
	case g.chance(1):
		return g.oneOf("region", "State", "VALUES")
	case n < 27:
		return "connectRegion"
	}
	return g.attribute()
}

func (g *generator) path() string {
	p := g.name()
	// dynalite lets conditions look into the key, which has no inside.
	for p != "connectRegion" && g.chance(35) {
		if g.chance(60) {
			p += "." + g.attribute()
		} else {
			p += fmt.Sprintf("[%d]", g.rng.IntN(3))
		}
	}
	return p
}

// ordered is a value that can be compared by < and the like. Others are refused by
// DynamoDB, and answered by dynalite.
func (g *generator) ordered() map[string]any {
	return []map[string]any{{"S": g.text()}, {"N": g.oneOf("1", "2", "10")}, {"B": "AQID"}}[g.rng.IntN(3)]
}

func (g *generator) operand() string {
	if g.chance(15) {
		return "size(" + g.usualPath() + ")"
	}
	return g.usualPath()
}

func (g *generator) condition(depth int) string {
	if depth > 0 && g.chance(50) {
		left, right := g.condition(depth-1), g.condition(depth-1)
		switch g.rng.IntN(4) {
		case 0:
			if strings.HasPrefix(left, "NOT") { // not twice for dynalite
				left = "(" + left + ")"
			}
			return "NOT " + left
		case 1:
			return "(" + left + ") and " + right
		case 2:
			return left + " OR " + right
		default:
			return left + " AND " + right
		}
	}
	switch g.rng.IntN(12) {
	case 0, 1:
		return "attribute_exists(" + g.usualPath() + ")"
	case 2, 3:
		return "attribute_not_exists(" + g.usualPath() + ")"
	case 4:
		return "attribute_type(" + g.usualPath() + ", " + g.placeholder(map[string]any{"S": g.oneOf("S", "N", "M", "L", "SS", "X")}) + ")"
	case 5:
		return "begins_with(" + g.usualPath() + ", " + g.placeholder(g.scalar()) + ")"
	case 6:
		return "contains(" + g.usualPath() + ", " + g.placeholder(g.ordered()) + ")"
	case 7:
		return g.operand() + " IN (" + g.placeholder(g.ordered()) + ", " + g.placeholder(g.ordered()) + ")"
	case 8:
		return g.operand() + " BETWEEN " + g.placeholder(g.ordered()) + " AND " + g.placeholder(g.ordered())
	case 9:
		return g.operand() + " " + g.oneOf("=", "<>") + " " + g.placeholder(g.equatable())
	case 10:
		return g.oneOf("("+g.usualPath()+")", g.operand()) + " = " + g.placeholder(g.ordered())
	default:
		return g.operand() + " " + g.oneOf("<", "<=", ">", ">=") + " " + g.placeholder(g.ordered())
	}
}

// equatable is a value that dynalite can compare for equality: no list, no map.
func (g *generator) equatable() map[string]any {
	if g.chance(30) {
		return g.set()
	}
	return g.scalar()
}

func (g *generator) list(part func() string) string {
	parts := []string{part()}
	for g.chance(30) {
		parts = append(parts, part())
	}
	return strings.Join(parts, ", ")
}

func (g *generator) update() string {
	sections := map[string]func() string{
		"SET": func() string { return g.list(g.assignment) },
		// One at a time: dynalite counts the indexes of a list anew after each.
		"REMOVE": g.usualPath,
		"ADD":    func() string { return g.list(g.addition) },
		"DELETE": func() string {
			return g.oneOf("tags", "tags", g.usualPath()) + " " + g.placeholder([]map[string]any{{"SS": []string{"us"}}, {"SS": []string{"x", "us"}}, g.set()}[g.rng.IntN(3)])
		},
	}
	var parts []string
	for _, verb := range slices.Sorted(maps.Keys(sections)) {
		if g.chance(map[string]int{"SET": 70, "REMOVE": 15, "ADD": 15, "DELETE": 15}[verb]) {
			parts = append(parts, g.oneOf(verb, strings.ToLower(verb))+" "+sections[verb]())
		}
	}
	if g.chance(2) {
		parts = append(parts, "SET a = "+g.placeholder(g.scalar()))
	}
	if len(parts) == 0 && g.chance(95) {
		return "SET a = " + g.placeholder(g.value(2))
	}
	return strings.Join(parts, " ")
}

func (g *generator) assignment() string {
	switch g.rng.IntN(8) {
	case 0, 1:
		return "version = version " + g.oneOf("+", "-") + " " + g.placeholder(map[string]any{"N": g.oneOf("1", "2", "0.5")})
	case 2:
		return "version = if_not_exists(version, " + g.placeholder(map[string]any{"N": "0"}) + ") + " + g.placeholder(map[string]any{"N": "1"})
	case 3:
		return "audit = list_append(" + g.oneOf("audit", "if_not_exists(audit, "+g.placeholder(map[string]any{"L": []any{}})+")") + ", " + g.placeholder(map[string]any{"L": []any{g.scalar()}}) + ")"
	case 4:
		return g.usualPath() + " = " + g.oneOf("connectRegion", "missing")
	case 5:
		return g.path() + " = " + g.operandOfSet(2)
	}
	p := g.usualPath()
	return p + " = " + g.placeholder(g.usual(p))
}

func (g *generator) addition() string {
	switch g.rng.IntN(4) {
	case 0:
		return "version " + g.placeholder(map[string]any{"N": g.oneOf("1", "-2", "0.5", "1e3")})
	case 1:
		return "tags " + g.placeholder(map[string]any{"SS": []string{g.text()}})
	case 2:
		return "nodes.version " + g.placeholder(map[string]any{"N": "3"})
	}
	return g.usualPath() + " " + g.placeholder(g.addend())
}

func (g *generator) addend() map[string]any {
	switch {
	case g.chance(10):
		return g.scalar()
	case g.chance(50):
		return map[string]any{"N": g.oneOf("1", "-2", "0.5", "1e3")}
	}
	return g.set()
}

// operandOfSet is what an attribute is set to. It is never what another attribute
// has, unless that is a text: dynalite would let both be one from then on.
func (g *generator) operandOfSet(depth int) string {
	if depth == 0 || g.chance(50) {
		if g.chance(30) {
			return "connectRegion"
		}
		return g.placeholder(g.value(2))
	}
	number := func() string {
		if g.chance(50) {
			return g.usualPath()
		}
		return g.placeholder(map[string]any{"N": g.oneOf("1", "2", "0.5")})
	}
	switch g.rng.IntN(4) {
	case 0:
		return "if_not_exists(" + g.oneOf("connectRegion", "missing") + ", " + g.operandOfSet(depth-1) + ")"
	case 1:
		return "list_append(" + g.oneOf("connectRegion", "missing") + ", " + g.placeholder(g.value(2)) + ")"
	default:
		return number() + " " + g.oneOf("+", "-") + " " + number()
	}
}

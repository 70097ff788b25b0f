package dynamolocal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// anItem has a value of every kind.
const anItem = `{"connectRegion":{"S":"us-east-1"},"s":{"S":"text"},"n":{"N":"12.5"},"b":{"B":"AQID"},"yes":{"BOOL":true},"off":{"BOOL":false},
	"nothing":{"NULL":true},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]},"bs":{"BS":["AQ==","AgM="]},"blank":{"S":""},
	"l":{"L":[{"S":"zero"},{"N":"1"},{"M":{"x":{"S":"y"}}},{"S":"three"}]},"m":{"M":{"core":{"M":{"deep":{"N":"3"}}},"parts":{"L":[{"S":"a"}]}}}}`

// someValues are what :name stands for in the tests: those that an expression has.
var someValues = map[string]string{
	":text": `{"S":"text"}`, ":te": `{"S":"te"}`, ":a": `{"S":"a"}`, ":ba": `{"SS":["b","a"]}`, ":n": `{"N":"12.50"}`, ":one": `{"N":"1"}`, ":two": `{"N":"2"}`,
	":big": `{"N":"99999999999999999999999999999999999999"}`, ":false": `{"BOOL":false}`, ":N": `{"S":"N"}`, ":BOOL": `{"S":"BOOL"}`, ":bytes": `{"B":"AQI="}`, ":empty": `{"S":""}`,
	":list": `{"L":[{"S":"new"}]}`, ":m": `{"M":{"core":{"M":{"deep":{"N":"3.0"}}},"parts":{"L":[{"S":"a"}]}}}`, ":X": `{"S":"X"}`, ":zero": `{"S":"zero"}`,
}

// valuesOf returns ExpressionAttributeValues for an expression, "" for none.
func valuesOf(expression string) string {
	var used []string
	tokens, _ := lex(expression)
	for _, t := range tokens {
		entry := fmt.Sprintf("%q:%s", t.text, someValues[t.text])
		if t.kind == tokenValue && someValues[t.text] != "" && !slices.Contains(used, entry) {
			used = append(used, entry)
		}
	}
	if len(used) == 0 {
		return ""
	}
	return `,"ExpressionAttributeValues":{` + strings.Join(used, ",") + `}`
}

// TestConditions has what dynalite cannot judge, as it is wrong there, and the
// syntax.
func TestConditions(t *testing.T) {
	l := serve(t, Config{})
	l.call("PutItem", `{"TableName":"lexDR","Item":`+anItem+`}`)
	const invalid = "ValidationException"
	for _, tt := range []struct{ expression, want string }{
		{"s = :text", "holds"},
		{"n = :n", "holds"}, // by value, not by text
		{"ss = :ba", "holds"},
		{"m = :m", "holds"},
		{"m <> :m", "fails"},
		{"off = :false", "holds"},
		{"attribute_type(off, :BOOL)", "holds"},
		{"blank = :empty", "holds"},
		{"size(blank) < :one", "holds"},
		{"attribute_exists(blank)", "holds"},
		{"absent = absent2", "fails"},
		{"absent <> :a", "holds"},
		{"NOT absent = :a", "holds"},
		{"n BETWEEN :one AND :big", "holds"},
		{"begins_with(s, :te)", "holds"},
		{"begins_with(b, :bytes)", "holds"},
		{"contains(ss, :a) AND contains(s, :te) AND contains(l, :zero)", "holds"},
		{"contains(m.parts, :a)", "holds"},
		{"m.core.deep > :two", "holds"},
		{"l[2].x = l[0]", "fails"},
		{"l[9] = :a", "fails"},
		{"s IN (:a, :text)", "holds"},
		{"(s = :a OR n = :n) AND NOT (s = :a)", "holds"},
		{"s = :a OR n = :n AND s = :a", "fails"}, // AND binds tighter
		{"size(ss) = :two", "holds"},
		{"(s) = :text", "holds"},

		{"", invalid},
		{"s", invalid},
		{"s = ", invalid},
		{"s = :missing", invalid},
		{"#missing = :a", invalid},
		{"region = :a", invalid}, // a reserved word
		{"s = :a AND", invalid},
		{"((s = :a))", invalid},
		{"s == :a", invalid},
		{"s = 'text'", invalid},
		{"size(s)", invalid},
		{"frobnicate(s)", invalid},
		{"attribute_exists(:a)", invalid},
		{"attribute_exists(s, n)", invalid},
		{"attribute_type(s, :X)", invalid},
		{"begins_with(s, :one)", invalid},
		{"n < :false", invalid},
		{"n BETWEEN :two AND :one", invalid},
		{"n BETWEEN :one AND :a", invalid},
		{"s = s", invalid},
		{"connectRegion.x = :a", invalid},
		{"s = attribute_exists(s)", invalid},
		{"l[x] = :a", invalid},
		{"l[99999999999999999999] = :a", invalid},
		{strings.Repeat("(", 4000), invalid},
		{strings.Repeat("NOT ", 1000) + "s = :a", invalid},
		{"attribute_exists(a" + strings.Repeat(".a", 40) + ")", invalid},
		{"s = :a" + strings.Repeat(" ", 5000), invalid},
	} {
		expression, _ := json.Marshal(tt.expression)
		came := l.call("PutItem", `{"TableName":"lexDR","Item":`+anItem+`,"ConditionExpression":`+string(expression)+valuesOf(tt.expression)+`}`)
		got := map[string]string{"": "holds", "ConditionalCheckFailedException": "fails"}[came.errorType]
		if got == "" {
			got = came.errorType
		}
		if got != tt.want {
			t.Errorf("%.80s: %s %q; want %s", tt.expression, got, came.message, tt.want)
		}
	}
}

// TestUpdates has what dynalite does otherwise than DynamoDB, and the messages that
// people look up.
func TestUpdates(t *testing.T) {
	l := serve(t, Config{})
	for _, tt := range []struct{ expression, path, want string }{
		{"SET s = n, n = s", "n", `{"S":"text"}`}, // all of the old item
		{"REMOVE l[0], l[1]", "l", `{"L":[{"M":{"x":{"S":"y"}}},{"S":"three"}]}`},
		{"SET l[9] = :a, l[7] = :two REMOVE l[0]", "l", `{"L":[{"N":"1"},{"M":{"x":{"S":"y"}}},{"S":"three"},{"N":"2"},{"S":"a"}]}`},
		{"SET m.core.deep = m.core.deep + :one", "m.core.deep", `{"N":"4"}`},
		{"SET m.made = m", "m.made.core.deep", `{"N":"3"}`},
		{"SET l = list_append(:list, l)", "l[0]", `{"S":"new"}`},
		{"SET x = if_not_exists(x, :a)", "x", `{"S":"a"}`},
		{"SET s = if_not_exists(s, :a)", "s", `{"S":"text"}`},
		{"SET n = n - :one", "n", `{"N":"11.5"}`},
		{"SET n = (n - :one)", "n", `{"N":"11.5"}`},
		{"ADD n :one, ss :ba, x :two DELETE ns :ns", "n", `ValidationException`},
		{"ADD n :one, ss :ba, x :two", "x", `{"N":"2"}`},
		{"DELETE ss :ba", "ss", `absent`},
		{"REMOVE absent", "absent", `absent`},

		{"SET m.absent.x = :a", "", "The document path provided in the update expression is invalid for update"},
		{"SET s.x = :a", "", "The document path provided in the update expression is invalid for update"},
		{"REMOVE absent.x", "", "The document path provided in the update expression is invalid for update"},
		{"SET m[0] = :a", "", "The document path provided in the update expression is invalid for update"},
		{"SET x = absent", "", "The provided expression refers to an attribute that does not exist in the item"},
		{"SET n = s + :one", "", "An operand in the update expression has an incorrect data type"},
		{"ADD s :one", "", "An operand in the update expression has an incorrect data type"},
		{"SET n = n + :big", "", "Attempting to store more than 38 significant digits in a Number"},
		{"SET m.x = :a, m = :m", "", "Two document paths overlap with each other"},
		{"SET l.x = :a, l[0] = :a", "", "Two document paths conflict with each other"},
		{"SET x = :a SET y = :a", "", `The "SET" section can only be used once`},
		{"SET connectRegion = :a", "", "Cannot update attribute connectRegion. This attribute is part of the key"},
		{"ADD x :a", "", "Incorrect operand type for operator or function; operator: ADD"},
		{"SET x = size(s)", "", "Invalid function name; function: size"},
		{"SET x = :a + :one", "", "Incorrect operand type for operator or function; operator or function: +"},
		{"SET x = n + n + n", "", "Syntax error"},
		{"", "", "The expression can not be empty"},
		{" ", "", "Syntax error"},
		{"FROB x", "", "Syntax error"},
		{"SET x", "", "Syntax error"},
	} {
		l.call("PutItem", `{"TableName":"lexDR","Item":`+anItem+`}`)
		came := l.call("UpdateItem", fmt.Sprintf(`{"TableName":"lexDR","Key":{"connectRegion":{"S":"us-east-1"}},"UpdateExpression":%q%s}`, tt.expression, valuesOf(tt.expression)))
		if came.errorType != "" {
			if came.errorType != tt.want && (tt.path != "" || !strings.Contains(came.message, tt.want)) {
				t.Errorf("%s: %s %q; want %s", tt.expression, came.errorType, came.message, tt.want)
			}
			continue
		}
		if got := l.at(tt.path); got != tt.want {
			t.Errorf("%s: %s is %s; want %s", tt.expression, tt.path, got, tt.want)
		}
	}
}

// at returns what stands at the end of a path in the item.
func (l *local) at(text string) string {
	ph, err := newPlaceholders(nil, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	way, err := parse("path", text, ph, (*parser).path)
	if err != nil {
		return "absent"
	}
	v, ok := way.find(l.tables.get("lexDR").get("us-east-1"))
	if !ok {
		return "absent"
	}
	written, _ := json.Marshal(v)
	return string(written)
}

func TestUnusedPlaceholdersAreRefused(t *testing.T) {
	l := serve(t, Config{})
	for _, tt := range []struct{ more, want string }{
		{`"ExpressionAttributeNames":{"#a":"a","#b":"b"}`, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}"},
		{`"ExpressionAttributeValues":{":a":{"S":"a"}}`, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}"},
		{`"ExpressionAttributeNames":{"a":"a"}`, "ExpressionAttributeNames contains invalid key"},
		{`"ExpressionAttributeValues":{}`, "ExpressionAttributeValues must not be empty"},
		{`"ExpressionAttributeValues":{":a":{"N":"one"}}`, "cannot be converted to a numeric value"},
		{`"Expected":{}`, "does not understand the parameter Expected"},
		{`"AttributeUpdates":{}`, "Can not use both expression and non-expression parameters"},
	} {
		came := l.call("UpdateItem", `{"TableName":"lexDR","Key":{"connectRegion":{"S":"x"}},"UpdateExpression":"REMOVE x",`+tt.more+`}`)
		if came.errorType != "ValidationException" || !strings.Contains(came.message, tt.want) {
			t.Errorf("%s: %s %q; want %q", tt.more, came.errorType, came.message, tt.want)
		}
	}
}

func FuzzExpressions(f *testing.F) {
	for _, seed := range []string{
		"a = :v AND (b.c[0] <> #n OR NOT size(d) > :v)", "SET a = if_not_exists(b, :v) + :v REMOVE l[3] ADD n :v DELETE s :v", "a, b.c, #n[0]",
		"a BETWEEN :v AND :v", "a IN (:v, :v)", "((a = :v))", "attribute_type(a, :v)", "SET a.b = list_append(a, :v)", "((((((", "NOT NOT NOT a",
	} {
		f.Add(seed)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(anItem), &raw); err != nil {
		f.Fatal(err)
	}
	it, err := decodeItem(raw)
	if err != nil {
		f.Fatal(err)
	}
	before, _ := json.Marshal(it)
	values := item{":v": {kind: kindN, text: "1"}, ":s": {kind: kindS, text: "S"}, ":l": {kind: kindL}, ":ss": {kind: kindSS, set: []string{"a"}}}
	f.Fuzz(func(t *testing.T, text string) {
		ph := &placeholders{names: map[string]string{"#n": "m"}, values: values, used: map[string]bool{}}
		if condition, err := parse("ConditionExpression", text, ph, (*parser).condition); err == nil {
			negated := &node{op: opNot, args: []*node{condition}}
			if condition.holds(it) == negated.holds(it) {
				t.Errorf("%q and its negation agree", text)
			}
		}
		if actions, err := parse("UpdateExpression", text, ph, (*parser).update); err == nil {
			changed, err := apply(actions, it)
			if written, _ := json.Marshal(changed); err == nil && !json.Valid(written) {
				t.Errorf("%q makes %s", text, written)
			}
		}
		if paths, err := parse("ProjectionExpression", text, ph, (*parser).projection); err == nil {
			project(paths, it)
		}
		if after, _ := json.Marshal(it); string(after) != string(before) {
			t.Fatalf("%q changed the old item to %s", text, after)
		}
	})
}

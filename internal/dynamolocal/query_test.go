package dynamolocal

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/dynamodb/dynalite"
)

// sorted has a table of calls with a range key of text, and one with numbers.
func sorted(t *testing.T) *local {
	l := serve(t, Config{})
	if err := l.CreateSortedTable("calls", "pk", "S", "sk", "S"); err != nil {
		t.Fatal(err)
	}
	if err := l.CreateSortedTable("numbers", "pk", "S", "sk", "N"); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestQueryAgainstDynalite puts the same items and questions to this server and to a
// DynamoDB that others wrote.
func TestQueryAgainstDynalite(t *testing.T) {
	other := dynalite.Start(t)
	dynalite.CreateSortedTable(t, other, "calls", "pk", "S", "sk", "S")
	dynalite.CreateSortedTable(t, other, "numbers", "pk", "S", "sk", "N")
	ours := sorted(t)
	outcomes := map[string]int{}
	both := func(op string, in map[string]any) {
		t.Helper()
		want, err := post(t.Context(), other, op, in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := post(t.Context(), ours.url, op, in)
		if err != nil {
			t.Fatal(err)
		}
		<-ours.records
		outcomes[op+" "+got.errorType]++
		text, _ := json.Marshal(in)
		if diff := cmp.Diff(inSequence(want), inSequence(got)); diff != "" {
			t.Fatalf("%s %s\ndynalite says %q, ours %q (-dynalite +ours):\n%s", op, text, want.message, got.message, diff)
		}
	}
	rng := rand.New(rand.NewPCG(3, 3))
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	for range 300 {
		table, kind := "calls", "S"
		if rng.IntN(2) == 0 {
			table, kind = "numbers", "N"
		}
		text := func(s string) map[string]any { return map[string]any{"S": s} }
		at := func() map[string]any { return map[string]any{kind: fmt.Sprint(rng.IntN(30))} }
		if rng.IntN(3) == 0 {
			both("PutItem", map[string]any{"TableName": table, "Item": map[string]any{"pk": text(pick("a", "b")), "sk": at(), "line": text(pick("x", "y"))}})
			continue
		}
		in := map[string]any{"TableName": table, "ScanIndexForward": rng.IntN(2) == 0}
		values, keys := map[string]any{":d": text(pick("a", "b", "c"))}, "pk = :d"
		switch rng.IntN(8) {
		case 0:
			keys, values[":a"] = pick("sk = :a AND pk = :d", "pk = :d AND sk = :a"), at()
		case 1:
			keys += " AND sk " + pick("<", "<=", ">", ">=") + " :a"
			values[":a"] = at()
		case 2:
			keys += " AND sk BETWEEN :a AND :b"
			values[":a"], values[":b"] = at(), at()
		case 3:
			keys += " AND begins_with(sk, :a)"
			values[":a"] = map[string]any{kind: "1"}
		case 4:
			keys += pick(" AND sk <> :a", " OR sk = :a", " AND line = :a", " AND attribute_exists(sk)", " AND sk = :a AND sk = :a")
			values[":a"] = at()
		case 5:
			keys = pick("sk = :d", "pk > :d", "begins_with(pk, :d)", "pk = :d AND pk = :d")
		}
		if rng.IntN(3) == 0 {
			in["FilterExpression"] = pick("line = :l", "line = :l", "line = :l", "sk = :l")
			values[":l"] = text(pick("x", "y"))
		}
		if rng.IntN(6) == 0 {
			in["ExclusiveStartKey"] = map[string]any{"pk": values[":d"], "sk": at()}
		}
		in["KeyConditionExpression"], in["ExpressionAttributeValues"] = keys, values
		both("Query", in)
	}
	t.Logf("outcomes: %v", outcomes)
	if outcomes["Query "] < 50 || outcomes["Query ValidationException"] < 20 {
		t.Errorf("outcomes %v; the test asks too little", outcomes)
	}
}

// inSequence is what has to be the same, items in their order.
func inSequence(r reply) string {
	if r.errorType != "" {
		return r.errorType
	}
	return oneForm(r.body)
}

func TestQueryInPages(t *testing.T) {
	l := sorted(t)
	for i := range 7 {
		l.call("PutItem", fmt.Sprintf(`{"TableName":"numbers","Item":{"pk":{"S":"a"},"sk":{"N":"%d"},"even":{"BOOL":%t}}}`, i*i, i%2 == 0))
	}
	const question = `"TableName":"numbers","KeyConditionExpression":"#d = :d","ExpressionAttributeNames":{"#d":"pk"},"ExpressionAttributeValues":{":d":{"S":"a"}},"ScanIndexForward":false,"Limit":3`
	var got []string
	start := ""
	for range 5 {
		r := l.call("Query", `{`+question+start+`}`)
		items, _ := r.body["Items"].([]any)
		for _, it := range items {
			got = append(got, it.(map[string]any)["sk"].(map[string]any)["N"].(string))
		}
		last, more := r.body["LastEvaluatedKey"]
		if !more {
			break
		}
		text, err := json.Marshal(last)
		if err != nil {
			t.Fatal(err)
		}
		start = `,"ExclusiveStartKey":` + string(text)
	}
	if diff := cmp.Diff([]string{"36", "25", "16", "9", "4", "1", "0"}, got); diff != "" {
		t.Errorf("items in pages (-want +got):\n%s", diff)
	}
}

func TestTableWithARangeKey(t *testing.T) {
	l := sorted(t)
	for _, tt := range []struct{ name, op, input, want string }{
		{"no range key", "GetItem", `{"TableName":"calls","Key":{"pk":{"S":"a"}}}`, "ValidationException"},
		{"empty range key", "PutItem", `{"TableName":"calls","Item":{"pk":{"S":"a"},"sk":{"S":""}}}`, "ValidationException"},
		{"range key of another kind", "PutItem", `{"TableName":"calls","Item":{"pk":{"S":"a"},"sk":{"N":"1"}}}`, "ValidationException"},
		{"put", "PutItem", `{"TableName":"calls","Item":{"pk":{"S":"a"},"sk":{"S":"1"}}}`, ""},
		{"range key changed", "UpdateItem", `{"TableName":"calls","Key":{"pk":{"S":"a"},"sk":{"S":"1"}},"UpdateExpression":"SET #a = :v","ExpressionAttributeNames":{"#a":"sk"},"ExpressionAttributeValues":{":v":{"S":"2"}}}`, "ValidationException"},
		{"no key condition", "Query", `{"TableName":"calls"}`, "ValidationException"},
		{"conditions of before there were expressions", "Query", `{"TableName":"calls","KeyConditions":{"pk":{}}}`, "ValidationException"},
		{"start key of another table", "Query", `{"TableName":"calls","KeyConditionExpression":"pk = :d","ExpressionAttributeValues":{":d":{"S":"a"}},"ExclusiveStartKey":{"x":{"S":"a"}}}`, "ValidationException"},
		{"no table", "Query", `{"TableName":"gone","KeyConditionExpression":"pk = :d","ExpressionAttributeValues":{":d":{"S":"a"}}}`, "ResourceNotFoundException"},
		{"the same key twice", "CreateTable", `{"TableName":"new","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"a","KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}]}`, "ValidationException"},
		{"no range", "CreateTable", `{"TableName":"new","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"S"}]}`, "ValidationException"},
		{"created", "CreateTable", `{"TableName":"new","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"b","AttributeType":"N"},{"AttributeName":"a","AttributeType":"S"}]}`, ""},
	} {
		if got := l.call(tt.op, tt.input); got.errorType != tt.want {
			t.Errorf("%s: %q %s; want %q", tt.name, got.errorType, got.message, tt.want)
		}
	}
	described, _ := json.Marshal(l.call("DescribeTable", `{"TableName":"new"}`).body["Table"].(map[string]any)["KeySchema"])
	if want := `[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}]`; string(described) != want {
		t.Errorf("KeySchema = %s; want %s", described, want)
	}
}

func TestSetTimeToLive(t *testing.T) {
	l := sorted(t)
	if err := l.SetTimeToLive("calls", "until"); err != nil {
		t.Error(err)
	}
	for _, table := range []string{"calls", "gone"} {
		if err := l.SetTimeToLive(table, "until"); err == nil {
			t.Errorf("SetTimeToLive(%s): no error", table)
		}
	}
}

package dynamolocal

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/dynamodb/dynalite"
)

// seeds is how many courses of operations are compared; -seeds 300 takes a minute.
var seeds = flag.Uint64("seeds", 20, "courses of operations put to dynalite")

// TestAgainstDynalite puts the same random operations to this server and to a
// DynamoDB that others wrote, and wants the same answers and errors.
func TestAgainstDynalite(t *testing.T) {
	other := dynalite.Start(t)
	dynalite.CreateTable(t, other, "lexDR")
	ours := serve(t, Config{})
	const operations = 150
	outcomes := map[string]int{}
	for seed := range *seeds {
		g := newGenerator(seed)
		for i := range operations {
			op, in := g.operation()
			want, err := post(t.Context(), other, op, in)
			got, errOurs := post(t.Context(), ours.url, op, in)
			text, _ := json.Marshal(in)
			if err = errors.Join(err, errOurs); err != nil {
				t.Fatalf("seed %d, operation %d: %s %s: %v", seed, i, op, text, err)
			}
			outcomes[op+" "+got.errorType]++
			<-ours.records
			if diff := cmp.Diff(comparable(want), comparable(got)); diff != "" {
				t.Fatalf("seed %d, operation %d: %s %s\ndynalite says %q, ours %q (-dynalite +ours):\n%s", seed, i, op, text, want.message, got.message, diff)
			}
		}
	}
	t.Logf("outcomes: %v", outcomes)
	for _, outcome := range []string{"PutItem ", "UpdateItem ", "DeleteItem ", "Scan ", "UpdateItem ConditionalCheckFailedException", "UpdateItem ValidationException", "GetItem ResourceNotFoundException"} {
		if outcomes[outcome] == 0 {
			t.Errorf("no operation ended as %q: the generator tests nothing there", outcome)
		}
	}
}

// comparable returns what has to be the same: the type of an error, or the answer
// in one form.
func comparable(r reply) string {
	if r.errorType != "" {
		return r.errorType
	}
	for name, part := range r.body {
		if m, ok := part.(map[string]any); ok && len(m) == 0 {
			delete(r.body, name) // DynamoDB leaves out what is empty
		}
	}
	if items, ok := r.body["Items"].([]any); ok { // in the order of a hash there
		slices.SortFunc(items, func(a, b any) int { return strings.Compare(oneForm(a), oneForm(b)) })
	}
	return oneForm(r.body)
}

// oneForm writes JSON with members of sets in order: sets have none.
func oneForm(v any) string {
	switch v := v.(type) {
	case map[string]any:
		for name, part := range v {
			if members, ok := part.([]any); ok && (name == "SS" || name == "NS" || name == "BS") {
				slices.SortFunc(members, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
			oneForm(part)
		}
	case []any:
		for _, part := range v {
			oneForm(part)
		}
	}
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

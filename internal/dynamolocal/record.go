package dynamolocal

import (
	"fmt"
	"strings"
	"time"

	"lexline/internal/fault"
)

// Record is the trace of one request. Its JSON form, one object a line, is what
// `lexline table serve --log-format json` writes and what other programs may rely on: fields
// are added, never renamed.
type Record struct {
	Time  time.Time `json:"time"`
	Op    string    `json:"op"`              // GetItem, UpdateItem, ...; Fault when faults were set
	Agent string    `json:"agent,omitempty"` // the kind of client, as it calls itself
	Table string    `json:"table,omitempty"`
	Key   string    `json:"key,omitempty"` // of the item: text, number, or base64
	// Found says that there was an item of that key before.
	Found bool `json:"found,omitempty"`
	// Update and Condition are the expressions of a write, without their values.
	Update    string `json:"update,omitempty"`
	Condition string `json:"condition,omitempty"`
	Status    int    `json:"status"` // HTTP, 0 without an answer
	// Error has type and message of an error answer, or why there was none.
	Error string `json:"error,omitempty"`
	// ClientGone says that the client did not wait for its answer. A write may have
	// been made.
	ClientGone bool `json:"client_gone,omitempty"`
	// Fault is the kind of the fault that struck the request, "latency+error" for
	// two. With Op Fault it is those that are in force from now on, "" for none.
	Fault string `json:"fault,omitempty"`
	// Faults are the faults in force from now on, with Op Fault.
	Faults []Fault `json:"faults,omitempty"`
	// Millis is the time from the end of the request's body to the answer.
	Millis float64 `json:"ms"`
}

// opFault is the Op of a record that says that faults were set or cleared.
const opFault = "Fault"

// came fills in what a request brought.
func (r *Record) came(in *input) {
	r.Table = in.TableName
	if in.UpdateExpression != nil {
		r.Update = *in.UpdateExpression
	}
	if in.ConditionExpression != nil {
		r.Condition = *in.ConditionExpression
	}
}

// struck adds a kind of fault.
func (r *Record) struck(kind string) {
	if r.Fault != "" {
		r.Fault += "+"
	}
	r.Fault += kind
}

// String returns the record as a line for people, without its time.
func (r Record) String() string {
	var b strings.Builder
	b.WriteString(r.Op)
	if r.Op == opFault {
		fmt.Fprintf(&b, " %s", fault.Describe(r.Faults))
		if r.Error != "" {
			fmt.Fprintf(&b, " %s", r.Error)
		}
		return b.String()
	}
	for _, part := range []string{r.Table, r.Key, r.Update} {
		if part != "" {
			fmt.Fprintf(&b, " %s", part)
		}
	}
	if r.Condition != "" {
		fmt.Fprintf(&b, " if %s", r.Condition)
	}
	switch {
	case r.Error != "":
		fmt.Fprintf(&b, " -> %d %s", r.Status, r.Error)
	case r.Op == "GetItem" && !r.Found:
		b.WriteString(" -> no such item")
	default:
		b.WriteString(" -> ok")
	}
	if r.Fault != "" {
		fmt.Fprintf(&b, " [fault %s]", r.Fault)
	}
	fmt.Fprintf(&b, " (%.0f ms)", r.Millis)
	return b.String()
}

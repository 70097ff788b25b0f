package drill

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// watchEvery is how often the gateway is asked what it thinks of its regions. It
// tells since when as well, so that nothing is lost between two questions.
const watchEvery = 500 * time.Millisecond

// watch follows the verdicts of the gateways until ctx ends; the result is closed
// then. A gateway without a control listener is not watched.
func (d *drill) watch(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		client := &http.Client{Timeout: adminTimeout}
		defer client.CloseIdleConnections()
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for ctx.Err() == nil {
			for _, g := range d.control {
				d.askVerdicts(ctx, client, g)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}()
	return done
}

func (d *drill) askVerdicts(ctx context.Context, client *http.Client, g *gateway) {
	if g.control == "" {
		return
	}
	var status json.RawMessage
	if askJSON(ctx, client, http.MethodGet, "http://"+g.control+"/status", nil, &status) != nil {
		return // it is asked again soon, and what it says then goes back further
	}
	for _, v := range verdictsIn(status) {
		d.heard.verdict(v)
	}
}

// verdictsIn finds the verdicts in a gateway's status: those of its audit trail,
// and the present ones. It looks at every depth, as there is a part for each bot.
func verdictsIn(status []byte) []Verdict {
	var value any
	if json.Unmarshal(status, &value) != nil {
		return nil
	}
	var past, present []Verdict
	walk(value, func(object map[string]any) {
		text := func(key string) string { s, _ := object[key].(string); return s }
		region := text("region")
		if region == "" {
			return
		}
		if state := text("state"); state != "" {
			if since, err := time.Parse(time.RFC3339Nano, text("since")); err == nil {
				present = append(present, Verdict{since, region, state})
			}
		}
		if text("what") == "region changed" {
			if at, err := time.Parse(time.RFC3339Nano, text("at")); err == nil {
				past = append(past, Verdict{at, region, text("to")})
			}
		}
	})
	return append(past, present...)
}

// walk calls do with every object in a JSON value.
func walk(value any, do func(map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		do(value)
		for _, inner := range value {
			walk(inner, do)
		}
	case []any:
		for _, inner := range value {
			walk(inner, do)
		}
	}
}

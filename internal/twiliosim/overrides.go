package twiliosim

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// overrides are how a webhook is requested, as the fragment of its URL has it:
// #ct=2000&rt=5000&rc=2&rp=5xx,ct. Source:
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
type overrides struct {
	connect time.Duration // ct: until there is a connection
	read    time.Duration // rt: until there is an answer
	total   time.Duration // tt: for everything, retries too
	retries int           // rc
	policy  []string      // rp: what is tried again: 4xx, 5xx, ct, rt, all
}

// parseOverrides reads a fragment. What is out of bounds counts as absent.
func parseOverrides(fragment string) overrides {
	o := overrides{connect: connectTimeout, read: webhookTimeout, total: webhookTimeout, retries: 1, policy: []string{"ct"}}
	values, err := url.ParseQuery(fragment)
	if err != nil {
		return o
	}
	for name, limit := range map[string]struct {
		to   *time.Duration
		most int
	}{"ct": {&o.connect, 10_000}, "rt": {&o.read, 15_000}, "tt": {&o.total, 15_000}} {
		if n, err := strconv.Atoi(values.Get(name)); err == nil && n >= 100 && n <= limit.most {
			*limit.to = time.Duration(n) * time.Millisecond
		}
	}
	if n, err := strconv.Atoi(values.Get("rc")); err == nil && n >= 0 && n <= 5 {
		o.retries = n
	}
	if policy := values.Get("rp"); policy != "" {
		o.policy = strings.Split(policy, ",")
	}
	return o
}

// again reports whether a request that failed in the given way, one of the words of
// rp, is tried again; attempt counts from 0.
func (o *overrides) again(failure string, attempt int) bool {
	return failure != "" && attempt < o.retries && (slices.Contains(o.policy, failure) || slices.Contains(o.policy, "all"))
}

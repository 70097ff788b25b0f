package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is a way in which a region can fail.
type Kind string

// Kinds of faults.
const (
	AliasDeleted Kind = "alias-deleted" // the alias of the bot is deleted, later made again
	ServerErrors Kind = "5xx"           // every request is answered with an internal error
	Throttle     Kind = "throttle"      // most requests are refused for their number
	Reset        Kind = "reset"         // connections are reset
	Hang         Kind = "hang"          // requests are accepted and never answered
	Stop         Kind = "stop"          // the whole process stands still (SIGSTOP)
	Blackhole    Kind = "blackhole"     // bytes are taken and nothing comes back
	Slow         Kind = "slow"          // five times slower
	Drip         Kind = "drip"          // answers come byte by byte
	Truncate     Kind = "truncate"      // answers break off in the middle
	Flap         Kind = "flap"          // internal errors, 15 s on and 15 s off
	Refuse       Kind = "refuse"        // connections are refused
	Both         Kind = "both"          // every region hangs
)

// kinds says what each kind does, for people.
var kinds = []struct {
	kind Kind
	what string
}{
	{AliasDeleted, "the alias of the bot is deleted, later made again"},
	{ServerErrors, "every request is answered with an internal error"},
	{Throttle, "most requests are refused for their number"},
	{Reset, "connections are reset"},
	{Hang, "requests are accepted and never answered"},
	{Stop, "the region's process stands still (SIGSTOP)"},
	{Blackhole, "bytes are taken and nothing comes back, on new connections as well"},
	{Slow, "answers take five times as long"},
	{Drip, "answers come byte by byte"},
	{Truncate, "answers break off in the middle"},
	{Flap, "internal errors, 15 s on and 15 s off"},
	{Refuse, "connections are refused"},
	{Both, "every region hangs: callers must hear something, and be served again afterwards"},
}

// ParseKind reads a kind of fault as typed. Its error lists them all.
func ParseKind(text string) (Kind, error) {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		if string(k.kind) == text {
			return k.kind, nil
		}
		names[i] = string(k.kind)
	}
	return "", fmt.Errorf("%q is no kind of fault; there are %s", text, strings.Join(names, ", "))
}

// KindHelp lists the kinds with what they do, a line each.
func KindHelp() string {
	var b strings.Builder
	for _, k := range kinds {
		fmt.Fprintf(&b, "  %-14s %s\n", k.kind, k.what)
	}
	return b.String()
}

// flapTime is how long a flapping region is bad, and then good.
const flapTime = 15 * time.Second

// holds reports whether the fault lay on region at a time.
func (f Fault) holds(region string, at time.Time) bool {
	return slices.Contains(f.Regions, region) && !at.Before(f.From) && (f.To.IsZero() || at.Before(f.To))
}

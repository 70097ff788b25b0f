package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lexline/internal/region"
)

// The commands `lexline region ...` are for people: what the gateway of this
// machine holds of its regions, and orders to it. They ask its control listener,
// or, where no gateway runs, the file of its table.

// regionOptions are the flags that these commands share.
type regionOptions struct {
	controlOptions
	asJSON bool
	table  string
	key    string
}

// controlFlags are the flags of a command that asks a gateway.
func controlFlags(env *environment, opts *regionOptions, name, operands, about string) *flag.FlagSet {
	flags := newFlags(env, name, operands, about)
	opts.addFlags(env, flags)
	flags.BoolVar(&opts.asJSON, "json", false, "print JSON, for programs")
	return flags
}

// regionFlags are the flags of a command that asks a gateway or a table.
func regionFlags(env *environment, opts *regionOptions, name, operands, about string) *flag.FlagSet {
	flags := controlFlags(env, opts, name, operands, about)
	opts.tables = true
	flags.StringVar(&opts.table, "table", "", "when no gateway runs: the SQLite `file` of its table (table.file in lexline.yml), or dynamodb:NAME@REGION")
	flags.StringVar(&opts.key, "key", "", "with --table: the `key` of the verdict (table.key); not needed if there is only one, or in DynamoDB if it is REGION")
	return flags
}

// check reports flags that do not go together.
func (o *regionOptions) check() error {
	if o.key != "" && o.table == "" {
		return usageError{errors.New("--key is for --table")}
	}
	if o.table != "" {
		return nil
	}
	return o.resolve()
}

// operandAmong takes a command's one operand, which may stand before the flags,
// behind them or between them.
func operandAmong(flags *flag.FlagSet, args []string) (operand string, err error) {
	for {
		if err := parse(flags, args); err != nil {
			return "", err
		}
		rest := flags.Args()
		switch {
		case len(rest) == 0:
			return operand, nil
		case operand != "":
			return "", usageError{fmt.Errorf("%s takes no operand %q", flags.Name(), rest[0])}
		}
		operand, args = rest[0], rest[1:]
	}
}

// regionOf is a region in a list.
func regionOf(list []region.RegionStatus, name string) (region.RegionStatus, bool) {
	for _, r := range list {
		if r.Region == name {
			return r, true
		}
	}
	return region.RegionStatus{}, false
}

// whoami is who gives an order, for the audit trail.
func whoami() string {
	name := cmp.Or(os.Getenv("USER"), "somebody")
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

// clockTime is a time of day as people say it where now is, with the date if that
// is not today's.
func clockTime(at, now time.Time) string {
	at = at.In(now.Location())
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format(time.TimeOnly)
	}
	return at.Format("2006-01-02 15:04:05")
}

// span is a length of time as people say it: two units at most.
func span(d time.Duration) string {
	switch d = max(d, 0).Round(time.Second); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", d.Round(time.Minute)/time.Minute)
	case d < 48*time.Hour:
		d = d.Round(time.Minute)
		text := fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
		return strings.TrimSuffix(text, " 0 min")
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// secondsLong is a time given in seconds.
func secondsLong(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// printJSON prints a value for programs, indented, with <, > and & as they are.
func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// printable returns text without what a terminal takes for orders: some of it
// comes from other machines.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, text)
}

// count is a number with the word for what it counts.
func count[N int | int64 | uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// askTime bounds everything that these commands ask for.
const askTime = 5 * time.Second

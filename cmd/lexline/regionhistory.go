package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"lexline/internal/region"
)

func regionHistoryCommand() command {
	return command{"region history", "say what became of the regions, who did it and why", runRegionHistory}
}

const regionHistoryAbout = `Prints the audit trail, oldest first: who did what and when, from which region to which, and
on what evidence. Lines of the source "gateway" are what the gateway that is asked did by
itself since it started, at most 200 for each bot; those of the source "table" are what
all gateways that share the table decided together, at most 100, and outlive a gateway.

examples:
  lexline region history
  lexline region history -n 10
  lexline region history --json | jq '.entries[] | select(.what == "pin")'
  lexline region history --table /var/lib/lexline/table.db     when no gateway runs
  lexline region history --table dynamodb:lexDR@us-east-1`

func runRegionHistory(ctx context.Context, env *environment, args []string) error {
	var opts regionOptions
	flags := regionFlags(env, &opts, "region history", "", regionHistoryAbout)
	n := flags.Int("n", usualHistory, "how many lines, the latest")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if err := opts.check(); err != nil {
		return err
	}
	if *n < 1 {
		return usageError{fmt.Errorf("-n %d is no number of lines", *n)}
	}
	var answer historyAnswer
	if opts.table != "" {
		if err := readTableHistory(ctx, opts, *n, &answer); err != nil {
			return err
		}
		if opts.asJSON {
			return printJSON(env.stdout, answer)
		}
	} else {
		raw, err := opts.client().ask(ctx, "GET", fmt.Sprintf("/history?n=%d", *n), nil, &answer)
		if err != nil || opts.asJSON {
			return printRaw(env.stdout, raw, err)
		}
	}
	return printHistory(env.stdout, answer, time.Now())
}

func readTableHistory(ctx context.Context, opts regionOptions, n int, answer *historyAnswer) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	table, err := openSavedTable(ctx, opts)
	if err != nil {
		return err
	}
	defer table.close()
	shared, err := region.ReadHistory(ctx, table, table.key)
	if err != nil {
		return err
	}
	answer.Entries = lastEntries(append([]historyEntry{}, tableEntries("", shared)...), n)
	return nil
}

func printHistory(w io.Writer, answer historyAnswer, now time.Time) error {
	if len(answer.Entries) == 0 {
		fmt.Fprintln(w, "Nothing has happened yet.")
	}
	for _, e := range answer.Entries {
		if _, err := fmt.Fprintln(w, printable(e.words(now))); err != nil {
			return err
		}
	}
	for _, fault := range answer.Faults {
		fmt.Fprintf(w, "The table's part is missing: %s\n", printable(fault))
	}
	return nil
}

// words says an entry in one line.
func (e historyEntry) words(now time.Time) string {
	var w strings.Builder
	fmt.Fprintf(&w, "%s  %-7s  ", clockTime(e.At, now), e.Source)
	if e.Bot != "" {
		fmt.Fprintf(&w, "%s: ", e.Bot)
	}
	fmt.Fprint(&w, e.event())
	if e.By != "" && e.What != "unpin" {
		fmt.Fprintf(&w, ", by %s", e.By)
	}
	if e.Why != "" && e.What != "unpin" {
		fmt.Fprintf(&w, ": %s", e.Why)
	}
	if e.Error != "" {
		fmt.Fprintf(&w, "; the probe's error: %s", e.Error)
	}
	if e.Evidence != "" && e.Evidence != e.Why {
		fmt.Fprintf(&w, " [%s]", e.Evidence)
	}
	return w.String()
}

// event says what happened, without by whom and why.
func (e historyEntry) event() string {
	switch {
	case e.What == "panic" && e.To == "end":
		return fmt.Sprintf("%s is back, so not every region looks dead any more", e.Region)
	case e.What == "panic":
		return "every region looks dead"
	case e.What == "doubt" && e.To == "end":
		return "this gateway is in doubt no more" + about(e.Region)
	case e.What == "doubt":
		return "this gateway may be wrong" + about(e.Region)
	case e.What == "pin" && e.To == "":
		return fmt.Sprintf("pin to %s ended", e.From)
	case e.What == "unpin":
		return e.unpinned()
	case e.What == "move" && e.From == "":
		return "first verdict: " + e.To
	case e.What == "state":
		return "still " + e.To
	}
	text := e.What
	if e.Region != "" && e.Region != e.To && e.Region != e.From {
		text += " " + e.Region
	}
	if e.From != "" && e.To != "" && e.From != e.To {
		return fmt.Sprintf("%s from %s to %s", text, e.From, e.To)
	}
	if e.To != "" {
		text += " to " + e.To
	}
	return text
}

func about(name string) string {
	if name == "" {
		return ""
	}
	return " about " + name
}

// unpinned says which pin was taken away, by whom and why, and where calls go then
// if that is known already.
func (e historyEntry) unpinned() string {
	text := fmt.Sprintf("pin to %s taken away", e.From)
	if e.By != "" {
		text += " by " + e.By
	}
	if e.Why != "" {
		text += ": " + e.Why
	}
	if e.To != e.From && e.To != "" {
		text += "; calls go to " + e.To
	}
	return text
}

package main

import (
	"fmt"
	"io"
	"strings"

	"lexline/internal/parity"
)

// printf writes for people; regions call it at the same time.
func (d *deploy) printf(format string, args ...any) {
	d.tell.end()
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.out, format, args...)
}

func (d *deploy) printPlan() {
	d.printf("%s: bot %s, locales %s, %d kB\n", d.path, d.export.Name, strings.Join(localeIDs(d.export), ", "), (len(d.zip)+1023)/1024)
	for _, r := range d.regions {
		d.printf("\n%-14s %s\n", r.Name, r.found())
		if r.err != nil {
			d.printf("    not possible: %v\n", r.err)
			continue
		}
		if n := len(r.differences); n > 0 {
			d.printf("    %s, served | export:\n", count(n, "difference", "differences"))
			r.printDifferences()
		}
		steps := r.plan.steps(d.alias)
		if len(steps) == 0 {
			d.printf("    nothing to do: the alias serves the export\n")
			continue
		}
		for i, step := range steps {
			d.printf("    %d. %s\n", i+1, step)
		}
	}
	if d.dryRun {
		d.printCopies()
		d.printf("\ndry run: nothing was changed\n")
		return
	}
	d.printf("\n")
}

func (r *deployRegion) printDifferences() {
	for i, diff := range r.differences {
		const shown = 10
		if i == shown {
			r.d.printf("      and %d more\n", len(r.differences)-i)
			return
		}
		r.d.printf("      %s\n", printable(diff.String()))
	}
}

// found is what the region has, in words.
func (r *deployRegion) found() string {
	switch s := r.state; {
	case s.bot.ID == "":
		return "there is no bot " + r.d.export.Name
	case s.aliasID == "":
		return "bot " + s.bot.ID + ", no alias " + r.d.alias
	default:
		return fmt.Sprintf("bot %s, alias %s (%s) serves version %s", s.bot.ID, r.d.alias, s.aliasID, s.alias.Version)
	}
}

func (d *deploy) printSummary() {
	d.printf("\n")
	for _, r := range d.regions {
		switch {
		case r.err != nil:
			d.printf("%-14s FAILED at: %s: %v\n", r.Name, r.step, r.err)
		case r.changed:
			d.printf("%-14s bot %s, version %s, alias %s, %s\n", r.Name, r.state.bot.ID, r.state.alias.Version, r.state.aliasID, r.aliasARN())
		default:
			d.printf("%-14s unchanged: bot %s, version %s, alias %s, %s\n", r.Name, r.state.bot.ID, r.state.alias.Version, r.state.aliasID, r.aliasARN())
		}
		if r.err == nil && !r.hooked() {
			d.printf("%-14s the bot wants a Lambda function, and the alias has none: --hook %s=ARN\n", "", r.Name)
		}
	}
	d.printParity()
	d.printNext()
	d.printCopies()
}

// printCopies tells what Global Resiliency would change where somebody plans or begins,
// and else only which copies there are.
func (d *deploy) printCopies() {
	words := d.kept
	if d.dryRun || d.isFirst() {
		words = d.copies
	}
	if words != "" {
		d.printf("\n%s\n", words)
	}
}

// printParity tells how the comparison of the regions went.
func (d *deploy) printParity() {
	if d.parity == nil {
		return
	}
	var text strings.Builder
	switch p := d.parity; {
	case p.count() > 0:
		for _, pair := range p.Definitions {
			pair.print(&text, "definitions", "the definitions are the same")
		}
		for _, pair := range p.Answers {
			pair.print(&text, "answers", "the answers are the same")
		}
	case !p.failed:
		fmt.Fprintf(&text, "\nthe regions are the same: definitions%s\n", andAnswers(p.Conversations))
	}
	printSome(&text, "remark: ", d.parity.Remarks)
	d.printf("%s", text.String())
}

func andAnswers(conversations int) string {
	if conversations == 0 {
		return ""
	}
	return ", and the answers in " + count(conversations, "conversation", "conversations")
}

// printNext shows what to write into lexline.yml, and how to make a contact flow.
func (d *deploy) printNext() {
	var yml, bots strings.Builder
	for _, r := range d.regions {
		if r.err != nil {
			return // half of it would be pasted
		}
		fmt.Fprintf(&yml, "      - name: %s\n        bot: %s\n        alias: %s\n", r.Name, r.state.bot.ID, r.state.aliasID)
		fmt.Fprintf(&bots, " \\\n    --bot %s=%s", r.Name, r.aliasARN())
	}
	d.printf("\nof the line in lexline.yml:\n    regions:\n%s", yml.String())
	if len(d.regions) < 2 {
		return
	}
	home := d.regions[0]
	d.printf("\na contact flow for Amazon Connect:\n  lexline connect flow --lambda arn:aws:lambda:%s:%s:function:lexDRGetRegion%s \\\n    --out flow.json\n",
		home.Name, home.account(), bots.String())
	if strings.Contains(bots.String(), ":ACCOUNT:") {
		d.printf("ACCOUNT stands for the number of the AWS account, which no ARN at hand names.\n")
	}
}

// deployJSON is the result for programs.
type deployJSON struct {
	Export  string             `json:"export"`
	Bot     string             `json:"bot"`
	DryRun  bool               `json:"dry_run"`
	OK      bool               `json:"ok"`
	Regions []deployRegionJSON `json:"regions"`
	Parity  *parityReport      `json:"parity,omitempty"`
	Copies  string             `json:"global_resiliency,omitempty"`
}

type deployRegionJSON struct {
	Region      string              `json:"region"`
	BotID       string              `json:"bot_id,omitempty"`
	Version     string              `json:"version,omitempty"`
	AliasID     string              `json:"alias_id,omitempty"`
	AliasARN    string              `json:"alias_arn,omitempty"`
	Plan        []string            `json:"plan"`
	Changed     bool                `json:"changed"`
	Differences []parity.Difference `json:"differences,omitempty"` // of what is served from the export
	FailedStep  string              `json:"failed_step,omitempty"`
	Error       string              `json:"error,omitempty"`
}

func (d *deploy) printJSON(w io.Writer) error {
	result := deployJSON{Export: d.path, Bot: d.export.Name, DryRun: d.dryRun, OK: d.outcome() == nil, Parity: d.parity, Copies: d.copies}
	for _, r := range d.regions {
		one := deployRegionJSON{
			Region: r.Name, BotID: r.state.bot.ID, Version: r.state.alias.Version, AliasID: r.state.aliasID, AliasARN: r.aliasARN(),
			Plan: append([]string{}, r.plan.steps(d.alias)...), Changed: r.changed, Differences: r.differences,
		}
		if r.err != nil {
			one.FailedStep, one.Error = r.step, r.err.Error()
		}
		result.Regions = append(result.Regions, one)
	}
	return printJSON(w, result)
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"lexline/internal/call"
	"lexline/internal/record"
)

const callsShowAbout = `Shows one call, turn by turn: what the caller did, how long each stage of their wait
took (silence noticed, answer known, first sound sent, heard), where it was answered,
what they were told as far as they heard it, how the call ended, whom the caller was
handed over to, and how that went. Words are there if the gateway keeps them
(records.transcripts). The beginning of a call's id is enough, as far as no other call's
begins so.

examples:
  lexline calls show --config lexline.yml CA0f4a91c2
  lexline calls show --store calls.db --json CA0f4a91c2 | jq '.turns[].wait_ms'`

func runCallsShow(ctx context.Context, env *environment, args []string) error {
	var o callsOptions
	flags := newFlags(env, "calls show", "CALL", callsShowAbout)
	o.addTo(flags, env)
	if err := parse(flags, args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return usageError{fmt.Errorf("calls show wants the id of one call, not %d", flags.NArg())}
	}
	cfg, err := o.readConfig(env)
	if err != nil {
		return err
	}
	store, err := o.open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // it was only read
	entries, err := findCall(ctx, store, flags.Arg(0))
	if err != nil {
		return hintedDynamoDB(err)
	}
	p := callsPrinter{out: env.stdout, asJSON: o.asJSON, now: time.Now}
	if o.asJSON {
		return p.lines(entries)
	}
	for i, e := range entries {
		if i > 0 {
			fmt.Fprintln(env.stdout)
		}
		if err := p.show(e); err != nil {
			return err
		}
	}
	return nil
}

// findCall returns the records of a call that is named by its id or the beginning of it.
func findCall(ctx context.Context, store callStore, id string) ([]record.Entry, error) {
	entries, err := store.Get(ctx, id)
	if err != nil || len(entries) > 0 {
		return entries, err
	}
	id = strings.TrimSuffix(id, "…") // copied from a list
	all, err := store.List(ctx, record.Filter{})
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, e := range all {
		if strings.HasPrefix(e.Call, id) {
			found[e.Call] = true
		}
	}
	switch len(found) {
	case 0:
		return nil, &hintError{fmt.Errorf("there is no call %q in the store", id), "lexline calls lists them; those older than store.retention are gone"}
	case 1:
		for whole := range found {
			return store.Get(ctx, whole)
		}
	}
	return nil, usageError{fmt.Errorf("%d calls begin with %q; give more of the id", len(found), id)}
}

// show prints one record as a timeline.
func (p *callsPrinter) show(e record.Entry) error {
	r, err := record.Parse(e.Record)
	if err != nil {
		return fmt.Errorf("call %s: %w", e.Call, err)
	}
	t := timeline{record: r, now: p.now(), scale: scaleOf(r)}
	t.head()
	for i := range r.Turns {
		t.turn(i)
	}
	t.tail()
	_, err = io.WriteString(p.out, t.text.String())
	return err
}

// timeline writes a record for people, in 100 columns.
type timeline struct {
	record record.Record
	now    time.Time
	scale  float64 // milliseconds for one column of a bar
	text   strings.Builder
}

const (
	columns    = 100
	barColumns = 36
	indented   = 30 // where words begin
)

// scaleOf has the longest wait of the call fill its bar, and short ones not look long.
func scaleOf(r record.Record) float64 { return max(25, float64(longestWait(r))/barColumns) }

func (t *timeline) printf(format string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		line = strings.TrimRight(line, " \n")
		t.text.WriteString(printable(line) + "\n")
	}
}

// head says whose call it was.
func (t *timeline) head() {
	r := t.record
	from := "from"
	if r.Direction == record.Outbound {
		from = "placed from"
	}
	t.printf("Call %s, line %s, %s %s to %s", r.Call, r.Line, from, r.From, r.To)
	switch {
	case r.Returned != "":
		t.printf("continues the call, which %s did not take", r.Returned)
	case r.Resumed:
		t.printf("continues the call after its stream broke")
	}
	end := fmt.Sprintf("lasted %s: %s (%s)", lasted(r, t.now), r.Reason, r.Result)
	switch {
	case r.State == record.Ended:
	case t.now.Sub(r.Updated) > stillLive:
		end = "was never finished: last heard of at " + at(r.Updated, t.now)
	default:
		end = "goes on since " + lasted(r, t.now)
	}
	t.printf("Began %s, %s", at(r.Started, t.now), end)
	t.printf("%s", strings.Join(t.totals(), ", "))
	t.printf(" \n")
}

func (t *timeline) totals() []string {
	r := t.record
	words := []string{count(numbered(r), "turn", "turns")}
	add := func(n int, one, many string) {
		if n > 0 {
			words = append(words, count(n, one, many))
		}
	}
	add(r.BargeIns, "interruption", "interruptions")
	add(r.Fillers, "word of waiting", "words of waiting")
	add(r.Failures, "failure", "failures")
	add(r.Silences, "silence", "silences")
	add(r.Keys, "key", "keys")
	add(r.LeftOut, "turn left out", "turns left out")
	if wait := longestWait(r); wait > 0 {
		words = append(words, fmt.Sprintf("longest wait %.2f s", float64(wait)/1000))
	}
	return words
}

// turn writes one turn: what the caller did, what they waited for, what they were told.
func (t *timeline) turn(i int) {
	turn := t.record.Turns[i]
	switch turn.Kind {
	case "keys":
		t.event(turn.Began, "caller", fmt.Sprintf("keyed %s", count(turn.Keys, "key", "keys")), "")
	case "none":
		t.event(turn.Noticed, "silence", "", "the caller said nothing, and was asked again or given up")
	default:
		t.event(cmp.Or(turn.Began, turn.Asked), "caller", secondsOf(turn.Ended-turn.Began), cmp.Or(quoted(turn.Words), t.unkept("said something")))
	}
	t.wait(turn)
	t.told(turn)
}

// unkept stands for words that are not in the record.
func (t *timeline) unkept(words string) string {
	if t.record.Transcripts {
		return ""
	}
	return "(" + words + "; words are not kept)"
}

// stages are the parts of a wait, in order, each up to a time.
func stages(turn record.Turn) (ends [4]int64) {
	at := turn.Ended
	for i, end := range []int64{turn.Noticed, turn.Answered, turn.Sent, turn.Heard} {
		at = max(at, end)
		ends[i] = at - turn.Ended
	}
	return ends
}

// wait writes the stages of the wait as a bar.
func (t *timeline) wait(turn record.Turn) {
	if turn.Wait <= 0 {
		return
	}
	var bar strings.Builder
	var words []string
	done, before := 0, int64(0)
	for i, end := range stages(turn) {
		stage := []struct{ block, name string }{{"░", "noticed"}, {"█", "answered"}, {"▓", "sent"}, {"▒", "heard"}}[i]
		if end == before {
			continue
		}
		upTo := max(done+1, int(float64(end)/t.scale+0.5))
		bar.WriteString(strings.Repeat(stage.block, upTo-done))
		words = append(words, fmt.Sprintf("%s %.2f", stage.name, float64(end-before)/1000))
		done, before = upTo, end
	}
	line := bar.String()
	if turn.Region != "" {
		line += " " + turn.Region
	}
	t.event(turn.Ended, "wait", secondsOf(turn.Wait), line)
	t.printf("%*s%s", indented, "", strings.Join(words, ", "))
	if turn.Fillers > 0 {
		t.printf("%*sasked to wait %s", indented, "", count(turn.Fillers, "time", "times"))
	}
	for _, m := range t.record.Moves {
		if m.Turn == turn.Number {
			t.printf("%*smoved from %s to %s", indented, "", m.From, m.To)
		}
	}
}

// told writes what the caller was told, as far as they heard it.
func (t *timeline) told(turn record.Turn) {
	who, heard := "bot", secondsOf(turn.Told)
	var notes []string
	if turn.Failure != "" {
		notes = append(notes, "the bot failed: "+turn.Failure)
	}
	if turn.Answered == 0 { // what they heard were lexline's own words
		who = "lexline"
	}
	if turn.Told < turn.Length {
		heard = fmt.Sprintf("%s of %s", strings.TrimSuffix(secondsOf(turn.Told), " s"), secondsOf(turn.Length))
	}
	if turn.Intent != "" {
		notes = append(notes, strings.TrimSuffix(turn.Intent+" "+turn.State, " "))
	}
	if turn.Elicits != "" {
		notes = append(notes, "asks for "+turn.Elicits)
	}
	if turn.Closed {
		notes = append(notes, "is done")
	}
	if turn.Interrupted {
		notes = append(notes, "interrupted")
	}
	words := quoted(turn.Said)
	if turn.Unsaid != "" {
		words = strings.TrimSpace(words + " [not heard: " + turn.Unsaid + "]")
	}
	if turn.Length == 0 && words == "" && len(notes) == 0 {
		return
	}
	if turn.Length == 0 {
		heard = ""
	}
	told := strings.Join(notes, ", ")
	if words == "" {
		words, told = told, ""
	}
	t.event(cmp.Or(turn.Heard, turn.Sent, turn.Answered, turn.Noticed, turn.Asked), who, heard, words)
	if told != "" {
		t.printf("%*s%s", indented, "", told)
	}
}

// event writes when, who, how long, and in the space that is left words.
func (t *timeline) event(ms int64, who, long, words string) {
	lines := wrap(words, columns-indented)
	t.printf("%*d:%04.1f  %-8s %-12s %s", 3, ms/60_000, float64(ms%60_000)/1000, who, long, lines[0])
	for _, line := range lines[1:] {
		t.printf("%*s%s", indented, "", line)
	}
}

// tail says what became of the caller, and what the bars mean.
func (t *timeline) tail() {
	r := t.record
	if r.State == record.Ended {
		t.event(r.Ended.Sub(r.Started).Milliseconds(), "end", "", endWords(r))
		t.dialled()
	}
	if longestWait(r) > 0 {
		t.printf(" \n")
		t.printf("wait: from the caller's last sound ░ until its end is noticed █ the answer is known")
		t.printf("      ▓ its first sound is sent ▒ and heard; one column is %.0f ms", t.scale)
	}
	if r.Recording != "" {
		t.printf("recording: %s", r.Recording)
	}
}

// dialled writes what became of those that the caller was handed over to.
func (t *timeline) dialled() {
	if t.record.Next == nil {
		return
	}
	for _, d := range t.record.Next.Dialled {
		t.event(d.Told.Sub(t.record.Started).Milliseconds(), "dialled", secondsOf(d.Talked), dialledWords(d))
	}
}

// dialledWords say what became of a target.
func dialledWords(d record.Dialled) string {
	return toWhom(d.Target, d.Way) + ": " + strings.ReplaceAll(d.Outcome, "_", " ")
}

// dialledInShort says so with the time that they talked, where no column has it.
func dialledInShort(d record.Dialled) string {
	words := dialledWords(d)
	if d.Talked > 0 {
		words += ", talked for " + secondsOf(d.Talked)
	}
	return words
}

// toWhom names a target, with the way to it.
func toWhom(target, way string) string {
	if way == "" {
		return target
	}
	return target + " (" + way + ")"
}

// endWords say what became of the caller: who ended it, or who has them now.
func endWords(r record.Record) string {
	if next := r.Next; next != nil {
		words := next.Kind + " to " + toWhom(next.Target, next.Way)
		if next.Context != "" {
			words += ", told: " + next.Context
		}
		return words
	}
	switch call.Reason(r.Reason) {
	case call.CallerLeft:
		return "the caller hung up"
	case call.LegLost, call.BadPeer:
		return "the stream was lost"
	case call.Replaced:
		return "a newer stream took over"
	case call.Shutdown:
		return "the gateway stopped"
	case call.Panicked:
		return "lexline was at fault"
	}
	return "lexline hung up"
}

func secondsOf(ms int64) string {
	if ms <= 0 {
		return ""
	}
	return fmt.Sprintf("%.1f s", float64(ms)/1000)
}

func quoted(text string) string {
	if text == "" {
		return ""
	}
	return "“" + text + "”"
}

// wrap breaks a text into lines; there is one at least.
func wrap(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, word)
		default:
			*last += " " + word
		}
	}
	return lines
}

// lastOf is the last thing that is known to have happened in a turn.
func lastOf(t record.Turn) int64 {
	last := max(t.Began, t.Ended, t.Noticed, t.Asked, t.Answered, t.Sent, t.Heard)
	if t.Sent > 0 {
		last = max(last, cmp.Or(t.Heard, t.Sent)+t.Told)
	}
	return last
}

// turnInShort is a turn in one line.
func turnInShort(t record.Turn) string {
	words := []string{fmt.Sprintf("turn %d: %s", t.Number, t.Kind)}
	if t.Kind == "none" {
		words[0] = "silence: the caller said nothing"
	}
	add := func(text string) {
		if text != "" {
			words = append(words, text)
		}
	}
	add(t.Region)
	add(t.Intent)
	if t.Wait > 0 {
		add(fmt.Sprintf("wait %.1f s", float64(t.Wait)/1000))
	}
	if t.Told < t.Length {
		add(fmt.Sprintf("heard %.1f of %.1f s", float64(t.Told)/1000, float64(t.Length)/1000))
	}
	if t.Interrupted {
		add("interrupted")
	}
	if t.Failure != "" {
		add("failed: " + t.Failure)
	}
	return strings.Join(words, ", ")
}

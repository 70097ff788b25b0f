package main

import "time"

// lexFault is what is wrong with Lex in one region.
type lexFault string

// The faults of a region.
const (
	lexFine      lexFault = ""
	lexErrors    lexFault = "errors"     // 500 for everything but the deletion of sessions
	lexGone      lexFault = "gone"       // the alias is deleted
	lexHole      lexFault = "black hole" // nothing gets in or out
	lexThrottled lexFault = "throttled"  // 429
	lexNoDelete  lexFault = "no delete"  // sessions cannot be deleted
)

// testCase is one run of lexDRTest, ours and the article's.
type testCase struct {
	name       string
	home       lexFault
	other      lexFault
	table      tableFault
	before     string // the row's region; empty: there is no row
	variant    bool   // the bot says something else than EXPECTED_RESPONSE
	putSession bool
	twice      bool          // two processes at once
	first      time.Duration // a run before it has so little time; 0: there is none

	want, article   row  // afterwards
	fails, theyFail bool // the function returns an error
}

var (
	inHome  = row{region: home}
	inOther = row{region: other}
	asErr   = row{region: "err"}
)

var testCases = []testCase{
	{name: "all well", before: home, want: inHome, article: inHome},
	{name: "all well, put_session", before: home, putSession: true, want: inHome, article: inHome},
	{name: "home answers 500", home: lexErrors, before: home, want: inOther, article: inOther},
	{name: "home's alias is deleted", home: lexGone, before: home, want: inOther, article: inOther},
	{name: "home's alias is deleted, put_session", home: lexGone, before: home, putSession: true, want: inOther, article: inOther},
	{name: "home is a black hole", home: lexHole, before: home, want: inOther, article: inHome, theyFail: true},
	{name: "home throttles", home: lexThrottled, before: home, want: inHome, article: inOther},
	{name: "both are down", home: lexErrors, other: lexErrors, before: home, want: row{home, "degraded"}, article: asErr},
	{name: "both are black holes", home: lexHole, other: lexHole, before: other, want: row{other, "degraded"}, article: inOther, theyFail: true},
	{name: "table down", table: tableDown, before: home, want: inHome, article: inHome, fails: true, theyFail: true},
	{name: "table hung", table: tableHung, before: home, want: inHome, article: inHome, fails: true, theyFail: true},
	{name: "table throttled", table: tableThrottled, before: home, want: inHome, article: inHome, fails: true, theyFail: true},
	{name: "everything hangs", home: lexHole, other: lexHole, table: tableHung, before: home, want: inHome, article: inHome, fails: true, theyFail: true},
	{name: "table fails one write, all regions well", table: tableOneWrite, before: home, want: inHome, article: inOther},
	{name: "table fails one write, home is down", home: lexErrors, table: tableOneWrite, before: home, want: inOther, article: asErr},
	{name: "no row", before: "", want: inHome, article: inHome},
	{name: "row says err", before: "err", want: inHome, article: inHome},
	{name: "row is garbage", before: "mars north 1", want: inHome, article: inHome},
	{name: "delete_session fails", home: lexNoDelete, other: lexNoDelete, before: home, want: inHome, article: inHome, theyFail: true},
	{name: "prompt variants", before: home, variant: true, want: inHome, article: asErr},
	{name: "prompt variants, delete_session fails", home: lexNoDelete, before: home, variant: true, want: inHome, article: inHome, theyFail: true},
	{name: "home is down, run twice at once", home: lexErrors, before: home, twice: true, want: inOther, article: inOther},
	{name: "home is a black hole, after a run that was killed", home: lexHole, before: home, first: 150 * time.Millisecond, want: inOther, article: inHome, theyFail: true},
}

// regionCase is one answer of lexDRGetRegion, ours and the article's.
type regionCase struct {
	name          string
	table         tableFault
	row           string
	warm          bool // it has answered other before, when nothing was broken
	want, article string
}

// failed is the article's answer where its function fails.
const failed = "error"

var regionCases = []regionCase{
	{name: "home is active", row: home, want: home, article: home},
	{name: "the other is active", row: other, want: other, article: other},
	{name: "table down", table: tableDown, row: other, want: home, article: failed},
	{name: "table hung", table: tableHung, row: other, want: home, article: failed},
	{name: "table answers 500", table: tableErrors, row: other, want: home, article: failed},
	{name: "table throttled", table: tableThrottled, row: other, want: home, article: failed},
	{name: "table down, warm", table: tableDown, row: other, warm: true, want: other, article: failed},
	{name: "table hung, warm", table: tableHung, row: other, warm: true, want: other, article: failed},
	{name: "table throttled, warm", table: tableThrottled, row: other, warm: true, want: other, article: failed},
	{name: "no row", want: home, article: failed},
	{name: "no row, warm", warm: true, want: other, article: failed},
	{name: "row says err", row: "err", want: home, article: "err"},
	{name: "row says err, warm", row: "err", warm: true, want: other, article: "err"},
	{name: "row is garbage", row: "mars north 1", want: home, article: "mars north 1"},
}

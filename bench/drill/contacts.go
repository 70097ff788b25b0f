package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// contacts is the channel of contacts of Amazon Connect.
type contacts struct{}

// The schedule of the health check says how long a fault lasts, so there is none
// that comes and goes.
func (contacts) faults() []string {
	return []string{"alias-deleted", "5xx", "reset", "hang", "stop", "blackhole", "refuse", "slow", "throttle", "both"}
}

// lanes are so many that 200 contacts and more meet each fault of one region, even
// where they take as long as under slow, or under hang with nobody to move the table.
func (contacts) lanes() int     { return 60 }
func (contacts) folder() string { return "connect" }

// watch is who looks after the regions in a drill of contacts.
type watch struct {
	every     time.Duration // between two health checks
	isScaled  bool          // that time and the hold are multiplied by scaled
	isGateway bool          // a gateway that has no calls shares the table
}

// scaled is the factor on the schedule of most drills.
const scaled = 0.1

// watches are those that each fault meets: the article's schedule, and the most
// that a rule of Amazon EventBridge can do.
var watches = []watch{{every: 5 * time.Minute, isScaled: true}, {every: time.Minute, isScaled: true}}

// sharedFaults are the kinds that are drilled unscaled as well, without a gateway
// that shares the table and with one. Its own times are not scaled, so that nothing
// could be compared otherwise.
var sharedFaults = []string{"5xx", "hang"}

func (w watch) String() string {
	text := "a check every " + w.minutes()
	if w.isScaled {
		text += fmt.Sprintf(" times %g", scaled)
	}
	if w.isGateway {
		text += ", with a gateway"
	}
	return text
}

// minutes are the time between two checks as the drill writes it in names.
func (w watch) minutes() string { return strings.TrimSuffix(w.every.String(), "0s") }

func (contacts) units(o *options) []unit {
	var all []unit
	for _, u := range everyContactUnit() {
		if slices.Contains(o.faults, u.fault) && slices.Contains(o.policies(), u.policy) {
			all = append(all, u)
		}
	}
	return all
}

// everyContactUnit lists all drills of contacts in the order of the table.
func everyContactUnit() []unit {
	var all []unit
	add := func(fault, policy string, w watch) {
		name := fault + "-" + w.minutes()
		if !w.isScaled {
			name += "-unscaled"
		}
		if w.isGateway {
			name += "-gateway"
		}
		all = append(all, unit{
			fault: fault, policy: policy, watch: w,
			name: ofPolicy(name, policy), folder: "connect-" + policy + "-" + w.minutes(),
		})
	}
	for _, fault := range (contacts{}).faults() {
		for _, w := range watches {
			add(fault, "lexline", w)
			add(fault, "article", w)
		}
	}
	for _, fault := range sharedFaults {
		add(fault, "lexline", watch{every: time.Minute})
		add(fault, "lexline", watch{every: time.Minute, isGateway: true})
	}
	return all
}

func (contacts) args(_ *options, u unit) []string {
	args := []string{"--channel", "connect", "--every", u.watch.every.String(), "--scale", "1"}
	if u.watch.isScaled {
		args[len(args)-1] = fmt.Sprint(scaled)
	}
	if u.watch.isGateway {
		args = append(args, "--gateway")
	}
	return args
}

// read implements channel. Of the setting only that is kept which is the same in all
// drills; the table tells the schedule of each.
func (contacts) read(document []byte) (*drilled, error) {
	d, err := readDrilled[contactReport](document)
	if err == nil {
		d.setting, _, _ = strings.Cut(d.setting, ";")
	}
	return d, err
}

// contactReport, contactFault and phase are what is read of the JSON form of a drill
// of contacts.
type contactReport struct {
	Policy   string         `json:"policy"`
	Every    float64        `json:"check_every_s"`
	Lanes    int            `json:"customers"`
	Contacts int            `json:"contacts"`
	Lost     int            `json:"contacts_lost"`
	GaveUp   int            `json:"contacts_gave_up"`
	Spared   int            `json:"contacts_spared"`
	Branched int            `json:"contacts_moved"`
	Misled   int            `json:"misled"`
	Repeats  int            `json:"utterances_repeated"`
	Missing  int            `json:"orders_missing"`
	Twice    int            `json:"orders_twice"`
	Wrong    int            `json:"orders_wrong"`
	Silence  float64        `json:"longest_silence_s"`
	Asked    quantiles      `json:"region_told_in"`
	LateMS   int64          `json:"customers_late_ms"`
	Faults   []contactFault `json:"faults"`
}

type contactFault struct {
	Checked   float64 `json:"checked_s"`
	Moved     float64 `json:"moved_s"`
	LastLed   float64 `json:"last_led_s"`
	BackMoved float64 `json:"back_moved_s"`
	BackLed   float64 `json:"back_led_s"`
	Before    phase   `json:"before_move"`
	Until     phase   `json:"after_move"`
}

type phase struct {
	Contacts int       `json:"contacts"`
	Lost     int       `json:"lost"`
	Extra    quantiles `json:"extra_wait"`
}

// met is how many contacts were begun or under way while the fault lay on the region.
func (f *contactFault) met() int { return f.Before.Contacts + f.Until.Contacts }

func (r contactReport) late() int64 { return r.LateMS }

func (r contactReport) words() string {
	met := 0
	for i := range r.Faults {
		met += r.Faults[i].met()
	}
	return fmt.Sprintf("%d contacts, %d met the fault, %d lost, %d moved by an error branch, %d orders wrong; customers late by %d ms",
		r.Contacts, met, r.Lost+r.GaveUp+r.Spared, r.Branched, r.Missing+r.Twice+r.Wrong, r.LateMS)
}

// aboutContacts says how the table is to be read.
const aboutContacts = `Health checks are run every 5 minutes or every minute, and a region that comes back is held for a minute: times 0.1, but for the rows with a check every 60 s.
A fault comes 1.5 s after a check. The contacts that met it were begun or under way while it lay on the region: before the table had moved (all, if it never did),
and after. Extra waits are the seconds that customers waited in all, beyond the median of those who said as much before the fault. Where every region is broken
("both") nothing is promised but words, and who heard them counts as lost. "+ gateway": one that has no calls just now shares the table.`

// summary implements channel.
func (contacts) summary(dir, setting string) (string, error) {
	var files []file
	for _, u := range everyContactUnit() {
		files = append(files, file{u.name, u})
	}
	rows, err := readRows[contactReport](dir, files)
	if err != nil {
		return "", err
	}
	return page{
		setting: setting, about: aboutContacts,
		header: "fault\tpolicy\tcheck every\tcustomers\tcontacts\tmet the fault\tlost\tmoved by error branch\tsaid again\ttold no region\torders missing\ttwice\twrong" +
			"\tbefore table moved\tlost\textra p50\tp99\tmax\tafter it moved\tlost\textra p50\tp99\tmax\tsilence" +
			"\tfirst check over\ttable moved\tlast led there\ttable back\tcontact back\ttold region p50\tp99\tmax\tlate ms",
		lines: lines(rows, contactLine),
	}.text()
}

func contactLine(r row[contactReport]) string {
	f := contactFault{Checked: -1, Moved: -1, LastLed: -1, BackMoved: -1, BackLed: -1}
	if len(r.report.Faults) > 0 {
		f = r.report.Faults[0]
	}
	c, policy := r.report, r.report.Policy
	if r.watch.isGateway {
		policy += " + gateway"
	}
	told := func(s float64) string { return fmt.Sprintf("%.3f", s) }
	return strings.Join([]string{
		fmt.Sprintf("%s\t%s\t%.0f s", r.fault, policy, c.Every),
		fmt.Sprintf("%d\t%d\t%d\t%d\t%d\t%d\t%d", c.Lanes, c.Contacts, f.met(), c.Lost+c.GaveUp+c.Spared, c.Branched, c.Repeats, c.Misled),
		fmt.Sprintf("%d\t%d\t%d", c.Missing, c.Twice, c.Wrong),
		f.Before.cells(), f.Until.cells(), fmt.Sprintf("%.1f", c.Silence),
		since(f.Checked), since(f.Moved), since(f.LastLed), since(f.BackMoved), since(f.BackLed),
		told(c.Asked.P50), told(c.Asked.P99), told(c.Asked.Max), fmt.Sprint(c.LateMS),
	}, "\t")
}

// cells are a phase in the table.
func (p phase) cells() string {
	return fmt.Sprintf("%d\t%d\t%.2f\t%.2f\t%.2f", p.Contacts, p.Lost, p.Extra.P50, p.Extra.P99, p.Extra.Max)
}

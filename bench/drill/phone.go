package main

import "fmt"

// phone is the channel of telephone calls through a gateway.
type phone struct{}

// One kind is in each run, so that it meets every call in the region that breaks.
func (phone) faults() []string {
	return []string{"alias-deleted", "5xx", "throttle", "reset", "hang", "stop", "blackhole", "slow", "drip", "truncate", "refuse", "flap", "both"}
}

func (phone) lanes() int     { return 50 }
func (phone) folder() string { return "drill" }

func (p phone) units(o *options) []unit {
	var all []unit
	for _, fault := range o.faults {
		for _, policy := range o.policies() {
			all = append(all, unit{fault: fault, policy: policy, name: p.name(fault, policy, o.speech), folder: policy})
		}
	}
	return all
}

// name is that of the files of a drill.
func (phone) name(fault, policy string, isSpoken bool) string {
	if isSpoken {
		fault += "-speech"
	}
	return ofPolicy(fault, policy)
}

func (phone) args(o *options, _ unit) []string {
	if o.speech {
		return []string{"--speech"}
	}
	return nil
}

func (phone) read(document []byte) (*drilled, error) { return readDrilled[callReport](document) }

// quantiles, callFault and callReport are what is read of the JSON form of a drill
// of calls.
type quantiles struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_s"`
	P99 float64 `json:"p99_s"`
	Max float64 `json:"max_s"`
}

type callFault struct {
	Calls      int       `json:"calls_around"`
	Attempts   *int      `json:"attempts_failed"` // nil: not known
	Around     quantiles `json:"extra_around"`
	Committing quantiles `json:"extra_committing"`
	After      quantiles `json:"extra_after"`
	Silence    float64   `json:"longest_silence_s"`
	Detected   float64   `json:"detected_s"`
	Switched   float64   `json:"switched_s"`
	FailBack   float64   `json:"failback_s"`
}

type callReport struct {
	Policy     string      `json:"policy"`
	Lanes      int         `json:"callers"`
	Calls      int         `json:"calls"`
	Dropped    int         `json:"calls_dropped"`
	GaveUp     int         `json:"calls_given_up"`
	Utterances int         `json:"utterances"`
	Lost       int         `json:"utterances_lost"`
	CutOff     int         `json:"answers_cut_off"`
	Twice      int         `json:"utterances_answered_twice"`
	Missing    int         `json:"orders_missing"`
	Double     int         `json:"orders_twice"`
	Wrong      int         `json:"orders_wrong"`
	SlotsLost  int         `json:"slots_lost"`
	Changes    int         `json:"region_changes"`
	LateMS     int64       `json:"phones_late_ms"`
	Faults     []callFault `json:"faults"`
}

func (r callReport) late() int64 { return r.LateMS }

func (r callReport) words() string {
	return fmt.Sprintf("%d calls, %d dropped, %d of %d utterances lost, %d orders wrong; phones late by %d ms",
		r.Calls, r.Dropped+r.GaveUp, r.Lost, r.Utterances, r.Missing+r.Double+r.Wrong, r.LateMS)
}

// summary implements channel. The drills of real speech are the last rows.
func (p phone) summary(dir, setting string) (string, error) {
	var files []file
	for _, isSpoken := range []bool{false, true} {
		for _, fault := range p.faults() {
			for _, policy := range []string{"lexline", "article"} {
				files = append(files, file{p.name(fault, policy, isSpoken), unit{fault: p.name(fault, "lexline", isSpoken)}})
			}
		}
	}
	rows, err := readRows[callReport](dir, files)
	if err != nil {
		return "", err
	}
	return page{
		setting: setting,
		about:   "Delays are seconds to the first sample of the answer, fillers excluded, beyond those of the same words before the fault.",
		header:  "fault\tpolicy\tcallers\tcalls\tdropped\tutterances\tlost\tcut off\ttwice\torders wrong\tslots lost\tcalls around\tturns around\tp50\tp99\tmax\tcommitting\tmax\tlater\tp99\tsilence\tfailed attempts\tnoticed\tlast new call\tfail-back\tchanges\tlate ms",
		lines:   lines(rows, callLine),
	}.text()
}

func callLine(r row[callReport]) string {
	f := callFault{}
	if len(r.report.Faults) > 0 {
		f = r.report.Faults[0]
	}
	c := r.report
	return fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.2f\t%.2f\t%.2f\t%d\t%.2f\t%d\t%.2f\t%.1f\t%s\t%s\t%s\t%s\t%d\t%d",
		r.fault, c.Policy, c.Lanes, c.Calls, c.Dropped+c.GaveUp, c.Utterances, c.Lost, c.CutOff, c.Twice, c.Missing+c.Double+c.Wrong, c.SlotsLost,
		f.Calls, f.Around.N, f.Around.P50, f.Around.P99, f.Around.Max, f.Committing.N, f.Committing.Max, f.After.N, f.After.P99,
		f.Silence, counted(f.Attempts), since(f.Detected), since(f.Switched), since(f.FailBack), c.Changes, c.LateMS)
}

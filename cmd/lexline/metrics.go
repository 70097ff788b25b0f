package main

import (
	"log/slog"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// emit gives one value of a metric with the values of its labels.
type emit func(value float64, labels ...string)

// metric is one row of the table of metrics: how it is called, and how it is read
// from the same snapshot that GET /status shows, so that nothing is counted twice.
// Labels have values from the configuration and from closed sets of the code, none
// from callers.
type metric struct {
	name   string
	help   string
	kind   prometheus.ValueType
	labels []string
	read   func(s statusAnswer, to emit)
}

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

// metrics is the whole table.
func metrics() []metric {
	all := append(callMetrics(), recordingMetrics()...)
	all = append(all, botMetrics()...)
	all = append(all, regionMetrics()...)
	return append(all, tableMetrics()...)
}

// collector hands the metrics of a gateway to Prometheus's library.
type collector struct {
	status func() statusAnswer // called once for each scrape
	rows   []metric
	descs  []*prometheus.Desc // in the order of rows
}

func newCollector(status func() statusAnswer) *collector {
	c := &collector{status: status, rows: metrics()}
	for _, m := range c.rows {
		c.descs = append(c.descs, prometheus.NewDesc(m.name, m.help, m.labels, nil))
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	s := c.status()
	for i, m := range c.rows {
		m.read(s, func(value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(c.descs[i], m.kind, value, labels...)
		})
	}
}

// metricsHandler answers GET /metrics.
func (g *gateway) metricsHandler() http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(newCollector(g.status))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(g.log.Handler(), slog.LevelWarn),
		MaxRequestsInFlight: 4,
	})
}

// callMetrics are those of the gateway and its calls.
func callMetrics() []metric {
	return []metric{
		{"lexline_build_info", "Which program runs: always 1.", gauge, []string{"version", "go"}, func(s statusAnswer, to emit) {
			to(1, s.Version, runtime.Version())
		}},
		{"lexline_start_time_seconds", "When the gateway started, in seconds since 1970.", gauge, nil, func(s statusAnswer, to emit) {
			to(float64(s.Started.UnixMilli()) / 1000)
		}},
		{"lexline_calls_live", "Media streams that are open.", gauge, nil, func(s statusAnswer, to emit) { to(float64(s.Calls.Live)) }},
		{"lexline_calls_total", "Media streams opened.", counter, nil, func(s statusAnswer, to emit) { to(float64(s.Calls.Total)) }},
		{"lexline_calls_ended_total", "Media streams that ended, by how.", counter, []string{"result", "reason"}, func(s statusAnswer, to emit) {
			for _, end := range s.Calls.Ends {
				to(float64(end.Calls), string(end.Result), string(end.Reason))
			}
		}},
		callCounter("lexline_call_turns_total", "Questions put to the bot, in calls that ended.", func(c callsStatus) int64 { return c.Turns }),
		callCounter("lexline_call_barge_ins_total", "Answers that a caller interrupted.", func(c callsStatus) int64 { return c.BargeIns }),
		callCounter("lexline_call_bot_failures_total", "Turns that the bot failed on.", func(c callsStatus) int64 { return c.BotFailures }),
		callCounter("lexline_call_late_answers_total", "Answers that came when nobody waited for them any more.", func(c callsStatus) int64 { return c.LateAnswers }),
		callCounter("lexline_call_late_marks_total", "Marks that the carrier did not send back in time.", func(c callsStatus) int64 { return c.LateMarks }),
		callCounter("lexline_call_dropped_keys_total", "Keys beyond the limit of a turn.", func(c callsStatus) int64 { return c.DroppedKeys }),
		callCounter("lexline_call_gaps_total", "Holes that a caller heard in an answer.", func(c callsStatus) int64 { return c.Gaps }),
		callCounter("lexline_call_fillers_total", "Times that a caller was asked to wait.", func(c callsStatus) int64 { return c.Fillers }),
		callCounter("lexline_call_apologies_total", "Times that a caller was told that the bot failed.", func(c callsStatus) int64 { return c.Apologies }),
		callCounter("lexline_call_silences_total", "Times that a caller said nothing, and was asked again or given up.", func(c callsStatus) int64 { return c.Silences }),
		callCounter("lexline_call_refused_barge_ins_total", "Times that a caller said too little to interrupt the bot.", func(c callsStatus) int64 { return c.RefusedBargeIns }),
		callCounter("lexline_call_far_drops_total", "Times that the echo of what a caller was played was lost track of.", func(c callsStatus) int64 { return c.FarDrops }),
	}
}

func callCounter(name, help string, of func(callsStatus) int64) metric {
	return metric{name, help, counter, nil, func(s statusAnswer, to emit) { to(float64(of(s.Calls))) }}
}

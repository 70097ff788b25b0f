package main

import (
	"log/slog"
	"net/http"
	"regexp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lexline/internal/histogram"
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

// metrics is the whole table of counters and gauges, but for what the Go runtime
// and the operating system tell of any process (processCollectors).
func metrics() []metric {
	return slices.Concat(programMetrics(), limitMetrics(), callMetrics(), turnMetrics(), recordingMetrics(), recordMetrics(), doorMetrics(), mediaMetrics(), apiMetrics(), handoverMetrics(), restMetrics(),
		queueMetrics(), botMetrics(), regionMetrics(), tableMetrics())
}

// distribution is one row of the table of histograms. All are of durations, in seconds.
type distribution struct {
	name   string
	help   string
	labels []string
	read   func(s statusAnswer, to emitDurations)
}

// emitDurations gives one histogram of a distribution with the values of its labels.
type emitDurations func(h histogram.Snapshot, labels ...string)

// distributions is the whole table of histograms.
func distributions() []distribution {
	return append(turnDistributions(), []distribution{
		{"lexline_mark_lateness_seconds", "How long after their sound must have been played marks came back from the carrier: the round trip, with its queues.", nil, func(s statusAnswer, to emitDurations) {
			to(s.Calls.MarkLateness)
		}},
		{"lexline_lateness_seconds", "How late the gateway's own clock was, at each of its 20 ticks a second: what its work waits for a processor.", nil, func(s statusAnswer, to emitDurations) {
			to(s.Lateness)
		}},
	}...)
}

// collector hands both tables to Prometheus's library.
type collector struct {
	status     func() statusAnswer // called once for each scrape
	rows       []metric
	rowDescs   []*prometheus.Desc // in the order of rows
	curves     []distribution
	curveDescs []*prometheus.Desc // in the order of curves
}

func newCollector(status func() statusAnswer) *collector {
	c := &collector{status: status, rows: metrics(), curves: distributions()}
	for _, m := range c.rows {
		c.rowDescs = append(c.rowDescs, prometheus.NewDesc(m.name, m.help, m.labels, nil))
	}
	for _, d := range c.curves {
		c.curveDescs = append(c.curveDescs, prometheus.NewDesc(d.name, d.help, d.labels, nil))
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range slices.Concat(c.rowDescs, c.curveDescs) {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	s := c.status()
	for i, m := range c.rows {
		m.read(s, func(value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(c.rowDescs[i], m.kind, value, labels...)
		})
	}
	for i, d := range c.curves {
		d.read(s, func(h histogram.Snapshot, labels ...string) {
			to <- prometheus.MustNewConstHistogram(c.curveDescs[i], h.Count, h.Sum, buckets(h), labels...)
		})
	}
}

// buckets has the counts of a histogram by bound, as Prometheus's library takes them.
func buckets(h histogram.Snapshot) map[float64]uint64 {
	counts := make(map[float64]uint64, len(h.Buckets))
	for _, b := range h.Buckets {
		counts[b.Bound] = b.Count
	}
	return counts
}

// processCollectors tell of the process and of the Go runtime: what a person asks
// of any program. Of the runtime's hundred metrics these are the ones that an
// overloaded or leaking gateway shows in.
func processCollectors() []prometheus.Collector {
	shown := collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^(/sched/latencies:seconds|/memory/classes/total:bytes|/gc/heap/live:bytes)$`)}
	return []prometheus.Collector{
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewGoCollector(collectors.WithGoCollectorMemStatsMetricsDisabled(), collectors.WithGoCollectorRuntimeMetrics(shown)),
	}
}

// metricsHandler answers GET /metrics.
func (g *gateway) metricsHandler() http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(newCollector(g.status))
	registry.MustRegister(processCollectors()...)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(g.log.Handler(), slog.LevelWarn),
		MaxRequestsInFlight: 4,
	})
}

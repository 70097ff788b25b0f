package main

// queue is something that holds a bounded amount for others, and drops by its own
// rule when it is full. Each of the gateway has a row, as a drop is always a sign:
// somebody is slower than they should be, or sends more than they should.
type queue struct {
	name    string
	dropped func(statusAnswer) int64
}

// queues lists them all.
func queues() []queue {
	return []queue{
		{"keys", func(s statusAnswer) int64 { return s.Calls.DroppedKeys }},
		{"played", func(s statusAnswer) int64 { return s.Calls.FarDrops }},
		{"early_audio", func(s statusAnswer) int64 { return s.Door.EarlyDropped }},
		{"updates", func(s statusAnswer) int64 { return s.Door.UpdatesSkipped }},
		{"records", func(s statusAnswer) int64 { return s.Records.Dropped }},
		{"recording", func(s statusAnswer) int64 { return s.Recordings.Dropped }},
	}
}

// queueMetrics has what every bounded queue has dropped.
func queueMetrics() []metric {
	return []metric{
		{"lexline_queue_drops_total", "What a bounded queue dropped because it was full.", counter, []string{"queue"}, func(s statusAnswer, to emit) {
			for _, q := range queues() {
				to(float64(q.dropped(s)), q.name)
			}
		}},
	}
}

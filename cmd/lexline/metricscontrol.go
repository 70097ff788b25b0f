package main

import "math"

// limitMetrics say what the gateway takes, and when it has to be looked after.
func limitMetrics() []metric {
	return []metric{
		{"lexline_ready", "1 while new calls are welcome, as GET /readyz has it.", gauge, nil, func(s statusAnswer, to emit) { to(truth(s.Readiness.Ready)) }},
		{"lexline_calls_limit", "Calls that are taken at a time (limits.calls).", gauge, nil, func(s statusAnswer, to emit) { to(float64(s.Limits.Calls)) }},
		{"lexline_overloaded", "1 while new calls are refused for lack of processor or memory.", gauge, nil, func(s statusAnswer, to emit) { to(truth(s.Limits.Overload != "")) }},
		{"lexline_connections_crowded_total", "Connections of strangers closed to make room for others.", counter, nil, func(s statusAnswer, to emit) { to(float64(s.Limits.Crowded)) }},
		{"lexline_certificate_end_time_seconds", "When the certificate in use ends, in seconds since 1970; +Inf where TLS is ended elsewhere.", gauge, nil, func(s statusAnswer, to emit) {
			if s.TLS == nil {
				to(math.Inf(1)) // so that no alert is about it
				return
			}
			to(float64(s.TLS.NotAfter.Unix()))
		}},
		{"lexline_certificate_fault", "1 while the files hold a certificate that cannot be used.", gauge, nil, func(s statusAnswer, to emit) {
			to(truth(s.TLS != nil && s.TLS.Fault != ""))
		}},
		{"lexline_config_fault", "1 while the configuration was read again and is wrong, so that the one before goes on.", gauge, nil, func(s statusAnswer, to emit) {
			to(truth(s.Config.Fault != ""))
		}},
	}
}

package main

import (
	"maps"
	"slices"

	"lexline/internal/histogram"
)

// turnMetrics count what became of turns, as each is over.
func turnMetrics() []metric {
	return []metric{
		{"lexline_turns_total", "Turns that are over, by what became of them.", counter, []string{"line", "kind", "outcome"}, func(s statusAnswer, to emit) {
			for _, t := range s.Turns {
				to(float64(t.Answered), t.Line, string(t.Kind), "answered")
				to(float64(t.Failed), t.Line, string(t.Kind), "failed")
				to(float64(t.Unheeded), t.Line, string(t.Kind), "unheeded")
			}
		}},
		{"lexline_turn_false_starts_total", "Turns opened by what was no speech: answered by a bot that understood no word.", counter, []string{"line"}, func(s statusAnswer, to emit) {
			for _, t := range s.Turns {
				if t.Kind == turnKinds[0] {
					to(float64(t.FalseStarts), t.Line)
				}
			}
		}},
	}
}

// turnDistributions say how long callers wait for an answer, whole and stage by stage.
func turnDistributions() []distribution {
	stage := func(name, help string, of func(turnsStatus) histogram.Snapshot) distribution {
		return distribution{name, help, []string{"line", "kind"}, func(s statusAnswer, to emitDurations) {
			for _, t := range s.Turns {
				to(of(t), t.Line, string(t.Kind))
			}
		}}
	}
	return []distribution{
		stage("lexline_turn_wait_seconds", "From the caller's last word or key to the first sound of the answer on its way: the sum of the three stages.", func(t turnsStatus) histogram.Snapshot { return t.Wait }),
		stage("lexline_turn_noticed_seconds", "From the caller's last word or key until the turn was found to be over.", func(t turnsStatus) histogram.Snapshot { return t.Noticed }),
		{"lexline_turn_answer_seconds", "From there until the bot's answer was known, by the region that gave it.", []string{"line", "kind", "region"}, func(s statusAnswer, to emitDurations) {
			for _, t := range s.Turns {
				for _, region := range slices.Sorted(maps.Keys(t.Answer)) {
					to(t.Answer[region], t.Line, string(t.Kind), region)
				}
			}
		}},
		stage("lexline_turn_first_sound_seconds", "From there until the first sound of the answer was on its way.", func(t turnsStatus) histogram.Snapshot { return t.FirstSound }),
	}
}

package region

import "testing"

// south is a third region.
const south = "eu-west-1"

func TestChoose(t *testing.T) {
	three := func(states ...func(*Condition)) View {
		v := View{Regions: []Condition{{Name: east, State: Healthy}, {Name: west, State: Healthy}, {Name: south, State: Healthy}}}
		for i, change := range states {
			if change != nil {
				change(&v.Regions[i])
			}
		}
		return v
	}
	softly := func(name string) attempt { return attempt{region: name, over: true, failed: Soft, executed: true} }
	conflict := func(name string) attempt {
		return attempt{region: name, over: true, failed: Ours, conflict: true}
	}
	tests := []struct {
		name   string
		call   string // where it is
		before []attempt
		view   View
		want   string
		some   bool
	}{
		{"the call's own", west, nil, three(), west, true},
		{"a call in no region goes home", "", nil, three(), east, true},
		{"not its own if that is suspect", west, nil, three(nil, suspected), east, true},
		{"its own if all are suspect", west, nil, three(suspected, suspected, suspected), west, true},
		{"not its own if that was taken out", east, nil, three(ejected), west, true},
		{"not one that throttles", east, nil, three(throttled), west, true},
		{"rather a suspect one than one that throttles", east, nil, three(throttled, suspected, ejected), west, true},
		{"not where it failed", east, []attempt{softly(east)}, three(), west, true},
		{"where it failed once rather than twice", east, []attempt{softly(east), softly(west), softly(south), softly(east)}, three(), west, true},
		{"a suspect one rather than where it failed", east, []attempt{softly(east)}, three(nil, suspected, suspected), west, true},
		{"where it failed if the others were taken out", east, []attempt{softly(east)}, three(nil, ejected, ejected), east, true},
		{"not where the alias is gone, even if it is the last", east, []attempt{{region: east, over: true, failed: Hard}}, three(nil, ejected, ejected), "", false},
		{"where room is", east, nil, three(full, full), south, true},
		{"nowhere while there is no room", east, nil, three(full, full, full), "", true},
		{"nowhere if all were taken out", east, nil, three(ejected, ejected, ejected), "", false},
		{"where the state was refused, with less of it", west, []attempt{{region: west, over: true, failed: Ours}}, three(), west, true},
		{"where the session was held", west, []attempt{conflict(west)}, three(), west, true},
		{"not where it was held twice", west, []attempt{conflict(west), conflict(west)}, three(), east, true},
		{"where it was held twice rather than where it failed as often", west, []attempt{conflict(west), conflict(west), softly(east), softly(south)}, three(), west, true},
		{"where it was held twice if there is no other", west, []attempt{conflict(west), conflict(west)}, three(ejected, nil, ejected), west, true},
		{"the pinned one first", east, nil, pinnedTo(three(nil, ejected), west), west, true},
		{"another one if the pinned one has no room", east, nil, pinnedTo(three(nil, full), west), east, true},
		{"another one after the pinned one failed", east, []attempt{softly(west)}, pinnedTo(three(), west), east, true},
		{"the pinned one again if the others were taken out", east, []attempt{softly(west)}, pinnedTo(three(ejected, ejected, ejected), west), west, true},
	}
	for _, tt := range tests {
		turn := NewTurn(0, Limits{}, Facts{Region: tt.call}, nil)
		turn.attempts = tt.before
		name, some := turn.choose(tt.view)
		if name != tt.want || some != tt.some {
			t.Errorf("%s: chose %q, %v; want %q, %v", tt.name, name, some, tt.want, tt.some)
		}
	}
}

func TestStandby(t *testing.T) {
	tests := []struct {
		name   string
		busy   string
		before []attempt
		view   View
		want   string
	}{
		{"the other one", east, nil, bothWell(), west},
		{"a suspect one is better than none", east, nil, with(bothWell(), west, suspected), west},
		{"not one that was taken out", east, nil, with(bothWell(), west, ejected), ""},
		{"not one that was taken out, pinned or not", east, nil, pinnedTo(with(bothWell(), west, ejected), west), ""},
		{"not one without room", east, nil, with(bothWell(), west, full), ""},
		{"not one without the alias", east, []attempt{{region: west, over: true, failed: Hard}}, bothWell(), ""},
		{
			"not one where the session is held", east,
			[]attempt{{region: west, failed: Ours, conflict: true}, {region: west, failed: Ours, conflict: true}},
			bothWell(), "",
		},
	}
	for _, tt := range tests {
		turn := NewTurn(0, Limits{}, Facts{Region: east}, nil)
		turn.attempts = tt.before
		if got := turn.standby(tt.view, tt.busy); got != tt.want {
			t.Errorf("%s: chose %q; want %q", tt.name, got, tt.want)
		}
	}
}

// TestBrokenChoice plants the faults that the simulation must notice, so that it is
// known that they are planted.
func TestBrokenChoice(t *testing.T) {
	out := with(bothWell(), west, ejected)
	last := NewTurn(0, Limits{Broken: Broken{LastAttemptEjected: true}}, Facts{Region: east}, nil)
	last.attempts = []attempt{{region: east, over: true, failed: Soft}, {region: east, over: true, failed: Soft}, {region: east, over: true, failed: Soft}}
	if got, _ := last.choose(out); got != west {
		t.Errorf("last attempt to an ejected region: chose %q; want %q", got, west)
	}
	ignored := NewTurn(0, Limits{Broken: Broken{PinIgnored: true}}, Facts{Region: east}, nil)
	if got, _ := ignored.choose(pinnedTo(bothWell(), west)); got != east {
		t.Errorf("pin ignored: chose %q; want %q", got, east)
	}
	hedged := NewTurn(0, Limits{Broken: Broken{HedgeCommitting: true}}, Facts{Region: east, Commits: true}, NewBudget())
	hedged.Step(0, bothWell(), Report{Kind: Passed})
	hedged.Step(0, bothWell(), Report{Kind: Ended})
	if got, want := words(hedged.Step(seconds(1), bothWell(), Report{Kind: Passed})), "send 1 us-west-2 hedge"; got != want {
		t.Errorf("hedge on a committing turn: it wants %q; want %q", got, want)
	}
}

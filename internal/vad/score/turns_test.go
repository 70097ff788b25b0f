package score

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// turnLines are the quantities that turns have, in short files where nobody barges in.
var turnLines = []string{
	"missed turns", "clipped onset", "onset p50", "early cut", "end delay p50", "no endpoint",
	"false starts, gaps of speech files", "barge-in p50", "barge-in missed",
}

// One utterance, in frames 100 to 199 of 500: 2 s, 2 s, 6 s. A turn that nobody
// spoke is one in 400 frames, 450 an hour.
func TestOneUtterance(t *testing.T) {
	utterance := Span{100, 200}
	fine := map[string]float64{
		"missed turns": 0, "clipped onset": 0, "onset p50": 180, "early cut": 0, "end delay p50": 700, "no endpoint": 0, "false starts, gaps of speech files": 0,
	}
	tests := []struct {
		name string
		open []Span
		want map[string]float64 // where it differs from fine; -1 for no figure
	}{
		{"as it should be", []Span{{109, 234}}, nil},
		{"nothing heard", nil, map[string]float64{"missed turns": 100, "clipped onset": -1, "onset p50": -1, "early cut": -1, "end delay p50": -1, "no endpoint": -1}},
		{"turns beside it", []Span{{20, 90}, {300, 340}}, map[string]float64{
			"missed turns": 100, "clipped onset": -1, "onset p50": -1, "early cut": -1, "end delay p50": -1, "no endpoint": -1,
			"false starts, gaps of speech files": 900,
		}},
		{"40 ms of the start lost", []Span{{117, 234}}, map[string]float64{"onset p50": 340}},
		{"60 ms of the start lost", []Span{{118, 234}}, map[string]float64{"onset p50": 360, "clipped onset": 100}},
		{"opened in the pre-roll", []Span{{85, 234}}, map[string]float64{"onset p50": -300}},
		{"open before the pre-roll", []Span{{84, 234}}, map[string]float64{"onset p50": -1, "false starts, gaps of speech files": 450}},
		{"opened before and gone before", []Span{{86, 99}, {109, 234}}, map[string]float64{"false starts, gaps of speech files": 450}},
		{"closed 60 ms before the last frame", []Span{{109, 196}}, map[string]float64{"end delay p50": -60}},
		{"closed 80 ms before the last frame", []Span{{109, 195}}, map[string]float64{"early cut": 100, "end delay p50": -1}},
		{"cut in the middle", []Span{{109, 150}, {152, 234}}, map[string]float64{"early cut": 100, "end delay p50": -1}},
		{"closed for a moment before the last frame", []Span{{109, 197}, {198, 234}}, nil},
		{"open for 2 s", []Span{{109, 299}}, map[string]float64{"end delay p50": 2000}},
		{"open for more than 2 s", []Span{{109, 300}}, map[string]float64{"no endpoint": 100, "end delay p50": -1}},
		{"opened again at once", []Span{{109, 199}, {214, 260}}, map[string]float64{"end delay p50": 0}},
		{"opened again later", []Span{{109, 199}, {215, 260}}, map[string]float64{"end delay p50": 0, "false starts, gaps of speech files": 450}},
		{"the last frame alone", []Span{{199, 234}}, map[string]float64{"onset p50": 1980, "clipped onset": 100}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := map[string]float64{}
			for name, value := range fine {
				if changed, ok := test.want[name]; ok {
					value = changed
				}
				if value != -1 {
					want[name] = value
				}
			}
			got := figures([]Result{heard(t, spoken(500, utterance), test.open...)}, turnLines...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("turns %v around %v (-want +got):\n%s", test.open, utterance, diff)
			}
		})
	}
}

func TestTwoUtterances(t *testing.T) {
	file := spoken(500, Span{100, 200}, Span{240, 300})
	tests := []struct {
		name string
		open []Span
		want map[string]float64
	}{
		{"closed when the next one begins", []Span{{109, 240}, {249, 320}}, map[string]float64{"no endpoint": 0, "end delay p50": 420, "missed turns": 0, "onset p50": 180}},
		{"still open when the next one begins", []Span{{109, 241}, {249, 320}}, map[string]float64{
			// The second utterance was covered by a turn that was open long before,
			// and which cut it.
			"no endpoint": 50, "end delay p50": -1, "missed turns": 0, "onset p50": 180,
		}},
		{"one turn for both", []Span{{109, 320}}, map[string]float64{"no endpoint": 50, "end delay p50": 420, "missed turns": 0, "onset p50": 180}},
		{"only the second", []Span{{250, 320}}, map[string]float64{"no endpoint": 0, "end delay p50": 420, "missed turns": 50, "onset p50": 200}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := figures([]Result{heard(t, file, test.open...)}, "no endpoint", "end delay p50", "missed turns", "onset p50")
			for name, value := range test.want {
				if value == -1 {
					delete(test.want, name)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("turns %v (-want +got):\n%s", test.open, diff)
			}
		})
	}
}

func TestAFileThatEndsInATurn(t *testing.T) {
	for frames, want := range map[int]map[string]float64{
		250: {"no endpoint": 0},   // nobody knows how long it would have gone on
		299: {"no endpoint": 0},   // nor here: one frame later it is 2 s
		300: {"no endpoint": 100}, // 2 s after the last active frame it is open
	} {
		got := figures([]Result{heard(t, spoken(frames, Span{100, 200}), Span{109, frames})}, "no endpoint", "end delay p50")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("open to the end of %d frames (-want +got):\n%s", frames, diff)
		}
	}
}

func TestPercentiles(t *testing.T) {
	var results []Result
	for delay := range 21 { // 0 to 400 ms, ends after 400 to 800 ms
		results = append(results, heard(t, spoken(500, Span{100, 200}), Span{100 + delay, 219 + delay}))
	}
	want := map[string]float64{"onset p50": 200, "onset p95": 380, "end delay p50": 600, "end delay p95": 780, "clipped onset": 14.2857}
	got := figures(results, "onset p50", "onset p95", "end delay p50", "end delay p95", "clipped onset")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("21 delays (-want +got):\n%s", diff)
	}
}

func TestBargeIn(t *testing.T) {
	file := spoken(900, Span{100, 200}, Span{400, 450}, Span{700, 750})
	file.Audible = make([]bool, 900)
	for k := 350; k < 750; k++ {
		file.Audible[k] = true // the bot talks over the second and the third
	}
	got := figures([]Result{heard(t, file, Span{101, 230}, Span{412, 480})}, "barge-in p50", "barge-in p95", "barge-in missed", "onset p50", "missed turns")
	want := map[string]float64{"barge-in p50": 240, "barge-in p95": 240, "barge-in missed": 50, "onset p50": 20, "missed turns": 33.3333}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNoiseOnly(t *testing.T) {
	only := func(noise string, open ...Span) Result {
		file := spoken(9000) // three minutes
		file.Noise = noise
		return heard(t, file, open...)
	}
	results := []Result{
		only("fan", Span{0, 50}), only("hum"), // one in 6 minutes
		only("babble", Span{10, 20}, Span{30, 40}), only("music", Span{1, 9000}), only(Echo, Span{0, 900}, Span{5000, 5450}),
		heard(t, spoken(500, Span{100, 200}), Span{100, 230}), // is in none of these
	}
	want := map[string]float64{
		"false starts, noise only, not voice-like": 10,
		"false starts, all noise only":             24, // 6 in 15 minutes
		"false starts, gaps of speech files":       0,
		"time open, noise only":                    23.1533, // 50 + 20 + 8999 + 1350 of 45000
		"time open, echo only":                     15,
	}
	got := figures(results, "false starts, noise only, not voice-like", "false starts, all noise only", "false starts, gaps of speech files", "time open, noise only", "time open, echo only")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAudible(t *testing.T) {
	far := make([]int16, 160*30+80)
	for i := 160 * 5; i < 160*7; i++ {
		far[i] = 200 // -44 dBov
	}
	far[160*25] = 800 // a click in a frame of -54 dBov
	want := make([]bool, 30)
	for k := 5; k < 17; k++ { // two frames and 200 ms
		want[k] = true
	}
	if diff := cmp.Diff(want, Audible(far)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Audible(nil); got != nil {
		t.Errorf("Audible(nil) = %v; want nil", got)
	}
}

package drill

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/twiliosim"
)

func TestDraw(t *testing.T) {
	if diff := cmp.Diff(draw(7, 3, dawn), draw(7, 3, dawn)); diff != "" {
		t.Errorf("the same call drawn twice differs:\n%s", diff)
	}
	known := map[string]bool{}
	for _, s := range repertoire() {
		known[s.Clip] = true
	}
	orders := map[Order]bool{}
	turns := map[int]int{}
	for n := range 300 {
		r := draw(7, n, dawn)
		orders[r.Order] = true
		turns[len(r.Sayings)]++
		for _, s := range r.Sayings {
			if !known[s.Clip] {
				t.Errorf("call %d says %q, of which no recording %s is made", n, s.Text, s.Clip)
			}
			if s.Think < shortThink || s.Think > longThink {
				t.Errorf("call %d thinks for %v before %q; want %v to %v", n, s.Think, s.Text, shortThink, longThink)
			}
		}
		date, err := time.Parse(time.DateOnly, r.Order.Date)
		if err != nil || !strings.EqualFold(date.Weekday().String(), r.Order.Day) || date.Before(dawn.Truncate(24*time.Hour)) || date.After(dawn.AddDate(0, 0, 6)) {
			t.Errorf("call %d: %s is %s; want the next such day from %s on (%v)", n, r.Order.Day, r.Order.Date, dawn.Format(time.DateOnly), err)
		}
	}
	if len(orders) < 100 || turns[4] < 50 || turns[5] < 150 || turns[4]+turns[5] != 300 {
		t.Errorf("300 calls have %d different orders, and so many with 4 and 5 turns: %v; want over 100, both kinds", len(orders), turns)
	}
}

func TestSpokenHour(t *testing.T) {
	for hour, want := range map[int]string{9: "9 a.m.", 12: "12 p.m.", 13: "1 p.m.", 17: "5 p.m."} {
		if got := spokenHour(hour); got != want {
			t.Errorf("%d o'clock is said %q; want %q", hour, got, want)
		}
	}
}

// TestScript has the phone read a role: each saying is the last of linesPerSaying
// lines, which is how a turn is known again.
func TestScript(t *testing.T) {
	r := draw(7, 3, dawn)
	text := r.script("/clips")
	if _, err := twiliosim.ParseScript("call", strings.NewReader(text)); err != nil {
		t.Errorf("the phone does not understand the script: %v", err)
	}
	lines := strings.Split(text, "\n")
	for i, s := range r.Sayings {
		if got, want := lines[(i+1)*linesPerSaying-1], "play /clips/"+s.Clip+".wav"; got != want {
			t.Errorf("line %d is %q; want %q", (i+1)*linesPerSaying, got, want)
		}
	}
	if !slices.Contains(lines, "expect-end") {
		t.Errorf("the script does not wait for the bot's last words:\n%s", text)
	}
}

package region

import (
	"testing"
	"time"
)

const (
	east = "us-east-1"
	west = "us-west-2"
)

// seconds makes a time of a number of seconds.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// soon makes an outcome that began a moment before it is told.
func outcome(at float64, region string, class Class) (time.Duration, Event) {
	now := seconds(at)
	return now, Event{Kind: Outcome, Region: region, Class: class, Began: now - 400*time.Millisecond, Took: 400 * time.Millisecond}
}

func TestFiveFailuresInARowTakeARegionOut(t *testing.T) {
	j := NewJudge(Settings{Regions: []string{east, west}})
	for i := range 5 {
		if got := j.Active(); got != east {
			t.Fatalf("after %d failures: active is %s, want %s", i, got, east)
		}
		j.Step(outcome(10+float64(i), east, Soft))
	}
	if got := j.Active(); got != west {
		t.Errorf("after 5 failures: active is %s, want %s", got, west)
	}
}

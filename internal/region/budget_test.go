package region

import (
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	b := NewBudget()
	taken := 0
	for b.Take(0) {
		taken++
	}
	if taken != 40 {
		t.Fatalf("a full budget has %d hedges; want 40", taken)
	}
	for range 9 {
		b.Turn(0)
	}
	if b.Take(0) {
		t.Error("9 turns earned a hedge; want about 10")
	}
	b.Turn(0)
	b.Turn(0)
	if b.Left(0) != 1 || !b.Take(0) || b.Take(0) {
		t.Error("11 turns did not earn one hedge, and one only")
	}
	if b.Take(5 * time.Second) {
		t.Error("5 s earned a hedge; want 6")
	}
	if !b.Take(6001 * time.Millisecond) {
		t.Error("6 s did not earn a hedge")
	}
	if got := b.Left(time.Hour); got != 40 {
		t.Errorf("after an hour it has %d hedges; want 40, and no more", got)
	}
	for range 1000 {
		b.Turn(time.Hour)
	}
	if got := b.Left(time.Hour); got != 40 {
		t.Errorf("after 1,000 turns it has %d hedges; want 40, and no more", got)
	}
	if b.Take(0); b.Left(0) != 39 {
		t.Errorf("time that goes back earned something: %d are left; want 39", b.Left(0))
	}
}

func TestNoBudget(t *testing.T) {
	var none *Budget
	none.Turn(0)
	if none.Take(0) || none.Left(0) != 0 {
		t.Error("no budget has hedges")
	}
}

func TestBudgetForManyAtOnce(t *testing.T) {
	b := NewBudget()
	took := make(chan bool)
	for range 100 {
		go func() { took <- b.Take(0) }()
	}
	taken := 0
	for range 100 {
		if <-took {
			taken++
		}
	}
	if taken != 40 {
		t.Errorf("100 at once took %d hedges; want 40", taken)
	}
}

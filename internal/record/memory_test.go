package record_test

import (
	"fmt"
	"testing"
	"time"

	"lexline/internal/record"
	"lexline/internal/record/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) record.Store { return new(record.Memory) })
}

func TestMemoryIsBounded(t *testing.T) {
	store, now := new(record.Memory), time.Now().Truncate(time.Second)
	for i := range 10_010 {
		e := record.Entry{Call: fmt.Sprint(i), Started: now.Add(time.Duration(i) * time.Millisecond), Until: now.Add(time.Hour)}
		if err := store.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	all, err := store.List(t.Context(), record.Filter{})
	if err != nil || len(all) != 10_000 || all[len(all)-1].Call != "10" {
		t.Errorf("%d entries, the oldest %s, %v; want the newest 10,000", len(all), all[len(all)-1].Call, err)
	}
}

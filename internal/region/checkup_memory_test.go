package region

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestCheckupMemoryIsUnusable puts what is no memory in its place: the run starts
// afresh, says so, and leaves a memory that can be used.
func TestCheckupMemoryIsUnusable(t *testing.T) {
	region := func(change map[string]any) map[string]any {
		r := map[string]any{"state": "down", "since": int64(1), "hold": int64(60000)}
		maps.Copy(r, change)
		return r
	}
	item := func(change map[string]any) map[string]any {
		m := map[string]any{
			"version": int64(3), "format": int64(1), "active": east,
			"regions": map[string]any{east: region(nil), west: region(map[string]any{"state": "healthy"})},
			"verdict": map[string]any{"region": west, "version": int64(1)}, "checks": map[string]any{},
		}
		maps.Copy(m, change)
		return m
	}
	for _, c := range []struct {
		name   string
		memory map[string]any
		want   CheckupMemory
	}{
		{"whole", item(nil), MemoryRead},
		{"empty", map[string]any{}, MemoryUnusable},
		{"another format", item(map[string]any{"format": int64(2)}), MemoryUnusable},
		{"format a text", item(map[string]any{"format": "1"}), MemoryUnusable},
		{"no version", item(map[string]any{"version": "three"}), MemoryUnusable},
		{"version below 0", item(map[string]any{"version": int64(-3)}), MemoryUnusable},
		{"version of the far future", item(map[string]any{"version": int64(maxVersion + 5)}), MemoryUnusable},
		{"other regions", item(map[string]any{"regions": map[string]any{east: region(nil), "mars": region(nil)}}), MemoryUnusable},
		{"a region less", item(map[string]any{"regions": map[string]any{east: region(nil)}}), MemoryUnusable},
		{"regions a list", item(map[string]any{"regions": []any{east, west}}), MemoryUnusable},
		{"region a text", item(map[string]any{"regions": map[string]any{east: "down", west: "up"}}), MemoryUnusable},
		{"state unknown", item(map[string]any{"regions": map[string]any{east: region(map[string]any{"state": "tired"}), west: region(nil)}}), MemoryUnusable},
		{"hold below 0", item(map[string]any{"regions": map[string]any{east: region(map[string]any{"hold": int64(-1)}), west: region(nil)}}), MemoryUnusable},
		{"row huge", item(map[string]any{"regions": map[string]any{east: region(map[string]any{"row": int64(1) << 60}), west: region(nil)}}), MemoryUnusable},
		{"verdict elsewhere", item(map[string]any{"verdict": map[string]any{"region": "mars"}}), MemoryUnusable},
		{"checks a number", item(map[string]any{"checks": int64(1)}), MemoryUnusable},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newClinic(t)
				must(t, k.table.Put(t.Context(), Item{Key: east, Attributes: map[string]any{attrRegion: west, attrVersion: int64(1)}}))
				must(t, k.table.Put(t.Context(), Item{Key: CheckupKey(east, east), Attributes: c.memory}))
				report := k.check()
				if report.Memory != c.want || (report.MemoryFault == "") != (c.want == MemoryRead) {
					t.Errorf("it reports memory %s (%q), want %s", report.Memory, report.MemoryFault, c.want)
				}
				k.says("us-west-2 ok") // where calls went: home is down until it was good for its hold
				if report = k.check(); report.Memory != MemoryRead || report.MemoryFault != "" {
					t.Errorf("the next run reports memory %s (%q)", report.Memory, report.MemoryFault)
				}
				time.Sleep(time.Minute)
				k.check()
				k.says("us-east-1 ok")
			})
		})
	}
}

// TestCheckupClockJumps sets the clock of the machine back and forth while a region
// is down: it never comes back too soon for that.
func TestCheckupClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{-100 * time.Hour, -30 * time.Minute, 30 * time.Minute, 100 * 365 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			var skew time.Duration
			check := func() {
				cfg := k.config()
				cfg.Clock = func() time.Time { return time.Now().Add(skew) }
				_, err := RunCheckup(t.Context(), cfg)
				must(t, err)
			}
			check()
			k.probes[east] = refuse(Hard)
			check()
			delete(k.probes, east)
			check()
			skew, _ = jump, skew
			time.Sleep(20 * time.Second)
			for range 2 {
				check()
				k.says("us-west-2 ok")
				time.Sleep(20 * time.Second)
			}
			time.Sleep(time.Minute)
			check()
			k.says("us-east-1 ok")
		})
	}
}

// FuzzCheckupMemory reads anything as a memory: it is refused, or whole.
func FuzzCheckupMemory(f *testing.F) {
	wall := epoch
	m := checkupMemory{region: west, version: 4, by: "check", peers: map[string]peerSeen{east: {isKnown: true, version: 9, age: time.Minute}}}
	j := NewJudge(Settings{Regions: []string{east, west}})
	for range 3 {
		j.Step(time.Minute, Event{Kind: Probed, Region: east, Class: Soft, Deep: true, Began: time.Minute})
	}
	m.judged = j.Remember(2 * time.Minute)
	text, err := EncodeAttributes(m.attributes(7, wall))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"format":1,"version":1,"regions":{"us-east-1":{"state":"down"},"us-west-2":{}},"verdict":{},"checks":{}}`))
	names := []string{east, west}
	f.Fuzz(func(t *testing.T, text []byte) {
		attributes, err := DecodeAttributes(text)
		if err != nil {
			return
		}
		m, err := decodeCheckup(Item{Attributes: attributes}, names, wall)
		if err != nil {
			return
		}
		again, err := decodeCheckup(Item{Attributes: m.attributes(1, wall)}, names, wall)
		if err != nil {
			t.Fatalf("%s was read, and cannot be once written: %v", text, err)
		}
		if diff := cmp.Diff(m, again, cmp.AllowUnexported(checkupMemory{}, peerSeen{})); diff != "" {
			t.Fatalf("%s reads differently once written:\n%s", text, diff)
		}
		judge := Settings{Regions: names}.Restore(0, m.judged)
		for i := range 10 {
			class := []Class{None, Soft}[i/5]
			judge.Step(time.Duration(i)*time.Second, Event{Kind: Probed, Region: east, Class: class, Deep: true, Began: time.Duration(i) * time.Second})
			if active := judge.Active(); active != east && active != west {
				t.Fatalf("%s makes %q active", text, active)
			}
		}
	})
}

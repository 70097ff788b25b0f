package train

import (
	"math/rand/v2"
	"testing"
)

// Over an epoch every frame is in one lane, but for fewer left over than there are
// lanes; the state is reset where a sequence or a lane starts, and what follows the
// start of a lane inside of a sequence is not scored.
func TestTape(t *testing.T) {
	const warm, segment = 3, 7
	sequences := make([]Sequence, 30)
	value := float32(0)
	starts := map[float32]bool{}
	for i := range sequences {
		starts[value] = true
		for range 10 + 5*(i%7) {
			sequences[i].Features = append(sequences[i].Features, value)
			sequences[i].Labels = append(sequences[i].Labels, int8(i%2))
			value++
		}
	}
	tape := newTape(sequences, 1, normalisation{mean: []float32{0}, scale: []float32{1}})
	tape.wind(rand.New(rand.NewPCG(1, 1)), warm)
	sh := newShard(newModel(1, 4, 4), nil, segment, Defaults)
	seen := map[float32]int{}
	for ; tape.done < tape.length; tape.done += segment {
		frames := min(segment, tape.length-tape.done)
		for number := range shards {
			tape.fill(number, sh, frames)
			for lane := range lanes {
				for i := range sh.steps[:frames] {
					s, q, l := &sh.steps[i], lane/4, lane%4
					x, place := s.features[0][q][l], tape.done+i
					seen[x]++
					if reset, want := s.starts[q][l] == 0, starts[x] || place == 0; reset != want || want && !s.restarts {
						t.Fatalf("frame %v at %d of a lane: reset %v; want %v", x, place, reset, want)
					}
					if place >= warm && s.weight[q][l] != 1 {
						t.Fatalf("frame %v at %d of a lane is not scored", x, place)
					}
					if place == 0 && (s.weight[q][l] == 1) != starts[x] {
						t.Fatalf("frame %v, the first of a lane, has weight %v; want 1 only at the start of a sequence", x, s.weight[q][l])
					}
				}
			}
		}
	}
	if left := int(value) - len(seen); left < 0 || left >= shards*lanes {
		t.Errorf("%d of %v frames are left out; want fewer than %d", left, value, shards*lanes)
	}
	for x, times := range seen {
		if times != 1 {
			t.Errorf("frame %v was seen %d times", x, times)
		}
	}
}

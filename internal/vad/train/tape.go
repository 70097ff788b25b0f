package train

import "math/rand/v2"

// tape is all sequences, one behind the other in an order of chance, cut into as
// many pieces of the same length as there are lanes. What is left over at its end
// is left out, in each epoch something else.
type tape struct {
	sequences []Sequence
	inputs    int
	norm      normalisation
	order     []int
	lanes     [shards * lanes]reader
	length    int // frames of each lane
	done      int
}

// reader is where a lane is on the tape.
type reader struct {
	place    int // in order
	frame    int // in that sequence
	unscored int // frames until the state is warm
}

func newTape(sequences []Sequence, inputs int, norm normalisation) *tape {
	t := &tape{sequences: sequences, inputs: inputs, norm: norm, order: make([]int, len(sequences))}
	frames := 0
	for i, s := range sequences {
		t.order[i] = i
		frames += len(s.Labels)
	}
	t.length = frames / len(t.lanes)
	return t
}

// wind shuffles the sequences and takes the lanes to their beginnings. A lane that
// begins inside of a sequence is not scored for the first frames.
func (t *tape) wind(rng *rand.Rand, warm int) {
	rng.Shuffle(len(t.order), func(i, j int) { t.order[i], t.order[j] = t.order[j], t.order[i] })
	t.done = 0
	place, frame := 0, 0
	for i := range t.lanes {
		t.lanes[i] = reader{place: place, frame: frame}
		if frame > 0 {
			t.lanes[i].unscored = warm
		}
		frame += t.length
		for place < len(t.order) && frame >= len(t.sequences[t.order[place]].Labels) {
			frame -= len(t.sequences[t.order[place]].Labels)
			place++
		}
	}
}

// fill writes the next frames of a shard's lanes into its steps. A lane at its
// beginning starts from a state of zero, inside of a sequence too.
func (t *tape) fill(number int, sh *shard, frames int) {
	for i := range sh.steps[:frames] {
		sh.steps[i].restarts = false
	}
	for lane := range lanes {
		r := &t.lanes[number*lanes+lane]
		for i := range sh.steps[:frames] {
			t.frame(r, &sh.steps[i], lane, t.done == 0 && i == 0)
		}
	}
}

func (t *tape) frame(r *reader, s *step, lane int, first bool) {
	sequence := &t.sequences[t.order[r.place]]
	q, l := lane/4, lane%4
	s.starts[q][l] = 1
	if first || r.frame == 0 {
		s.starts[q][l] = 0
		s.restarts = true
	}
	features := sequence.Features[r.frame*t.inputs:][:t.inputs]
	for i, x := range features {
		s.features[i][q][l] = (x - t.norm.mean[i]) * t.norm.scale[i]
	}
	label := sequence.Labels[r.frame]
	s.target[q][l] = float32(max(label, 0))
	s.weight[q][l] = 1
	if sequence.Weights != nil {
		s.weight[q][l] = sequence.Weights[r.frame]
	}
	if label < 0 || r.unscored > 0 {
		s.weight[q][l] = 0
	}
	r.unscored = max(r.unscored-1, 0)
	if r.frame++; r.frame == len(sequence.Labels) {
		r.frame = 0
		r.place++
	}
}

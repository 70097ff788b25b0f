package train

import "lexline/internal/vad"

// F1 is the harmonic mean of precision and recall of a network's frames of speech,
// at a probability of one half, over the scored frames of sequences. The frames
// of all sequences count as one set. It is 0 if none is right.
func F1(n *vad.Network, inputs int, sequences []Sequence) float64 {
	hits, wrong := 0.0, 0.0
	classifier := n.Compile()
	for _, s := range sequences {
		var state vad.State
		for frame, label := range s.Labels {
			speech := classifier.Step(&state, s.Features[frame*inputs:][:inputs]) > 0.5
			switch {
			case label < 0:
			case speech && label > 0:
				hits++
			case speech != (label > 0):
				wrong++
			}
		}
	}
	if hits == 0 {
		return 0
	}
	return 2 * hits / (2*hits + wrong)
}

package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"lexline/internal/vad"
)

// slowLoss is the loss of a network over a shard's segment by the definition, in
// double precision, one lane at a time. Weights are a copy of a model's, in its layout.
func slowLoss(m *model, weights []float64, steps []step, positive, smoothing float64) (loss float64) {
	parts, rest := [][]float64{}, weights
	for _, tensor := range m.tensors() {
		parts, rest = append(parts, rest[:len(*tensor)]), rest[len(*tensor):]
	}
	denseW, denseB, inputW, stateW := parts[0], parts[1], parts[2], parts[3]
	gateB, resetB, outW, outB := parts[4], parts[5], parts[6], parts[7]
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	dot := func(row, x []float64) (sum float64) {
		for i := range x {
			sum += row[i] * x[i]
		}
		return sum
	}
	h := m.hidden
	for lane := range lanes {
		q, l := lane/4, lane%4
		state := make([]float64, h)
		for i := range steps {
			features, dense := make([]float64, m.inputs), make([]float64, m.dense)
			for j := range features {
				features[j] = float64(steps[i].features[j][q][l])
			}
			for j := range dense {
				dense[j] = math.Tanh(dot(denseW[j*m.inputs:], features) + denseB[j])
			}
			for j := range state {
				state[j] *= float64(steps[i].starts[q][l])
			}
			next, logit := make([]float64, h), outB[0]
			in := func(j int) float64 { return dot(inputW[j*m.dense:], dense) + gateB[j] }
			back := func(j int) float64 { return dot(stateW[j*h:], state) }
			for j := range next {
				reset, update := logistic(in(j)+back(j)), logistic(in(h+j)+back(h+j))
				candidate := math.Tanh(in(2*h+j) + reset*(back(2*h+j)+resetB[j]))
				next[j] = (1-update)*candidate + update*state[j]
				logit += outW[j] * next[j]
			}
			state = next
			target, weight := float64(steps[i].target[q][l]), float64(steps[i].weight[q][l])
			if target > 0.5 {
				weight *= positive
			}
			target = target*(1-smoothing) + smoothing/2
			p := logistic(logit)
			loss -= weight * (target*math.Log(p) + (1-target)*math.Log(1-p))
		}
	}
	return loss
}

// randomShard has random weights, features, labels and beginnings, in lanes of
// their own, but for what is padding.
func randomShard(rng *rand.Rand, inputs, dense, hidden, frames int, s Settings) *shard {
	m := newModel(inputs, dense, hidden)
	n := vad.NewNetwork(inputs, dense, hidden)
	m.each(n, func(_, here *float32) { *here = float32(rng.NormFloat64() * 0.5) })
	back := &transposed{make([]float32, len(m.inputW)), make([]float32, len(m.stateW))}
	back.of(m)
	sh := newShard(m, back, frames, s)
	for i := range sh.steps {
		step := &sh.steps[i]
		step.restarts = i == 0
		for lane := range lanes {
			q, l := lane/4, lane%4
			step.starts[q][l] = 1
			if i == 0 || i == 1+lane%5 && lane > 5 {
				step.starts[q][l], step.restarts = 0, true
			}
			step.target[q][l] = float32(rng.IntN(2))
			step.weight[q][l] = float32(rng.IntN(3))
			for j := range inputs {
				step.features[j][q][l] = float32(rng.NormFloat64())
			}
		}
	}
	return sh
}

func TestGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	s := Settings{PositiveWeight: 1.7, Smoothing: 0.1}
	for _, sizes := range [][3]int{{5, 3, 6}, {4, 8, 4}, {1, 1, 1}} {
		sh := randomShard(rng, sizes[0], sizes[1], sizes[2], 7, s)
		sh.run(len(sh.steps))
		m := sh.weights
		weights := make([]float64, len(m.all))
		for i, w := range m.all {
			weights[i] = float64(w)
		}
		loss := func() float64 { return slowLoss(m, weights, sh.steps, s.PositiveWeight, s.Smoothing) }
		if want := loss(); math.Abs(sh.loss-want) > 1e-3*want {
			t.Errorf("%v: loss %v; want %v", sizes, sh.loss, want)
		}
		at := 0
		names := []string{"DenseW", "DenseB", "InputW", "StateW", "GateB", "ResetB", "OutW", "OutB"}
		for i, tensor := range sh.gradient.tensors() {
			largest, worst := 0.0, 0.0
			for _, got := range *tensor {
				const by = 1e-5
				was := weights[at]
				weights[at] = was + by
				up := loss()
				weights[at] = was - by
				want := (up - loss()) / (2 * by)
				weights[at] = was
				at++
				largest = max(largest, math.Abs(want))
				worst = max(worst, math.Abs(float64(got)-want))
			}
			if largest < 1e-3 || worst > 2e-3*largest {
				t.Errorf("%v: gradient of %s is off by %.2g, the largest is %.2g; want at most 0.2 %%", sizes, names[i], worst, largest)
			}
		}
	}
}

// Padding must stay zero, or it would be lost with what it has learnt.
func TestPaddingStaysZero(t *testing.T) {
	tr := newTrainer(delayedCopies(8, 20, 50), 2, quick())
	for range 3 {
		if _, err := tr.epoch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	left := append([]float32(nil), tr.weights.all...)
	used := 0
	tr.weights.each(vad.NewNetwork(2, quick().Dense, quick().Hidden), func(_, here *float32) {
		used++
		if *here == 0 {
			t.Error("a weight of the network is still zero")
		}
		*here = 0
	})
	for i, w := range tr.weights.all {
		if w != 0 {
			t.Errorf("weight %d is %v; want 0, as it is padding", i, w)
		}
	}
	if used == len(left) {
		t.Error("this network has no padding; nothing was tested")
	}
}

// With an update gate that is shut, and weights of 1, a network's probability is
// its three activations one behind the other.
func TestActivationsAreTheNetworks(t *testing.T) {
	n := vad.NewNetwork(1, 1, 1)
	n.DenseW[0], n.InputW[2], n.OutW[0] = 1, 4, 7
	n.GateB[1] = -30
	const tolerance = 1e-6 // for some processors the compiler fuses the network's
	classifier := n.Compile()
	for x := float32(-6); x < 6; x += 0.001 {
		var state vad.State
		got, want := sigmoid(7*tanh(4*tanh(x))), classifier.Step(&state, []float32{x})
		if diff := got - want; diff > tolerance || diff < -tolerance {
			t.Fatalf("activations of %v: %v; the network's are %v", x, got, want)
		}
	}
}

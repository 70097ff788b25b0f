package train

import (
	"math"
	"math/rand/v2"

	"lexline/internal/vad"
)

// model is the weights of a vad.Network, or a gradient of them, in one piece. Its
// layers are padded to multiples of four, as the products want. Padding starts as
// zero and stays so: a unit without weights puts out zero, and no gradient reaches it.
type model struct {
	inputs, dense, hidden int
	all                   []float32 // all that follow

	denseW, denseB []float32
	inputW, stateW []float32
	gateB, resetB  []float32
	outW, outB     []float32
}

func padded(n int) int { return (n + 3) &^ 3 }

func newModel(inputs, dense, hidden int) *model {
	m := &model{inputs: padded(inputs), dense: padded(dense), hidden: padded(hidden)}
	sizes := []int{
		m.dense * m.inputs, m.dense,
		3 * m.hidden * m.dense, 3 * m.hidden * m.hidden,
		3 * m.hidden, m.hidden,
		m.hidden, 1,
	}
	total := 0
	for _, size := range sizes {
		total += size
	}
	m.all = make([]float32, total)
	rest := m.all
	for i, tensor := range m.tensors() {
		*tensor, rest = rest[:sizes[i]:sizes[i]], rest[sizes[i]:]
	}
	return m
}

// tensors are in the order of vad.Network.Tensors.
func (m *model) tensors() []*[]float32 {
	return []*[]float32{&m.denseW, &m.denseB, &m.inputW, &m.stateW, &m.gateB, &m.resetB, &m.outW, &m.outB}
}

// each calls f for every weight of a network and its place here.
func (m *model) each(n *vad.Network, f func(weight, here *float32)) {
	blocks := []struct {
		network, model             []float32
		blocks, rows, columns      int
		modelRows, modelRowColumns int
	}{
		{n.DenseW, m.denseW, 1, n.Dense, n.Inputs, m.dense, m.inputs},
		{n.DenseB, m.denseB, 1, 1, n.Dense, 1, m.dense},
		{n.InputW, m.inputW, 3, n.Hidden, n.Dense, m.hidden, m.dense},
		{n.StateW, m.stateW, 3, n.Hidden, n.Hidden, m.hidden, m.hidden},
		{n.GateB, m.gateB, 3, 1, n.Hidden, 1, m.hidden},
		{n.ResetB, m.resetB, 1, 1, n.Hidden, 1, m.hidden},
		{n.OutW, m.outW, 1, 1, n.Hidden, 1, m.hidden},
		{n.OutB, m.outB, 1, 1, 1, 1, 1},
	}
	for _, b := range blocks {
		i := 0
		for block := range b.blocks {
			for row := range b.rows {
				at := (block*b.modelRows + row) * b.modelRowColumns
				for column := range b.columns {
					f(&b.network[i], &b.model[at+column])
					i++
				}
			}
		}
	}
}

// initialise draws the first weights, uniform and of a size that neither fades nor
// grows from layer to layer (Glorot and Bengio,
// https://proceedings.mlr.press/v9/glorot10a.html). The update gate starts half
// open, so that the state lasts a few frames from the outset.
func initialise(n *vad.Network, rng *rand.Rand) {
	uniform := func(weights []float32, in, out int) {
		limit := math.Sqrt(6 / float64(in+out))
		for i := range weights {
			weights[i] = float32(float64(limit * (2*rng.Float64() - 1)))
		}
	}
	uniform(n.DenseW, n.Inputs, n.Dense)
	uniform(n.InputW, n.Dense, n.Hidden)
	uniform(n.StateW, n.Hidden, n.Hidden)
	uniform(n.OutW, n.Hidden, 1)
	for i := range n.Hidden {
		n.GateB[n.Hidden+i] = 1
	}
}

// network returns the weights as a network that takes features as they are: their
// normalisation becomes part of the dense layer.
func (m *model) network(norm normalisation, dense, hidden int) *vad.Network {
	n := vad.NewNetwork(len(norm.mean), dense, hidden)
	m.each(n, func(weight, here *float32) { *weight = *here })
	for row := range n.Dense {
		bias := float64(n.DenseB[row])
		for i := range n.Inputs {
			weight := &n.DenseW[row*n.Inputs+i]
			scaled := float64(*weight) * float64(norm.scale[i])
			bias -= float64(scaled * float64(norm.mean[i]))
			*weight = float32(scaled)
		}
		n.DenseB[row] = float32(bias)
	}
	return n
}

// normalisation is what makes every feature's mean 0 and its deviation 1.
type normalisation struct {
	mean, scale []float32
}

// leastDeviation keeps a feature that hardly ever moves from being blown up.
const leastDeviation = 0.01

func normalise(sequences []Sequence, inputs int) normalisation {
	frames := 0.0
	sum, squares := make([]float64, inputs), make([]float64, inputs)
	for _, s := range sequences {
		for at := 0; at < len(s.Features); at += inputs {
			frames++
			for i, x := range s.Features[at : at+inputs] {
				sum[i] += float64(x)
				squares[i] += float64(float64(x) * float64(x))
			}
		}
	}
	norm := normalisation{mean: make([]float32, inputs), scale: make([]float32, inputs)}
	for i := range inputs {
		mean := sum[i] / frames
		variance := squares[i]/frames - float64(mean*mean)
		norm.mean[i] = float32(mean)
		norm.scale[i] = float32(1 / max(math.Sqrt(max(variance, 0)), leastDeviation))
	}
	return norm
}

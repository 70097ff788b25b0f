package vad

// Classifier runs a Network. It is only read, so any number of calls may share one.
type Classifier struct {
	network             *Network
	dense, input, state packed
}

// Compile returns the network ready to be run. Later changes of its weights do not
// count, or only in part.
func (n *Network) Compile() *Classifier {
	return &Classifier{n, packRows(n.DenseW, n.Inputs), packRows(n.InputW, n.Dense), packRows(n.StateW, n.Hidden)}
}

// State is what a network remembers of one call. The zero value is ready.
type State struct {
	hidden [maxLayer]float32
}

// Step takes the inputs of the next frame and returns the probability that the
// frame holds speech. It does not allocate.
func (c *Classifier) Step(state *State, inputs []float32) float32 {
	n := c.network
	var dense [maxLayer]float32
	var fromInput, fromState [3 * maxLayer]float32
	x := dense[:n.Dense]
	c.dense.times(dense[:], inputs[:n.Inputs])
	for i := range x {
		x[i] = tanh(x[i] + n.DenseB[i])
	}
	hidden := state.hidden[:n.Hidden]
	c.input.times(fromInput[:], x)
	c.state.times(fromState[:], hidden)
	in, back := fromInput[:3*n.Hidden], fromState[:3*n.Hidden]
	logit := n.OutB[0]
	for i, h := range hidden {
		reset := sigmoid(in[i] + back[i] + n.GateB[i])
		update := sigmoid(in[n.Hidden+i] + back[n.Hidden+i] + n.GateB[n.Hidden+i])
		candidate := tanh(in[2*n.Hidden+i] + n.GateB[2*n.Hidden+i] + reset*(back[2*n.Hidden+i]+n.ResetB[i]))
		h = candidate + update*(h-candidate)
		hidden[i] = h
		logit += n.OutW[i] * h
	}
	return sigmoid(logit)
}

// lanes is how many rows of a matrix are computed side by side: sums that do not
// wait for each other, and share each load of an input.
const lanes = 16

// packed is a matrix in blocks of 16 rows, each block by column. Rows of zeros fill
// the last one.
type packed struct {
	weights []float32
	columns int
}

// packRows makes a packed matrix of one by row.
func packRows(matrix []float32, columns int) packed {
	rows := len(matrix) / columns
	blocks := (rows + lanes - 1) / lanes
	p := packed{make([]float32, blocks*lanes*columns), columns}
	for row := range rows {
		block := p.weights[row/lanes*lanes*columns:]
		for column, weight := range matrix[row*columns : (row+1)*columns] {
			block[column*lanes+row%lanes] = weight
		}
	}
	return p
}

// times writes the product with in to out, which must have room for all blocks.
func (p packed) times(out, in []float32) {
	size := lanes * p.columns
	for block := 0; block < len(p.weights); block += size {
		multiply((*[lanes]float32)(out), p.weights[block:block+size:block+size], in[:p.columns])
		out = out[lanes:]
	}
}

// multiplyGeneric multiplies one block, a column at a time: the sum of each row goes
// over the columns in their order.
func multiplyGeneric(out *[lanes]float32, block, in []float32) {
	*out = [lanes]float32{}
	for column, x := range in {
		for lane, weight := range block[column*lanes:][:lanes] {
			out[lane] += weight * x
		}
	}
}

// tanh is the hyperbolic tangent to within 1e-4, by Lambert's continued fraction;
// where that reaches 1, the limit takes over.
func tanh(x float32) float32 {
	if x > 4.97 {
		return 1
	}
	if x < -4.97 {
		return -1
	}
	s := x * x
	return x * (135135 + s*(17325+s*(378+s))) / (135135 + s*(62370+s*(3150+s*28)))
}

// sigmoid is the logistic function, by the same fraction.
func sigmoid(x float32) float32 { return 0.5 + 0.5*tanh(0.5*x) }

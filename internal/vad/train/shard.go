package train

import "math"

// shard is what one goroutine has: lanes of sequences, and the gradient of the
// weights over them.
type shard struct {
	weights, gradient *model
	back              *transposed
	steps             []step
	state             []vec // after the last frame of the segment before

	loss   float64 // summed over the segment, each frame by its weight
	weight float64 // the sum of these

	recurrent     []vec // scratch: [3*hidden]
	dState        []vec // [hidden]
	dNext         []vec
	dIn, dReturn  []vec // [3*hidden]: behind the input's product, behind the state's
	dDense        []vec // [dense]
	positive, low float32
}

// transposed is what carries gradients back through the products.
type transposed struct {
	inputW, stateW []float32
}

func (b *transposed) of(m *model) {
	transpose(b.inputW, m.inputW, 3*m.hidden, m.dense)
	transpose(b.stateW, m.stateW, 3*m.hidden, m.hidden)
}

// step is what one frame in every lane leaves for the way back.
type step struct {
	starts   vec // 0 where a sequence starts, else 1
	restarts bool
	target   vec // 1 for speech, 0 for silence
	weight   vec // in the loss, 0 for unscored

	features []vec
	dense    []vec
	previous []vec // the state before
	gates    []vec // reset, update, candidate
	returned []vec // the candidate's recurrent part, with its bias, before the reset gate
	logit    [1]vec
}

func newShard(weights *model, back *transposed, segment int, s Settings) *shard {
	m := weights
	sh := &shard{
		weights: m, back: back, gradient: newModel(m.inputs, m.dense, m.hidden),
		steps: make([]step, segment), state: make([]vec, m.hidden),
		recurrent: make([]vec, 3*m.hidden), dState: make([]vec, m.hidden), dNext: make([]vec, m.hidden),
		dIn: make([]vec, 3*m.hidden), dReturn: make([]vec, 3*m.hidden), dDense: make([]vec, m.dense),
		positive: float32(s.PositiveWeight), low: float32(s.Smoothing / 2),
	}
	for i := range sh.steps {
		sh.steps[i] = step{
			features: make([]vec, m.inputs), dense: make([]vec, m.dense), previous: make([]vec, m.hidden),
			gates: make([]vec, 3*m.hidden), returned: make([]vec, m.hidden),
		}
	}
	return sh
}

// run goes through the first frames of steps, forth and back. The state is carried
// over from segment to segment; the gradient is not.
func (sh *shard) run(frames int) {
	for i := range sh.steps[:frames] {
		sh.forward(&sh.steps[i])
	}
	clear(sh.gradient.all)
	clear(sh.dState)
	sh.loss, sh.weight = 0, 0
	for i := frames - 1; i >= 0; i-- {
		sh.backward(&sh.steps[i])
	}
}

func (sh *shard) forward(s *step) {
	m := sh.weights
	fill(s.dense, m.denseB)
	addProduct(s.dense, m.denseW, s.features)
	for i := range s.dense {
		for q := range s.dense[i] {
			for l, x := range s.dense[i][q] {
				s.dense[i][q][l] = tanh(x)
			}
		}
	}
	copy(s.previous, sh.state)
	if s.restarts {
		scale(s.previous, &s.starts)
	}
	fill(s.gates, m.gateB)
	addProduct(s.gates, m.inputW, s.dense)
	clear(sh.recurrent)
	addProduct(sh.recurrent, m.stateW, s.previous)
	fill(s.logit[:], m.outB)
	for i := range m.hidden {
		sh.unit(s, i)
	}
}

// scale multiplies every element by factors, lane by lane.
func scale(out []vec, factors *vec) {
	for i := range out {
		for q := range factors {
			for l, factor := range factors[q] {
				out[i][q][l] *= factor
			}
		}
	}
}

// unit completes the forward pass of one unit of the recurrent layer.
func (sh *shard) unit(s *step, i int) {
	h := sh.weights.hidden
	bias, out := sh.weights.resetB[i], sh.weights.outW[i]
	resets, updates, candidates := &s.gates[i], &s.gates[h+i], &s.gates[2*h+i]
	toReset, toUpdate, toCandidate := &sh.recurrent[i], &sh.recurrent[h+i], &sh.recurrent[2*h+i]
	previous, state, returned, logit := &s.previous[i], &sh.state[i], &s.returned[i], &s.logit[0]
	for q := range resets {
		for l := range resets[q] {
			reset := sigmoid(resets[q][l] + toReset[q][l])
			update := sigmoid(updates[q][l] + toUpdate[q][l])
			back := toCandidate[q][l] + bias
			candidate := tanh(candidates[q][l] + float32(reset*back))
			next := candidate + float32(update*(previous[q][l]-candidate))
			resets[q][l], updates[q][l], candidates[q][l] = reset, update, candidate
			returned[q][l], state[q][l] = back, next
			logit[q][l] += float32(out * next)
		}
	}
}

// backward adds the frame's part to the gradient. dState comes in as the
// gradient of the state behind the frame, and leaves as that of the state before.
func (sh *shard) backward(s *step) {
	m, g := sh.weights, sh.gradient
	dLogit := [1]vec{sh.judge(s)}
	addSums(g.outB, dLogit[:])
	clear(sh.dNext)
	for i := range m.hidden {
		sh.unitBack(s, &dLogit[0], i)
	}
	addSums(g.gateB, sh.dIn)
	addSums(g.resetB, sh.dReturn[2*m.hidden:])
	addOuter(g.inputW, sh.dIn, s.dense)
	addOuter(g.stateW, sh.dReturn, s.previous)
	addProduct(sh.dNext, sh.back.stateW, sh.dReturn)
	if s.restarts {
		scale(sh.dNext, &s.starts)
	}
	sh.dState, sh.dNext = sh.dNext, sh.dState

	clear(sh.dDense)
	addProduct(sh.dDense, sh.back.inputW, sh.dIn)
	for i := range sh.dDense {
		for q := range sh.dDense[i] {
			for l, x := range s.dense[i][q] {
				sh.dDense[i][q][l] *= 1 - float32(x*x)
			}
		}
	}
	addSums(g.denseB, sh.dDense)
	addOuter(g.denseW, sh.dDense, s.features)
}

// unitBack carries the gradient of one unit's state back to before its products.
func (sh *shard) unitBack(s *step, dLogit *vec, i int) {
	h := sh.weights.hidden
	out, dOut := sh.weights.outW[i], float32(0)
	resets, updates, candidates := &s.gates[i], &s.gates[h+i], &s.gates[2*h+i]
	previous, returned := &s.previous[i], &s.returned[i]
	dState, dNext := &sh.dState[i], &sh.dNext[i]
	dReset, dUpdate, dCandidate := &sh.dIn[i], &sh.dIn[h+i], &sh.dIn[2*h+i]
	for q := range resets {
		for l := range resets[q] {
			reset, update, candidate := resets[q][l], updates[q][l], candidates[q][l]
			apart := previous[q][l] - candidate
			dOut += float32(dLogit[q][l] * (candidate + float32(update*apart)))
			d := dState[q][l] + float32(out*dLogit[q][l])
			dNext[q][l] = float32(d * update)
			dUpdate[q][l] = float32(d*apart) * float32(update*(1-update))
			dc := float32(d*(1-update)) * (1 - float32(candidate*candidate))
			dCandidate[q][l] = dc
			dReset[q][l] = float32(dc*returned[q][l]) * float32(reset*(1-reset))
			sh.dReturn[2*h+i][q][l] = float32(dc * reset)
		}
	}
	sh.dReturn[i], sh.dReturn[h+i] = *dReset, *dUpdate
	sh.gradient.outW[i] += dOut
}

// judge returns the gradient of the loss by the logits, the weighted binary
// cross-entropy, and adds to the loss.
func (sh *shard) judge(s *step) (gradient vec) {
	for q := range gradient {
		for l := range gradient[q] {
			weight := s.weight[q][l]
			if weight == 0 {
				continue
			}
			target, logit := s.target[q][l], s.logit[0][q][l]
			if target > 0.5 {
				weight *= sh.positive
			}
			target = min(max(target, sh.low), 1-sh.low)
			gradient[q][l] = weight * (sigmoid(logit) - target)
			z := float64(logit)
			sh.loss += float64(weight) * (max(z, 0) - z*float64(target) + math.Log1p(math.Exp(-math.Abs(z))))
			sh.weight += float64(s.weight[q][l])
		}
	}
	return gradient
}

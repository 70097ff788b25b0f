package train

import "math"

// adam is the optimizer of Kingma and Ba, https://arxiv.org/abs/1412.6980, with
// the weight decay of Loshchilov and Hutter, https://arxiv.org/abs/1711.05101.
type adam struct {
	mean, square   []float32
	power1, power2 float64 // of both factors, by the number of updates
}

const (
	meanFactor   = 0.9
	squareFactor = 0.999
	adamEpsilon  = 1e-8
)

func newAdam(weights int) *adam {
	return &adam{mean: make([]float32, weights), square: make([]float32, weights), power1: 1, power2: 1}
}

func (a *adam) update(weights, gradient []float32, rate, decay float64) {
	a.power1 *= meanFactor
	a.power2 *= squareFactor
	step := float32(rate / (1 - a.power1))
	unbias := float32(1 / (1 - a.power2))
	keep := float32(1 - float64(rate*decay))
	for i, g := range gradient {
		mean := float32(meanFactor*a.mean[i]) + float32((1-meanFactor)*g)
		square := float32(squareFactor*a.square[i]) + float32((1-squareFactor)*float32(g*g))
		a.mean[i], a.square[i] = mean, square
		root := float32(math.Sqrt(float64(float32(square * unbias))))
		weights[i] = float32(weights[i]*keep) - float32(step*mean)/(root+adamEpsilon)
	}
}

// clip scales a gradient down to a Euclidean norm of at most limit.
func clip(gradient []float32, limit float64) {
	sum := 0.0
	for _, g := range gradient {
		sum += float64(float64(g) * float64(g))
	}
	if norm := math.Sqrt(sum); norm > limit {
		factor := float32(limit / norm)
		for i := range gradient {
			gradient[i] *= factor
		}
	}
}

// oneCycle is the learning rate of an update, as a share of the highest: up in the
// first quarter, then slowly down to nothing (Smith and Topin,
// https://arxiv.org/abs/1708.07120). Both ways are a cubic S, not a cosine: it
// is the same on every machine.
func oneCycle(update, of int) float64 {
	const first, rise = 0.04, 0.25
	x := (float64(update) + 0.5) / float64(of)
	if x < rise {
		return first + float64((1-first)*smooth(x/rise))
	}
	return 1 - smooth((x-rise)/(1-rise))
}

func smooth(x float64) float64 { return float64(x*x) * (3 - float64(2*x)) }

// average is the mean of the weights over the last updates: it evens out where the
// last few batches pulled them.
type average struct {
	sum   []float64
	count float64
}

func (a *average) add(weights []float32) {
	a.count++
	for i, w := range weights {
		a.sum[i] += float64(w)
	}
}

func (a *average) write(weights []float32) {
	for i := range weights {
		weights[i] = float32(a.sum[i] / a.count)
	}
}

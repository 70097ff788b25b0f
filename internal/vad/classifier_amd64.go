package vad

//go:noescape
func multiplySSE(out *[lanes]float32, block, in *float32, columns int)

// multiply is multiplyGeneric with the rows side by side, in registers.
func multiply(out *[lanes]float32, block, in []float32) {
	_ = block[lanes*len(in)-1]
	multiplySSE(out, &block[0], &in[0], len(in))
}

//go:build !amd64

package vad

func multiply(out *[lanes]float32, block, in []float32) { multiplyGeneric(out, block, in) }

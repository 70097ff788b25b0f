package vad

import (
	"math/rand/v2"
	"testing"
)

// The sums of a row are taken in the same order everywhere, so that what one
// processor hears another hears, too, but for those that fuse a product and a sum.
func TestMultiplyIsTheGenericOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for columns := 1; columns <= maxLayer; columns++ {
		block, in := make([]float32, lanes*columns), make([]float32, columns)
		for i := range block {
			block[i] = float32(rng.NormFloat64())
		}
		for i := range in {
			in[i] = float32(rng.NormFloat64())
		}
		got, want := [lanes]float32{1, 2, 3}, [lanes]float32{4, 5, 6}
		multiply(&got, block, in)
		multiplyGeneric(&want, block, in)
		if got != want {
			t.Fatalf("%d columns: %v; want %v", columns, got, want)
		}
	}
}

func TestPackedIsTheProduct(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	for _, size := range [][2]int{{1, 1}, {15, 3}, {16, 48}, {17, 5}, {72, 24}, {192, 64}} {
		matrix, in := make([]float32, size[0]*size[1]), make([]float32, size[1])
		for i := range matrix {
			matrix[i] = float32(rng.IntN(19) - 9) // whole numbers: no rounding
		}
		for i := range in {
			in[i] = float32(rng.IntN(19) - 9)
		}
		out := make([]float32, 3*maxLayer)
		packRows(matrix, size[1]).times(out, in)
		for row := range size[0] {
			var want float32
			for column, x := range in {
				want += matrix[row*size[1]+column] * x
			}
			if out[row] != want {
				t.Errorf("%v: row %d = %v; want %v", size, row, out[row], want)
			}
		}
	}
}

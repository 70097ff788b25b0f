package train

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// What is written for the processor must give the same bits as what is written in Go.
func TestProductsAreTheGenericOnes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	vecs := func(n int) []vec {
		all := make([]vec, n)
		for i := range all {
			for q := range all[i] {
				for l := range all[i][q] {
					all[i][q][l] = float32(rng.NormFloat64())
				}
			}
		}
		return all
	}
	for _, sizes := range [][2]int{{4, 4}, {24, 48}, {72, 24}, {2, 8}, {12, 64}} {
		rows, columns := sizes[0], sizes[1]
		matrix := make([]float32, rows*columns+1) // the last one must stay
		for i := range matrix {
			matrix[i] = float32(rng.NormFloat64())
		}
		in, d := vecs(columns), vecs(rows)
		got := vecs(rows)
		want := slices.Clone(got)
		addProduct(got, matrix, in)
		addProductGeneric(want, matrix, in)
		if !slices.Equal(got, want) {
			t.Errorf("%d rows of %d: the product differs", rows, columns)
		}
		gotMatrix, wantMatrix := slices.Clone(matrix), slices.Clone(matrix)
		addOuter(gotMatrix, d, in)
		addOuterGeneric(wantMatrix, d, in)
		if !slices.Equal(gotMatrix, wantMatrix) {
			t.Errorf("%d rows of %d: the outer product differs", rows, columns)
		}
		if slices.Equal(gotMatrix, matrix) || slices.Equal(got, d) {
			t.Errorf("%d rows of %d: nothing was added", rows, columns)
		}
	}
}

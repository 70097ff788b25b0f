package train

// Both take an even number of rows; addOuterSSE takes a multiple of four columns.
// Nothing may be empty.

//go:noescape
func addProductSSE(out *vec, matrix *float32, in *vec, rows, columns int)

//go:noescape
func addOuterSSE(matrix *float32, d, x *vec, rows, columns int)

func addProduct(out []vec, matrix []float32, in []vec) {
	_ = matrix[len(out)*len(in)-1]
	addProductSSE(&out[0], &matrix[0], &in[0], len(out), len(in))
}

func addOuter(matrix []float32, d, x []vec) {
	_ = matrix[len(d)*len(x)-1]
	addOuterSSE(&matrix[0], &d[0], &x[0], len(d), len(x))
}

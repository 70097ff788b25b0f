//go:build !amd64

package train

func addProduct(out []vec, matrix []float32, in []vec) { addProductGeneric(out, matrix, in) }

func addOuter(matrix []float32, d, x []vec) { addOuterGeneric(matrix, d, x) }

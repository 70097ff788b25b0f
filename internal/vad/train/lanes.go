package train

// What is computed is computed for a few sequences side by side, each in a lane of
// its own, so that a weight that was loaded is used for all of them. Two goroutines
// have lanes each; which lanes, and in which order their gradients are added, does
// not depend on the machine.
const (
	shards = 2
	lanes  = 16 // of each shard
)

// vec is one value in each lane of a shard, in quads: an index into a quad, or of
// one, needs no check when it is a constant or runs over it.
type vec [lanes / 4][4]float32

// The two products below are nearly all of the work; lanes_amd64.s has them with
// four lanes in a register and the same to the bit, by which training is six times as fast.
//
// All sums of products are written float32(a*b) + c, which forbids the compiler to
// fuse them (https://go.dev/ref/spec#Floating_point_operators): where it could,
// the result would depend on the architecture.

// addProductGeneric adds matrix times in to out. The matrix is by row, a row an
// element of out, of which there must be an even number.
func addProductGeneric(out []vec, matrix []float32, in []vec) {
	columns := len(in)
	for row := 0; row+1 < len(out); row += 2 {
		first := matrix[row*columns:][:columns]
		second := matrix[(row+1)*columns:][:columns]
		for q := range out[row] {
			a, b := &out[row][q], &out[row+1][q]
			a0, a1, a2, a3 := a[0], a[1], a[2], a[3]
			b0, b1, b2, b3 := b[0], b[1], b[2], b[3]
			for k := range in {
				x := &in[k][q]
				u, v := first[k], second[k]
				a0 += float32(u * x[0])
				a1 += float32(u * x[1])
				a2 += float32(u * x[2])
				a3 += float32(u * x[3])
				b0 += float32(v * x[0])
				b1 += float32(v * x[1])
				b2 += float32(v * x[2])
				b3 += float32(v * x[3])
			}
			a[0], a[1], a[2], a[3] = a0, a1, a2, a3
			b[0], b[1], b[2], b[3] = b0, b1, b2, b3
		}
	}
}

// addOuterGeneric adds the outer product of d and x, summed over the lanes, to a
// matrix whose rows belong to d: an even number of them, of a multiple of four columns.
func addOuterGeneric(matrix []float32, d, x []vec) {
	for row := range d {
		for column := range x {
			var sums [4]float32
			for q := range sums {
				for l, factor := range d[row][q] {
					sums[l] += float32(factor * x[column][q][l])
				}
			}
			matrix[row*len(x)+column] += (sums[0] + sums[2]) + (sums[1] + sums[3])
		}
	}
}

// addSums adds the sum over the lanes of each element of d to an element of out.
func addSums(out []float32, d []vec) {
	for i := range d {
		var sum float32
		for q := range d[i] {
			for _, x := range d[i][q] {
				sum += x
			}
		}
		out[i] += sum
	}
}

// fill sets all lanes of each element of out to one value.
func fill(out []vec, values []float32) {
	for i := range out {
		x := values[i]
		for q := range out[i] {
			out[i][q] = [4]float32{x, x, x, x}
		}
	}
}

// transpose writes the transpose of a matrix of rows and columns.
func transpose(out, matrix []float32, rows, columns int) {
	for row := range rows {
		for column := range columns {
			out[column*rows+row] = matrix[row*columns+column]
		}
	}
}

// tanh is the approximation that a vad.Network has, so that what is trained is what
// will run.
func tanh(x float32) float32 {
	if x > 4.97 {
		return 1
	}
	if x < -4.97 {
		return -1
	}
	s := float32(x * x)
	over := 135135 + float32(s*(17325+float32(s*(378+s))))
	under := 135135 + float32(s*(62370+float32(s*(3150+float32(s*28)))))
	return float32(x*over) / under
}

func sigmoid(x float32) float32 { return 0.5 + float32(0.5*tanh(float32(0.5*x))) }

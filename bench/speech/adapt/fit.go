package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"
)

// matrix leads from wide-band to telephone cepstra: telephone = matrix * wide.
type matrix [order]cepstrum

// speechRange is how far below the loudest frame of a sentence its speech goes, in
// units of the first cepstrum, which follows the logarithm of the energy.
const speechRange = 25

// ridge pulls the matrix towards no change where the sentences say little, as so
// much variance of every cepstrum would.
const ridge = 0.01

// pairs returns the speech frames of sentences in both versions, each less the
// mean of its sentence: the recogniser takes that away as well.
func pairs(from, to [][]cepstrum) (x, y []cepstrum) {
	for i := range from {
		first := len(x)
		loudest := math.Inf(-1)
		for _, frame := range from[i] {
			loudest = max(loudest, frame[0])
		}
		for j := range min(len(from[i]), len(to[i])) {
			if from[i][j][0] >= loudest-speechRange {
				x, y = append(x, from[i][j]), append(y, to[i][j])
			}
		}
		center(x[first:])
		center(y[first:])
	}
	return x, y
}

// center takes their mean from all frames.
func center(frames []cepstrum) {
	for j := range order {
		sum := 0.0
		for _, frame := range frames {
			sum += frame[j]
		}
		for i := range frames {
			frames[i][j] -= sum / float64(len(frames))
		}
	}
}

// fit returns the matrix with the least squared error over the speech in the
// sentences, and that error as a part of the telephone's energy.
func fit(from, to [][]cepstrum) (m matrix, rest float64) {
	x, y := pairs(from, to)
	var xx, yx matrix
	for k := range x {
		for i := range order {
			for j := range order {
				xx[i][j] += x[k][i] * x[k][j]
				yx[i][j] += y[k][i] * x[k][j]
			}
		}
	}
	for i := range order {
		xx[i][i] += ridge * float64(len(x))
		yx[i][i] += ridge * float64(len(x))
	}
	for i := range order {
		m[i] = solve(xx, yx[i]) // xx is symmetric
	}
	return m, m.rest(x, y)
}

// difference returns the error of doing nothing.
func difference(from, to [][]cepstrum) float64 {
	var identity matrix
	for i := range identity {
		identity[i][i] = 1
	}
	return identity.rest(pairs(from, to))
}

// rest returns the energy of y - m*x as a part of that of y.
func (m *matrix) rest(x, y []cepstrum) float64 {
	var missed, all float64
	for k := range x {
		for i := range order {
			made := 0.0
			for j := range order {
				made += m[i][j] * x[k][j]
			}
			missed += (y[k][i] - made) * (y[k][i] - made)
			all += y[k][i] * y[k][i]
		}
	}
	return missed / all
}

// solve returns v with a*v = b, by Gauss and Jordan with pivots.
func solve(a matrix, b cepstrum) cepstrum {
	for c := range order {
		pivot := c
		for r := c + 1; r < order; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[pivot][c]) {
				pivot = r
			}
		}
		a[c], a[pivot] = a[pivot], a[c]
		b[c], b[pivot] = b[pivot], b[c]
		for r := range order {
			if r == c {
				continue
			}
			factor := a[r][c] / a[c][c]
			for k := c; k < order; k++ {
				a[r][k] -= factor * a[c][k]
			}
			b[r] -= factor * b[c]
		}
	}
	for i := range b {
		b[i] /= a[i][i]
	}
	return b
}

// write writes the transform as the Sphinx tools do: one class of sounds; three
// streams of features, which are the cepstra and their first and second
// derivatives, so that the same matrix holds for each; of each stream its size,
// the matrix, what is added, and what the variances are multiplied with.
func (m *matrix) write(w io.Writer) error {
	const classes, streams = 1, 3
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%d\n%d\n", classes, streams)
	for range streams {
		fmt.Fprintln(out, order)
		for _, row := range m {
			for _, number := range row {
				fmt.Fprintf(out, " %.5f", number)
			}
			fmt.Fprintln(out)
		}
		fmt.Fprintln(out, strings.Repeat(" 0", order))
		fmt.Fprintln(out, strings.Repeat(" 1", order))
	}
	return out.Flush()
}

// Package spelling finds the word that somebody may have meant, among those that
// there are: for the hints of errors about settings, actions of flows and voices.
package spelling

import "iter"

// Nearest returns the word with the smallest [Distance] to what was written, of
// several the first in the alphabet, and that distance. Of no words it is "" and -1.
func Nearest(written string, words iter.Seq[string]) (word string, distance int) {
	distance = -1
	for w := range words {
		if d := Distance(written, w); distance < 0 || d < distance || d == distance && w < word {
			word, distance = w, d
		}
	}
	return word, distance
}

// Slip returns the nearest of the words if it is so near that the other may be a
// slip of the pen: at most a fourth of its bytes are otherwise.
func Slip(written string, words iter.Seq[string]) (word string, ok bool) {
	word, distance := Nearest(written, words)
	return word, distance > 0 && 4*distance <= len(word)
}

// Distance is the Levenshtein distance of a and b in bytes.
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// randomSentences returns sentences of loud frames, so that all of them are speech.
func randomSentences(count, frames int) [][]cepstrum {
	random := rand.New(rand.NewPCG(1, 2))
	list := make([][]cepstrum, count)
	for i := range list {
		list[i] = make([]cepstrum, frames)
		for j := range list[i] {
			for k := range order {
				list[i][j][k] = random.NormFloat64()
			}
		}
	}
	return list
}

// through applies a matrix and an offset, which the recogniser takes away.
func through(m matrix, offset float64, sentences [][]cepstrum) [][]cepstrum {
	out := make([][]cepstrum, len(sentences))
	for i := range sentences {
		out[i] = make([]cepstrum, len(sentences[i]))
		for j, frame := range sentences[i] {
			for r := range order {
				out[i][j][r] = offset
				for c := range order {
					out[i][j][r] += m[r][c] * frame[c]
				}
			}
		}
	}
	return out
}

func TestFitFindsTheMatrix(t *testing.T) {
	var want matrix
	random := rand.New(rand.NewPCG(3, 4))
	for i := range want {
		for j := range want[i] {
			want[i][j] = random.Float64() - 0.5
		}
		want[i][i]++
	}
	from := randomSentences(20, 200)
	to := through(want, 7, from)
	got, rest := fit(from, to)
	worst := 0.0
	for i := range want {
		for j := range want[i] {
			worst = max(worst, math.Abs(got[i][j]-want[i][j]))
		}
	}
	if worst > 0.02 || rest > 1e-3 {
		t.Errorf("given frames through a matrix, the worst entry of its fit is %.3f off and %.4f of the energy is left; want at most 0.02 and 0.001", worst, rest)
	}
	if before := difference(from, to); before < 10*rest {
		t.Errorf("difference without the matrix = %.4f, with it %.4f; want much more", before, rest)
	}
}

func TestFitOfNoChangeIsNoChange(t *testing.T) {
	from := randomSentences(5, 100)
	m, rest := fit(from, from)
	for i := range m {
		for j := range m[i] {
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(m[i][j]-want) > 1e-9 {
				t.Errorf("entry %d,%d = %v; want %v", i, j, m[i][j], want)
			}
		}
	}
	if rest > 1e-12 {
		t.Errorf("rest = %v; want none", rest)
	}
}

func TestOnlySpeechCounts(t *testing.T) {
	from := randomSentences(1, 50)
	to := through(matrix{}, 0, from)
	for i := range from[0] {
		if i%2 == 1 {
			from[0][i][0] -= 2 * speechRange
		}
	}
	x, y := pairs(from, to)
	if len(x) != 25 || len(y) != 25 {
		t.Errorf("%d and %d frames; want the 25 loud ones of 50", len(x), len(y))
	}
}

func TestParseCepstra(t *testing.T) {
	file := func(bytes binary.AppendByteOrder, count int, numbers ...float32) []byte {
		b := bytes.AppendUint32(nil, uint32(count))
		for _, number := range numbers {
			b = bytes.AppendUint32(b, math.Float32bits(number))
		}
		return b
	}
	numbers := make([]float32, 2*order)
	for i := range numbers {
		numbers[i] = float32(i)
	}
	want := make([]cepstrum, 2)
	for i := range numbers {
		want[i/order][i%order] = float64(i)
	}
	for _, bytes := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		got, err := parseCepstra(file(bytes, 2*order, numbers...))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v: parseCepstra of two frames = %v (-want +got):\n%s", bytes, err, diff)
		}
	}
	numbers[3] = float32(math.NaN())
	for name, bad := range map[string][]byte{
		"empty":        nil,
		"wrong count":  file(binary.LittleEndian, 5, 1, 2),
		"half a frame": file(binary.LittleEndian, 5, 1, 2, 3, 4, 5),
		"cut":          file(binary.LittleEndian, 2, 1, 2)[:9],
		"not a number": file(binary.BigEndian, 2*order, numbers...),
	} {
		if frames, err := parseCepstra(bad); err == nil {
			t.Errorf("parseCepstra of %s = %v; want an error", name, frames)
		}
	}
}

func TestWrite(t *testing.T) {
	var m matrix
	m[0][12] = -0.123456
	var out bytes.Buffer
	if err := m.write(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	// 2 of head; for each stream its size, the matrix, two rows; the end of the last line
	if want := 2 + 3*(1+order+2) + 1; len(lines) != want {
		t.Errorf("%d lines; want %d", len(lines), want)
	}
	if !strings.HasSuffix(lines[3], " -0.12346") || len(strings.Fields(lines[3])) != order {
		t.Errorf("first row = %q; want %d numbers, -0.12346 last", lines[3], order)
	}
}

// TestTransformIsTheOneInUse makes the transform again. Other versions of the
// synthesizers may move its numbers a little.
func TestTransformIsTheOneInUse(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	for _, program := range []string{"sphinx_fe", "espeak-ng", "text2wave"} {
		_, err := exec.LookPath(program)
		if err != nil && os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", program)
		}
		if err != nil {
			t.Skipf("%s is not installed: only those who change the transform need it", program)
		}
	}
	inUse, err := os.ReadFile("../../../internal/speech/telephone.mllr")
	if err != nil {
		t.Fatal(err)
	}
	var made, report bytes.Buffer
	if err := run(t.Context(), &made, &report); err != nil {
		t.Fatal(err)
	}
	if made.String() != string(inUse) {
		t.Errorf("the transform in use is not what adapt makes now (%s); run\n\tgo run ./bench/speech/adapt >internal/speech/telephone.mllr", strings.TrimSpace(report.String()))
	}
}

package vad

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// randomNetwork has weights of the size that training ends with.
func randomNetwork(seed uint64, inputs, dense, hidden int) *Network {
	rng := rand.New(rand.NewPCG(seed, 0))
	n := NewNetwork(inputs, dense, hidden)
	for _, weights := range n.Tensors() {
		for i := range weights {
			weights[i] = float32(rng.NormFloat64() * 0.4)
		}
	}
	return n
}

// slowStep is Step by the definition, in double precision.
func slowStep(n *Network, hidden []float64, inputs []float32) float64 {
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	dense := make([]float64, n.Dense)
	for i := range dense {
		sum := float64(n.DenseB[i])
		for j, x := range inputs {
			sum += float64(n.DenseW[i*n.Inputs+j]) * float64(x)
		}
		dense[i] = math.Tanh(sum)
	}
	row := func(i int) (in, back float64) {
		for j, x := range dense {
			in += float64(n.InputW[i*n.Dense+j]) * x
		}
		for j, h := range hidden {
			back += float64(n.StateW[i*n.Hidden+j]) * h
		}
		return in + float64(n.GateB[i]), back
	}
	next := make([]float64, n.Hidden)
	logit := float64(n.OutB[0])
	for i := range next {
		in, back := row(i)
		reset := logistic(in + back)
		in, back = row(n.Hidden + i)
		update := logistic(in + back)
		in, back = row(2*n.Hidden + i)
		candidate := math.Tanh(in + reset*(back+float64(n.ResetB[i])))
		next[i] = (1-update)*candidate + update*hidden[i]
		logit += float64(n.OutW[i]) * next[i]
	}
	copy(hidden, next)
	return logistic(logit)
}

func TestStepIsTheDefinition(t *testing.T) {
	for _, sizes := range [][3]int{{42, 24, 24}, {5, 3, 7}, {64, 64, 64}, {1, 1, 1}} {
		n := randomNetwork(1, sizes[0], sizes[1], sizes[2])
		rng := rand.New(rand.NewPCG(2, 0))
		var state State
		classifier := n.Compile()
		hidden := make([]float64, n.Hidden)
		inputs := make([]float32, n.Inputs)
		for frame := range 200 {
			for i := range inputs {
				inputs[i] = float32(rng.NormFloat64())
			}
			got, want := classifier.Step(&state, inputs), slowStep(n, hidden, inputs)
			if math.Abs(float64(got)-want) > 2e-3 {
				t.Fatalf("%v: frame %d: Step = %v; want %v", sizes, frame, got, want)
			}
		}
	}
}

func TestNetworkFile(t *testing.T) {
	want := randomNetwork(3, 6, 4, 5)
	file := want.Append([]byte("before"))[len("before"):]
	got, err := ReadNetwork(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a network written and read (-want +got):\n%s", diff)
	}
	nan := bytes.Clone(file)
	binary.LittleEndian.PutUint32(nan[len(nan)-4:], math.Float32bits(float32(math.NaN())))
	wide := bytes.Clone(file)
	wide[len(networkMagic)] = maxLayer + 1
	for name, bad := range map[string][]byte{
		"empty":           nil,
		"cut short":       file[:len(file)-1],
		"a byte more":     append(bytes.Clone(file), 0),
		"other magic":     append([]byte("lexvad\x00\x02"), file[len(networkMagic):]...),
		"a layer too big": wide,
		"not a number":    nan,
	} {
		if _, err := ReadNetwork(bad); err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
}

func FuzzReadNetwork(f *testing.F) {
	f.Add(randomNetwork(4, 3, 2, 2).Append(nil))
	f.Add([]byte(networkMagic))
	f.Fuzz(func(t *testing.T, file []byte) {
		n, err := ReadNetwork(file)
		if err != nil {
			return
		}
		if again := n.Append(nil); !bytes.Equal(again, file) {
			t.Errorf("a network of %d bytes is written anew as other bytes", len(file))
		}
	})
}

func TestTanh(t *testing.T) {
	for x := -12.0; x <= 12; x += 0.001 {
		if got, want := float64(tanh(float32(x))), math.Tanh(x); math.Abs(got-want) > 1e-4 || math.Abs(got) > 1 {
			t.Fatalf("tanh(%v) = %v; want %v", x, got, want)
		}
	}
}

func BenchmarkNetwork(b *testing.B) {
	classifier := randomNetwork(5, Features, 24, 32).Compile()
	var state State
	inputs := make([]float32, Features)
	for b.Loop() {
		classifier.Step(&state, inputs)
	}
}

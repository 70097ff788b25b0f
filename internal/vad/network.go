package vad

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Network is the classifier of a Detector: a dense layer (tanh), a gated
// recurrent unit after Cho et al., https://arxiv.org/abs/1406.1078 (in the form
// whose reset gate acts behind the recurrent product), and one logistic output.
// All matrices are by row, one row an output. Its fields are for the trainer;
// whoever runs it uses Compile.
type Network struct {
	Inputs, Dense, Hidden int

	DenseW []float32 // [Dense][Inputs]
	DenseB []float32 // [Dense]
	InputW []float32 // [3*Hidden][Dense]: reset gate, update gate, candidate
	StateW []float32 // [3*Hidden][Hidden]: the same
	GateB  []float32 // [3*Hidden]
	ResetB []float32 // [Hidden]: of the candidate's recurrent part, inside the reset gate
	OutW   []float32 // [Hidden]
	OutB   []float32 // [1]
}

const (
	networkMagic = "lexvad\x00\x01" // the last byte is the format's version
	maxLayer     = 64               // of Inputs, Dense and Hidden: what a Classifier has room for
)

// NewNetwork returns a network of these sizes whose weights are all zero. It
// panics on sizes outside of 1 to 64: they are a mistake in the program.
func NewNetwork(inputs, dense, hidden int) *Network {
	if min(inputs, dense, hidden) < 1 || max(inputs, dense, hidden) > maxLayer {
		panic(fmt.Sprintf("vad: no network of %d-%d-%d", inputs, dense, hidden))
	}
	n := &Network{Inputs: inputs, Dense: dense, Hidden: hidden}
	for _, tensor := range n.tensors() {
		*tensor.weights = make([]float32, tensor.size)
	}
	return n
}

type tensor struct {
	weights *[]float32
	size    int
}

// tensors lists the weights in the order of the file.
func (n *Network) tensors() []tensor {
	return []tensor{
		{&n.DenseW, n.Dense * n.Inputs},
		{&n.DenseB, n.Dense},
		{&n.InputW, 3 * n.Hidden * n.Dense},
		{&n.StateW, 3 * n.Hidden * n.Hidden},
		{&n.GateB, 3 * n.Hidden},
		{&n.ResetB, n.Hidden},
		{&n.OutW, n.Hidden},
		{&n.OutB, 1},
	}
}

// Tensors returns the weights, layer by layer: the same memory, for a trainer to
// change. The order is that of the file.
func (n *Network) Tensors() [][]float32 {
	var all [][]float32
	for _, tensor := range n.tensors() {
		all = append(all, *tensor.weights)
	}
	return all
}

// Append appends the network as a file: magic, the three sizes as bytes, then
// all weights as little-endian IEEE 754 single precision.
func (n *Network) Append(file []byte) []byte {
	file = append(file, networkMagic...)
	file = append(file, byte(n.Inputs), byte(n.Dense), byte(n.Hidden))
	for _, tensor := range n.tensors() {
		for _, weight := range *tensor.weights {
			file = binary.LittleEndian.AppendUint32(file, math.Float32bits(weight))
		}
	}
	return file
}

// ReadNetwork reads what Append wrote. It takes nothing else: a size out of
// range, a missing or spare byte, or a weight that is not a finite number is an error.
func ReadNetwork(file []byte) (*Network, error) {
	head := len(networkMagic) + 3
	if len(file) < head || string(file[:len(networkMagic)]) != networkMagic {
		return nil, errors.New("not a network of this version")
	}
	sizes := file[len(networkMagic):head]
	for _, size := range sizes {
		if size < 1 || size > maxLayer {
			return nil, fmt.Errorf("a layer of %d, which is not between 1 and %d", size, maxLayer)
		}
	}
	n := NewNetwork(int(sizes[0]), int(sizes[1]), int(sizes[2]))
	rest := file[head:]
	total := 0
	for _, tensor := range n.tensors() {
		total += tensor.size
	}
	if len(rest) != 4*total {
		return nil, fmt.Errorf("%d bytes of weights; want %d", len(rest), 4*total)
	}
	for _, tensor := range n.tensors() {
		for i := range *tensor.weights {
			weight := math.Float32frombits(binary.LittleEndian.Uint32(rest))
			if weight-weight != 0 {
				return nil, fmt.Errorf("a weight of %v", weight)
			}
			(*tensor.weights)[i], rest = weight, rest[4:]
		}
	}
	return n, nil
}

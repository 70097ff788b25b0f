package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"lexline/internal/vad/score"
)

// errNoCompiler says that cgo has nothing to compile with.
var errNoCompiler = errors.New("no C compiler")

// buildWebRTC builds the program of bench/hearing/webrtc, which is a module by
// itself. remove takes it away.
func buildWebRTC(ctx context.Context) (hear hearer, remove func(), err error) {
	if err := compiler(ctx); err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "lexline-webrtc-")
	if err != nil {
		return nil, nil, fmt.Errorf("build WebRTC's detector: %w", err)
	}
	remove = func() { os.RemoveAll(dir) }
	program := filepath.Join(dir, "webrtc")
	build := exec.CommandContext(ctx, "go", "build", "-C", "bench/hearing/webrtc", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if said, err := build.CombinedOutput(); err != nil {
		remove()
		return nil, nil, fmt.Errorf("build WebRTC's detector: %w: %s", err, bytes.TrimSpace(said))
	}
	return fromProgram(program), remove, nil
}

// compiler looks for the C compiler that cgo would run.
func compiler(ctx context.Context) error {
	cc, err := exec.CommandContext(ctx, "go", "env", "CC").Output()
	if err != nil {
		return fmt.Errorf("ask go for its C compiler: %w", err)
	}
	name, _, _ := strings.Cut(strings.TrimSpace(string(cc)), " ")
	if _, err := exec.LookPath(name); err != nil {
		return fmt.Errorf("%w: %w", errNoCompiler, err)
	}
	return nil
}

// fromProgram hears with a program that reads raw audio and writes a line for
// each frame. It is run anew for each file.
func fromProgram(path string) hearer {
	return func(ctx context.Context, near, _ []int16) (score.Output, error) {
		raw, err := binary.Append(nil, binary.LittleEndian, near)
		if err != nil {
			return score.Output{}, fmt.Errorf("hear with %s: %w", path, err)
		}
		var complaint bytes.Buffer
		program := exec.CommandContext(ctx, path)
		program.Stdin, program.Stderr = bytes.NewReader(raw), &complaint
		lines, err := program.Output()
		if err != nil {
			return score.Output{}, fmt.Errorf("hear with %s: %w: %s", path, err, bytes.TrimSpace(complaint.Bytes()))
		}
		return readLines(bytes.NewReader(lines))
	}
}

// readLines reads lines of probability, decision and open turn.
func readLines(r io.Reader) (out score.Output, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			return score.Output{}, fmt.Errorf("line %d of a detector: %q; want probability, decision, turn", n, lines.Text())
		}
		p, err := strconv.ParseFloat(fields[0], 32)
		if err != nil {
			return score.Output{}, fmt.Errorf("line %d of a detector: probability: %w", n, err)
		}
		for _, bit := range fields[1:] {
			if bit != "0" && bit != "1" {
				return score.Output{}, fmt.Errorf("line %d of a detector: %q; want 0 or 1", n, bit)
			}
		}
		out.Probability = append(out.Probability, float32(p))
		out.Decision = append(out.Decision, fields[1] == "1")
		out.Open = append(out.Open, fields[2] == "1")
	}
	if err := lines.Err(); err != nil {
		return score.Output{}, fmt.Errorf("read the lines of a detector: %w", err)
	}
	return out, nil
}

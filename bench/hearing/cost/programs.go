package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// program is one of those that are measured.
type program struct {
	name string
	args []string // with the path of the program
	bar  bool     // whether the bar is for it
}

// build builds the programs, the one that ratios are taken to first. WebRTC's
// is left out where its module cannot be built.
func build(ctx context.Context, dir, lexline string, in input, progress io.Writer) ([]program, error) {
	amplitude := filepath.Join(dir, "amplitude")
	if err := goBuild(ctx, ".", amplitude, "./bench/hearing/amplitude", "CGO_ENABLED=0"); err != nil {
		return nil, err
	}
	if lexline == "" {
		lexline = filepath.Join(dir, "lexline")
		if err := goBuild(ctx, ".", lexline, "./cmd/lexline", "CGO_ENABLED=0"); err != nil {
			return nil, err
		}
	}
	programs := []program{
		{name: "amplitude", args: []string{amplitude}},
		{name: "lexline hear --frames", args: []string{lexline, "hear", "--frames"}, bar: true},
		{name: "lexline hear --frames --far", args: []string{lexline, "hear", "--frames", "--far", in.far}},
	}
	webrtc := filepath.Join(dir, "webrtc")
	if err := goBuild(ctx, "bench/hearing/webrtc", webrtc, ".", "CGO_ENABLED=1"); err != nil {
		if os.Getenv("CI") != "" || ctx.Err() != nil {
			return nil, err
		}
		fmt.Fprintln(progress, "webrtc is left out:", err)
		return programs, nil
	}
	return append(programs, program{name: "webrtc", args: []string{webrtc}}), nil
}

func goBuild(ctx context.Context, module, to, path, cgo string) error {
	build := exec.CommandContext(ctx, "go", "build", "-C", module, "-trimpath", "-o", to, path)
	build.Env = append(os.Environ(), cgo)
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s of %s: %w: %s", path, module, err, bytes.TrimSpace(said))
	}
	return nil
}

// measure runs each program once for warming up and then once in each round, and
// returns the CPU times by program and round.
func measure(ctx context.Context, programs []program, in input, rounds int, progress io.Writer) ([][]time.Duration, error) {
	times := make([][]time.Duration, len(programs))
	for round := range rounds + 1 {
		for i, p := range programs {
			took, err := p.run(ctx, in)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				times[i] = append(times[i], took)
			}
		}
		if round == 0 {
			fmt.Fprintln(progress, "warmed up")
		} else {
			fmt.Fprintf(progress, "round %d of %d\n", round, rounds)
		}
	}
	return times, nil
}

// run gives the program its input and returns its CPU time, user and system. It is
// an error if there is not one line for each frame.
func (p program) run(ctx context.Context, in input) (time.Duration, error) {
	near, err := os.Open(in.near)
	if err != nil {
		return 0, fmt.Errorf("run %s: %w", p.name, err)
	}
	defer near.Close()
	var lines lineCounter
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = near, &lines, &complaint
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("run %s: %w: %s", p.name, err, bytes.TrimSpace(complaint.Bytes()))
	}
	if int(lines) != in.frames {
		return 0, fmt.Errorf("run %s: %d lines for %d frames", p.name, lines, in.frames)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// lineCounter counts the lines that are written to it.
type lineCounter int

func (c *lineCounter) Write(text []byte) (int, error) {
	*c += lineCounter(bytes.Count(text, []byte{'\n'}))
	return len(text), nil
}

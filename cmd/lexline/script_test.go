package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lexline": main})
}

// TestScripts runs the command lines in testdata/script, each a file that reads
// like a session at a terminal.
func TestScripts(t *testing.T) {
	if _, err := exec.LookPath("flite"); err != nil && os.Getenv("CI") != "" {
		t.Fatalf("the scripts need a voice: %v", err) // without one they skip what matters
	}
	bots, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", bots+"/../..")
			return nil
		},
	})
}

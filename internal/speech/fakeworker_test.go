package speech

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeWorkerEnv makes this test binary a worker; its value is how it starts.
const fakeWorkerEnv = "LEXLINE_TEST_WORKER"

// fakeWorkerProgram is the program of all fake workers; what is beside the link
// that it is called by tells one from the other. It is written before the first
// process starts, because a program that a forked process still has open for
// writing cannot be run (https://go.dev/issue/22315).
var fakeWorkerProgram string

func TestMain(m *testing.M) {
	if start := os.Getenv(fakeWorkerEnv); start != "" {
		os.Exit(fakeWorker(start))
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lexline-speech-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err == nil {
		fakeWorkerProgram = filepath.Join(dir, "worker")
		err = os.WriteFile(fakeWorkerProgram, fmt.Appendf(nil, fakeWorkerScript, fakeWorkerEnv, self), 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// A program with the race detector sleeps for a second before it exits, unless it
// is told not to (https://go.dev/doc/articles/race_detector).
const fakeWorkerScript = `#!/bin/sh
dir="${0%%/*}"
read -r start <"$dir/start"
case $start in
gated) read -r _ <"$dir/gate"; start=well ;;
parent) sleep 60 & echo $! >>"$dir/children"; start=well ;;
esac
export %[1]s="$start" %[1]s_TELL="$dir/told" GORACE=atexit_sleep_ms=0
exec '%[2]s'
`

// fakeWorker starts as it is told and then does what the word in each grammar
// says.
func fakeWorker(start string) int {
	open := func(Setup) (Decoder, error) { return obedient{}, nil }
	switch start {
	case "well":
	case "absent":
		open = func(Setup) (Decoder, error) { return nil, errors.New("PocketSphinx is not installed") }
	case "wrong version":
		_ = writeJSON(os.Stdout, helloMessage, hello{Version: 99, Engine: "fake"})
		return 0
	case "garbage":
		fmt.Println("INFO: pocketsphinx.c(152): Parsed model-specific feature parameters")
		forever()
	case "crash":
		fmt.Fprintln(os.Stderr, "cannot load it")
		return 3
	case "silent crash":
		return 3
	case "hang":
		forever()
	case "stubborn":
		_ = ServeWorker(os.Stdin, os.Stdout, open)
		forever()
	}
	if err := ServeWorker(os.Stdin, os.Stdout, open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// forever waits until the process is killed.
func forever() {
	never := make(chan os.Signal, 1)
	signal.Notify(never, syscall.SIGUSR2)
	<-never
}

// obedient is a decoder that does what the grammar says.
type obedient struct{}

func (obedient) Engine() string { return "obedient" }

var orderInGrammar = regexp.MustCompile(`<order> = (\w+);`)

func (obedient) Decode(grammar string, pcm []int16) (Hypothesis, error) {
	order := orderInGrammar.FindStringSubmatch(grammar)
	if order == nil {
		return Hypothesis{}, fmt.Errorf("no order in %q", grammar)
	}
	switch order[1] {
	case "refuse":
		return Hypothesis{}, errors.New("a word is not in the dictionary")
	case "crash":
		fmt.Fprintln(os.Stderr, "SIGSEGV: segmentation violation\n"+strings.Repeat("a long trace\n", 1000))
		os.Exit(2)
	case "hang":
		forever()
	case "tell": // opens a FIFO, which waits for a reader, and then hangs
		if err := os.WriteFile(os.Getenv(fakeWorkerEnv+"_TELL"), nil, 0); err != nil {
			return Hypothesis{}, err
		}
		forever()
	case "garbage":
		fmt.Println("INFO: fsg_search.c(227): 1000 frames")
	case "half":
		_, _ = io.WriteString(os.Stdout, "w\x00\x00\x00\x09abc")
		os.Exit(0)
	case "nonsense":
		_ = writeMessage(os.Stdout, heardMessage, []byte(`{"words": 5}`))
	}
	return Hypothesis{Words: fmt.Sprintf("pid%d", os.Getpid()), Score: len(pcm)}, nil
}

// order is a grammar that tells a fake worker what to do.
func order(word string) Grammar {
	return Grammar{Name: word, JSGF: "#JSGF V1.0;\ngrammar g;\npublic <order> = " + word + ";\n"}
}

// fake is the program of a fake worker. How it starts can be changed any time.
type fake struct {
	t        *testing.T
	path     string // of the program
	start    string // file that says how it starts
	gate     string // FIFO that the start "gated" reads a line of
	told     string // FIFO that the order "tell" opens
	children string // file with the processes that the start "parent" left
	model    string // folder of a model that has a dictionary
}

func newFake(t *testing.T) *fake {
	t.Helper()
	dir := t.TempDir()
	f := &fake{
		t: t, path: filepath.Join(dir, "worker"), start: filepath.Join(dir, "start"), gate: filepath.Join(dir, "gate"),
		told: filepath.Join(dir, "told"), children: filepath.Join(dir, "children"), model: filepath.Join(dir, "model"),
	}
	if err := os.Symlink(fakeWorkerProgram, f.path); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{
		filepath.Join(f.model, "cmudict-en-us.dict"): "no N OW\nyes Y EH S\n",
		filepath.Join(f.model, "en-us", "mdef"):      "",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, fifo := range []string{f.told, f.gate} {
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.starts("well")
	return f
}

// starts says how the next process starts.
func (f *fake) starts(how string) {
	f.t.Helper()
	if err := os.WriteFile(f.start, []byte(how+"\n"), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// config is that of a Recognizer with one fake worker and time to start it.
func (f *fake) config() RecognizerConfig {
	return RecognizerConfig{Worker: f.path, Words: []string{"yes", "no"}, Workers: 1, Model: f.model, Deadline: 30 * time.Second}
}

// recognizer returns a Recognizer that is closed at the end of the test.
func (f *fake) recognizer(cfg RecognizerConfig) *Recognizer {
	f.t.Helper()
	r, err := NewRecognizer(cfg)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := r.Close(); err != nil {
			f.t.Errorf("Close = %v", err)
		}
	})
	return r
}

// hears asks for an answer and returns the process that gave it.
func hears(t *testing.T, r *Recognizer) (pid int) {
	t.Helper()
	heard, err := r.Recognize(t.Context(), order("answer"), make([]int16, 100))
	if err != nil {
		t.Fatalf("Recognize = %v; want an answer", err)
	}
	if _, err := fmt.Sscanf(heard.Words, "pid%d", &pid); err != nil {
		t.Fatalf("heard %q; want the process", heard.Words)
	}
	return pid
}

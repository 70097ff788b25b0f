package speech

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func stop(pid int) error { return syscall.Kill(pid, syscall.SIGSTOP) }

// gone reports whether there is no such process, not even a zombie.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestCloseLeavesNothingBehind(t *testing.T) {
	f := newFake(t)
	use := func() (pids []int) {
		cfg := f.config()
		cfg.Workers = 3
		r, err := NewRecognizer(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"answer", "crash", "answer", "garbage", "answer", "answer"} {
			heard, err := r.Recognize(t.Context(), order(word), make([]int16, 100))
			if (err == nil) != (word == "answer") {
				t.Errorf("order %s: %v", word, err)
			}
			if pid, err := strconv.Atoi(strings.TrimPrefix(heard.Words, "pid")); err == nil {
				pids = append(pids, pid)
			}
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		}
		if _, err := r.Recognize(t.Context(), order("answer"), nil); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("after Close: Recognize = %v; want it closed", err)
		}
		return pids
	}
	use() // what the runtime keeps for itself is there now
	descriptors, goroutines := openDescriptors(t), runtime.NumGoroutine()
	pids := use()
	for _, pid := range pids {
		if !gone(pid) {
			t.Errorf("process %d of %v is still there", pid, pids)
		}
	}
	if got := openDescriptors(t); got != descriptors || len(pids) != 4 {
		t.Errorf("%d descriptors after the processes %v, %d before; want as many", got, pids, descriptors)
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > goroutines; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines; want %d as before", runtime.NumGoroutine(), goroutines)
		}
	}
}

// openDescriptors counts the descriptors of this process.
func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestCloseWaitsForWhatIsUnderWay closes while one utterance is listened to and
// another waits.
func TestCloseWaitsForWhatIsUnderWay(t *testing.T) {
	f := newFake(t)
	cfg := f.config()
	cfg.Deadline = 2 * time.Second
	r := f.recognizer(cfg)
	pid := hears(t, r)
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := r.Recognize(t.Context(), order("tell"), nil)
		first <- err
	}()
	if _, err := os.ReadFile(f.told); err != nil { // it is being listened to
		t.Fatal(err)
	}
	go func() {
		_, err := r.Recognize(t.Context(), order("answer"), nil)
		second <- err
	}()
	if err := r.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	select {
	case err := <-first:
		if !errors.Is(err, ErrWorkerLost) {
			t.Errorf("the utterance under way = %v; want it ended by its deadline", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("Close came back before the utterance under way")
	}
	if err := <-second; err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("the one that waited = %v; want it closed", err)
	}
	if !gone(pid) {
		t.Errorf("process %d is still there", pid)
	}
}

// TestCloseOfWorkersThatDoNotEnd closes one that goes on without its input, and
// one whose child holds on to its output.
func TestCloseOfWorkersThatDoNotEnd(t *testing.T) {
	for _, start := range []string{"stubborn", "parent"} {
		t.Run(start, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.starts(start)
			r := f.recognizer(f.config())
			t.Cleanup(func() { killAll(t, f.children) })
			pid := hears(t, r)
			begun := time.Now()
			if err := r.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
			if took := time.Since(begun); !gone(pid) || took > 10*time.Second {
				t.Errorf("Close took %v, process gone %v; want about a second, true", took, gone(pid))
			}
		})
	}
}

// killAll ends the processes whose numbers are in a file.
func killAll(t *testing.T, path string) {
	numbers, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	for number := range strings.FieldsSeq(string(numbers)) {
		pid, err := strconv.Atoi(number)
		if err == nil {
			err = syscall.Kill(pid, syscall.SIGKILL)
		}
		if err != nil {
			t.Errorf("end the child %q: %v", number, err)
		}
	}
}

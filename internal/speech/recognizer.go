package speech

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrWorkerLost says that a worker process ended or went silent over an
// utterance. Only that utterance is lost.
var ErrWorkerLost = errors.New("the speech worker was lost")

// telephone is the MLLR transform that makes the model hear telephones. The
// program in bench/speech/adapt makes it.
//
//go:embed telephone.mllr
var telephone string

// RecognizerConfig holds the settings of a Recognizer. Worker is required; a zero
// field means its default.
type RecognizerConfig struct {
	Worker   string        // path of the program lexline-speech
	Words    []string      // every word of every grammar, in small letters
	Workers  int           // processes, each one utterance at a time: 2
	Model    string        // folder with the acoustic model and its dictionary: Debian's
	Deadline time.Duration // for one utterance, waiting for a free worker included: 5 s
	Logger   *slog.Logger  // nil: no log
}

// debianModel is where Debian's pocketsphinx-en-us keeps its files.
const debianModel = "/usr/share/pocketsphinx/model/en-us"

// restartPause is how long a worker that failed to start is left alone, doubling
// up to restartCap.
const (
	restartPause = 200 * time.Millisecond
	restartCap   = 30 * time.Second
)

// Recognizer is a pool of worker processes that make words of speech. It is safe
// for several goroutines. Close it.
type Recognizer struct {
	// static
	cfg    RecognizerConfig
	setup  Setup
	words  int // in setup, without their variants
	log    *slog.Logger
	engine string
	idle   chan *worker // a place for each worker, running or not
	closed chan struct{}

	crashes, utterances atomic.Int64
	closing             sync.Once
}

// Status tells how a Recognizer is doing.
type Status struct {
	Engine     string // its name and version
	Workers    int    // processes
	Words      int    // in the dictionary
	Utterances int64  // recognised so far
	Crashes    int64  // workers lost so far
}

// String words the status for people.
func (s Status) String() string {
	text := fmt.Sprintf("%s, %d workers, %d words", s.Engine, s.Workers, s.Words)
	if s.Crashes > 0 {
		text += fmt.Sprintf(", %d crashes", s.Crashes)
	}
	return text
}

// NewRecognizer looks the words up and starts one worker, to see that the engine
// is there; the others start when they are needed. Its error says what is missing.
func NewRecognizer(cfg RecognizerConfig) (*Recognizer, error) {
	if cfg.Workers <= 0 {
		cfg.Workers = 2
	}
	if cfg.Model == "" {
		cfg.Model = debianModel
	}
	if cfg.Deadline == 0 {
		cfg.Deadline = 5 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	acoustic := filepath.Join(cfg.Model, "en-us")
	if _, err := os.Stat(filepath.Join(acoustic, "mdef")); err != nil {
		return nil, fmt.Errorf("find the acoustic model (Debian: pocketsphinx-en-us): %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), time.Minute, errors.New("not done within a minute"))
	defer cancel()
	words, err := dictionary(ctx, filepath.Join(cfg.Model, "cmudict-en-us.dict"), cfg.Words)
	if err != nil {
		return nil, err
	}
	r := &Recognizer{
		cfg: cfg, log: cfg.Logger,
		setup: Setup{Version: protocolVersion, Model: acoustic, Words: words, Adaptation: telephone},
		words: countWords(words),
		idle:  make(chan *worker, cfg.Workers), closed: make(chan struct{}),
	}
	first := &worker{}
	if err := r.start(ctx, first); err != nil {
		return nil, err
	}
	r.engine = first.engine
	r.idle <- first
	for range cfg.Workers - 1 {
		r.idle <- &worker{}
	}
	return r, nil
}

// Recognize returns what of grammar was said in pcm, 8 kHz mono. It waits for a
// free worker. A worker that does not answer within the deadline, or by the end
// of ctx, is killed; if it is lost in any way but by ctx being cancelled, the
// error is ErrWorkerLost. A grammar that is wrong costs no worker.
func (r *Recognizer) Recognize(ctx context.Context, grammar Grammar, pcm []int16) (Hypothesis, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.cfg.Deadline, fmt.Errorf("no words within %v", r.cfg.Deadline))
	defer cancel()
	hypothesis, err := r.recognize(ctx, grammar, pcm)
	if err != nil {
		return Hypothesis{}, fmt.Errorf("recognise speech with grammar %s: %w", grammar.Name, err)
	}
	r.utterances.Add(1)
	return hypothesis, nil
}

func (r *Recognizer) recognize(ctx context.Context, grammar Grammar, pcm []int16) (Hypothesis, error) {
	utterance := putUtterance(grammar.JSGF, pcm)
	if len(utterance) > maxMessage {
		return Hypothesis{}, fmt.Errorf("%d bytes of grammar and audio are more than %d", len(utterance), maxMessage)
	}
	w, err := r.take(ctx)
	if err != nil {
		return Hypothesis{}, err
	}
	defer func() { r.idle <- w }()
	answer, err := r.ask(ctx, w, utterance)
	if errors.Is(err, ErrWorkerLost) && errors.Is(err, syscall.EPIPE) {
		// It had ended while it had nothing to do and has heard nothing of this
		// utterance: another one loses none.
		answer, err = r.ask(ctx, w, utterance)
	}
	if err == nil && answer.Error != "" {
		err = errors.New(answer.Error)
	}
	return answer.Hypothesis, err
}

// ask has one utterance answered by w, which is started if it is not running.
func (r *Recognizer) ask(ctx context.Context, w *worker, utterance []byte) (heard, error) {
	if !w.running() {
		if err := r.start(ctx, w); err != nil {
			return heard{}, err
		}
	}
	answer, err := w.ask(ctx, utterance)
	if err == nil {
		return answer, nil
	}
	complaint := w.end()
	if errors.Is(ctx.Err(), context.Canceled) {
		return heard{}, err // nobody wants the answer any more
	}
	r.crashes.Add(1)
	r.log.Warn("speech worker lost", "err", err, "complaint", complaint)
	return heard{}, fmt.Errorf("%w: %w", ErrWorkerLost, err)
}

// take returns the next free worker, which the caller puts back.
func (r *Recognizer) take(ctx context.Context) (*worker, error) {
	select {
	case w := <-r.idle:
		if ctx.Err() == nil && !r.isClosed() {
			return w, nil
		}
		r.idle <- w // it was free, but it is too late
	case <-ctx.Done():
	case <-r.closed:
	}
	if r.isClosed() {
		return nil, errors.New("the recogniser is closed")
	}
	return nil, context.Cause(ctx)
}

func (r *Recognizer) isClosed() bool {
	select {
	case <-r.closed:
		return true
	default:
		return false
	}
}

// start starts a worker that is not running, unless it failed a moment ago.
func (r *Recognizer) start(ctx context.Context, w *worker) error {
	if pause := time.Until(w.retry); pause > 0 {
		return fmt.Errorf("the speech worker does not start; next try in %v", pause.Round(time.Millisecond))
	}
	err := w.start(ctx, r.cfg.Worker, r.setup)
	if err == nil {
		w.pause = 0
		return nil
	}
	if complaint := w.end(); complaint != "" {
		err = fmt.Errorf("%w: %s", err, complaint)
	}
	if !errors.Is(ctx.Err(), context.Canceled) { // else it is no fault of the worker's
		w.pause = min(max(2*w.pause, restartPause), restartCap)
		w.retry = time.Now().Add(w.pause)
	}
	return fmt.Errorf("start the speech worker: %w", err)
}

// Status returns how the Recognizer is doing. It does not block.
func (r *Recognizer) Status() Status {
	return Status{
		Engine: r.engine, Workers: r.cfg.Workers, Words: r.words,
		Utterances: r.utterances.Load(), Crashes: r.crashes.Load(),
	}
}

// Close waits for utterances under way, which their deadlines bound, and ends the
// workers. It may be called more than once.
func (r *Recognizer) Close() error {
	r.closing.Do(func() {
		close(r.closed)
		for range r.cfg.Workers {
			w := <-r.idle
			w.end()
		}
	})
	return nil
}

var _ io.Closer = (*Recognizer)(nil)

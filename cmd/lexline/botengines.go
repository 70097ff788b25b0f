package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"lexline/internal/botdef"
	"lexline/internal/nlu"
	"lexline/internal/speech"
)

// speechEngines are the speech engines of a local Lex; nil where there is none.
type speechEngines struct {
	recognizer       *speech.Recognizer
	recognizerState  string // for people
	synthesizer      *speech.Synthesizer
	synthesizerState string
}

// startEngines starts what speech engines there are. A missing one is said, it
// is no error.
func startEngines(o *botOptions, bots []*botdef.Bot, logger *slog.Logger) *speechEngines {
	e := &speechEngines{}
	e.synthesizer = speech.NewSynthesizer(speech.SynthConfig{})
	e.synthesizerState = "none: neither flite nor espeak-ng is installed, a tone stands for words"
	switch engine := e.synthesizer.Engine(); engine {
	case "":
		e.synthesizer = nil
	case "flite":
		e.synthesizerState = engine + ", voice " + o.voice
	default:
		e.synthesizerState = engine // has voices of its own
	}
	worker, err := speechWorkerPath(o.worker)
	if err != nil {
		e.recognizerState = "none: " + err.Error()
		return e
	}
	var words []string
	for _, bot := range bots {
		for _, locale := range bot.Locales {
			words = append(words, nlu.NewModel(locale).Words()...)
		}
	}
	e.recognizer, err = speech.NewRecognizer(speech.RecognizerConfig{
		Worker: worker, Words: words, Workers: runtime.NumCPU(), Logger: logger,
	})
	if err != nil {
		e.recognizer = nil
		e.recognizerState = "none: " + err.Error()
		return e
	}
	e.recognizerState = fmt.Sprint(e.recognizer.Status())
	return e
}

func (e *speechEngines) close() {
	if e.recognizer != nil {
		_ = e.recognizer.Close() // at the end there is nothing left to do about it
	}
}

// speechWorkerPath finds the recognizer's worker: as given, beside this
// program, or on the PATH.
func speechWorkerPath(given string) (string, error) {
	if given != "" {
		_, err := os.Stat(given)
		return given, err
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), "lexline-speech")
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath("lexline-speech")
	if err != nil {
		return "", errors.New("the program lexline-speech is neither beside this one nor on the PATH")
	}
	return path, nil
}

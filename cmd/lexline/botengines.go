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
	"lexline/internal/lexlocal"
	"lexline/internal/nlu"
	"lexline/internal/speech"
)

// speechEngines are the speech engines of a local Lex; nil where there is none.
type speechEngines struct {
	recognizer       *speech.Recognizer
	scripted         *lexlocal.Scripted // instead of recognizer
	recognizerState  string             // for people
	synthesizer      *speech.Synthesizer
	synthesizerState string
}

// startEngines starts what speech engines there are. A missing one is said, it
// is no error; a script that cannot be used is one.
func startEngines(o *botOptions, bots []*botdef.Bot, logger *slog.Logger) (*speechEngines, error) {
	e := &speechEngines{}
	e.startVoice(o.voice)
	if o.script == "" {
		e.startRecognizer(o, bots, logger)
		return e, nil
	}
	scripted, err := lexlocal.LoadScript(o.script)
	if err != nil {
		return nil, err
	}
	e.scripted = scripted
	e.recognizerState = fmt.Sprintf("script %s: %d known clips; it understands nothing else", o.script, scripted.Len())
	logger.Warn("speech is not recognised, only known clips are", "recognizer", e.recognizerState)
	return e, nil
}

func (e *speechEngines) startVoice(voice string) {
	if voice == "none" {
		e.synthesizerState = "none: as told, a tone stands for words"
		return
	}
	e.synthesizer = speech.NewSynthesizer(speech.SynthConfig{})
	switch engine := e.synthesizer.Engine(); engine {
	case "":
		e.synthesizer = nil
		e.synthesizerState = "none: neither flite nor espeak-ng is installed, a tone stands for words"
	case "flite":
		e.synthesizerState = engine + ", voice " + voice
	default:
		e.synthesizerState = engine // has voices of its own
	}
}

func (e *speechEngines) startRecognizer(o *botOptions, bots []*botdef.Bot, logger *slog.Logger) {
	if len(bots) == 0 {
		e.recognizerState = "none: there is no bot whose words it could learn"
		return
	}
	worker, err := speechWorkerPath(o.worker)
	if err != nil {
		e.recognizerState = "none: " + err.Error()
		return
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
		return
	}
	e.recognizerState = fmt.Sprint(e.recognizer.Status())
}

// serve gives a server the engines that there are.
func (e *speechEngines) serve(cfg *lexlocal.Config) {
	switch {
	case e.scripted != nil:
		cfg.Recognizer = e.scripted
	case e.recognizer != nil:
		cfg.Recognizer = e.recognizer
	}
	if e.synthesizer != nil {
		cfg.Synthesizer = e.synthesizer
	}
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

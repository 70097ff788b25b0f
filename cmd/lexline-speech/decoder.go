package main

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"lexline/internal/speech"
)

// maxGrammars bounds the compiled grammars that a decoder keeps.
const maxGrammars = 64

// decoder is PocketSphinx with its grammars. It implements speech.Decoder.
type decoder struct {
	lib      *library
	handle   uintptr
	grammars []string // names of those that are compiled, the latest used last
}

// insertionPenalty weighs every word. It is the balance between what is said
// outside the grammar and taken for something in it, and what is said in it and
// rejected.
const insertionPenalty = "1e-4"

// openDecoder loads the library and the model and teaches it the words.
func openDecoder(setup speech.Setup) (speech.Decoder, error) {
	lib, err := loadLibrary()
	if err != nil {
		return nil, err
	}
	lib.setLog(0) // the engine narrates; errors come back as results
	handle, err := lib.newHandle("-hmm", setup.Model, "-wip", insertionPenalty, "-remove_noise", "yes")
	if err != nil {
		return nil, err
	}
	d := &decoder{lib: lib, handle: handle}
	for _, form := range append(speech.RejectionWords(), setup.Words...) {
		if lib.addWord(handle, form.Word, form.Phones, 0) < 0 {
			return nil, fmt.Errorf("PocketSphinx refuses the word %q pronounced %q", form.Word, form.Phones)
		}
	}
	if setup.Adaptation != "" {
		if err := d.adapt(setup.Adaptation); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// adapt applies an MLLR transform. The library reads it from a file; a pipe is
// one that leaves nothing behind.
func (d *decoder) adapt(transform string) error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("hand over the transform: %w", err)
	}
	defer reader.Close()
	written := make(chan error, 1)
	go func() {
		_, err := writer.WriteString(transform)
		written <- errors.Join(err, writer.Close())
	}()
	loaded := d.lib.readTransform(fmt.Sprintf("/dev/fd/%d", reader.Fd()))
	reader.Close() // lets a writer go whose reader gave up
	if err := <-written; err != nil || loaded == 0 {
		return errors.Join(errors.New("PocketSphinx cannot read its transform"), err)
	}
	if d.lib.setTransform(d.handle, loaded) == 0 {
		return errors.New("PocketSphinx refuses its transform")
	}
	return nil
}

// Engine names the engine.
func (d *decoder) Engine() string { return "pocketsphinx" }

// Decode recognises one utterance; see speech.Decoder.
func (d *decoder) Decode(grammar string, pcm []int16) (speech.Hypothesis, error) {
	if err := d.use(grammar); err != nil {
		return speech.Hypothesis{}, err
	}
	if len(pcm) == 0 {
		return speech.Hypothesis{}, nil
	}
	// The decoder carries its estimate of the line from one utterance to the
	// next, and the next one is of another call.
	if d.lib.startStream(d.handle) < 0 || d.lib.startSpeech(d.handle) < 0 {
		return speech.Hypothesis{}, errors.New("PocketSphinx cannot begin an utterance")
	}
	processed := d.lib.process(d.handle, unsafe.SliceData(pcm), uintptr(len(pcm)), 0, 1)
	if d.lib.endSpeech(d.handle) < 0 { // in any case: the next one cannot begin before
		return speech.Hypothesis{}, errors.New("PocketSphinx cannot end an utterance")
	}
	if processed < 0 {
		return speech.Hypothesis{}, errors.New("PocketSphinx cannot process an utterance")
	}
	var score int32
	words := d.lib.hypothesis(d.handle, &score)
	return speech.Hypothesis{Words: words, Score: int(score)}, nil
}

// use makes grammar the one that is listened for, compiling it if it is new.
func (d *decoder) use(grammar string) error {
	name := grammarName(grammar)
	known := false
	for i, other := range d.grammars {
		if other == name {
			d.grammars = append(d.grammars[:i], d.grammars[i+1:]...)
			known = true
			break
		}
	}
	if !known {
		if d.lib.setJSGF(d.handle, name, grammar) < 0 {
			return errors.New("PocketSphinx refuses the grammar: a word is not in the dictionary, or it is not written as JSGF")
		}
	}
	d.grammars = append(d.grammars, name)
	if d.lib.setSearch(d.handle, name) < 0 {
		return errors.New("PocketSphinx cannot use the grammar")
	}
	if len(d.grammars) > maxGrammars {
		d.lib.unsetSearch(d.handle, d.grammars[0])
		d.grammars = d.grammars[1:]
	}
	return nil
}

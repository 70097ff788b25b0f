package speech

import (
	"errors"
	"fmt"
	"io"
)

// Decoder is a speech decoder as a worker has it: one utterance at a time.
type Decoder interface {
	// Engine names the engine and its version.
	Engine() string
	// Decode returns what of grammar was said in pcm, 16 kHz mono; the words are
	// empty when nothing was. Utterances have nothing to do with each other.
	Decode(grammar string, pcm []int16) (Hypothesis, error)
}

// ServeWorker is the worker's side of the protocol: it opens a decoder as it is
// told and answers utterances until in ends. A decoder that cannot be opened is
// reported to the other side as absent, with the reason, and is no error here.
func ServeWorker(in io.Reader, out io.Writer, open func(Setup) (Decoder, error)) error {
	var setup Setup
	if err := readJSON(in, setupMessage, &setup); err != nil {
		return fmt.Errorf("read the setup: %w", err)
	}
	answer := hello{Version: protocolVersion}
	var decoder Decoder
	err := fmt.Errorf("worker speaks version %d, its master %d", protocolVersion, setup.Version)
	if setup.Version == protocolVersion {
		decoder, err = open(setup)
	}
	if err != nil {
		answer.Absent = err.Error()
	} else {
		answer.Engine = decoder.Engine()
	}
	if err := writeJSON(out, helloMessage, answer); err != nil {
		return fmt.Errorf("say hello: %w", err)
	}
	if answer.Absent != "" {
		return nil
	}
	for {
		body, err := readMessage(in, utteranceMessage)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read an utterance: %w", err)
		}
		if err := writeJSON(out, heardMessage, decode(decoder, body)); err != nil {
			return fmt.Errorf("answer an utterance: %w", err)
		}
	}
}

// decode answers one utterance. What is said outside the grammar is no words.
func decode(decoder Decoder, body []byte) heard {
	jsgf, pcm, err := getUtterance(body)
	if err != nil {
		return heard{Error: err.Error()}
	}
	grammar, err := withRejection(jsgf)
	if err != nil {
		return heard{Error: err.Error()}
	}
	hypothesis, err := decoder.Decode(grammar, Widened(pcm))
	if err != nil {
		return heard{Error: err.Error()}
	}
	if rejected(hypothesis.Words) {
		hypothesis.Words = ""
	}
	return heard{Hypothesis: hypothesis}
}

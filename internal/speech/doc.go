// Package speech gives a local bot ears and a voice: a [Recognizer] makes words
// of telephone audio, a [Synthesizer] makes audio of words.
//
// The engines are programs of their own. Recognition is PocketSphinx
// (https://github.com/cmusphinx/pocketsphinx), whose library is loaded by worker
// processes (cmd/lexline-speech): a fault in C costs one answer and not the
// process that serves the calls. Synthesis is flite
// (http://www.festvox.org/flite/), or else espeak-ng, run once for each sentence.
// An engine that is not installed is an ordinary condition that is reported; no
// words are ever made up.
//
// Which words make sense at a point of a conversation is not known here: a
// recognition comes with its grammar.
package speech

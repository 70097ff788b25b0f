// Command mediapath measures what the media path of lexline costs: an unmodified
// `lexline serve` with many calls on it that carry line noise too quiet to be
// taken for speech, so that no bot is ever asked. What remains is the path that
// every frame of every call takes: websocket, message parsing, base64, speech
// detection, call logic.
//
// The cost is CPU time (user and system, of the whole process) per message that
// comes in. Machines differ and drift, so the figure that counts is a ratio: the
// same sender sends the same bytes, in turns within the same run, to a TCP server
// that only reads and discards them (bench/discard, called R).
//
// bench/README.md tells how to read and repeat the results.
package main

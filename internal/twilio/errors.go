package twilio

import "errors"

// What a Leg's errors, and the cause of a cancelled call's context, wrap.
var (
	// ErrLost says that the connection to the carrier broke, or that no audio came
	// from it any more.
	ErrLost = errors.New("media stream lost")
	// ErrProtocol says that the carrier's side broke the websocket or the Media
	// Streams protocol and was sent away.
	ErrProtocol = errors.New("media stream protocol broken")
	// ErrReplaced says that a newer stream of the same call took over.
	ErrReplaced = errors.New("replaced by a newer stream of the same call")
	// ErrShutdown says that the door is being closed.
	ErrShutdown = errors.New("door is shutting down")
)

package twilio

import "errors"

// What a Leg's errors, and the cause of a cancelled call's context, wrap, besides
// call.ErrBadPeer and call.ErrReplaced.
var (
	// ErrLost says that the connection to the carrier broke, or that no audio came
	// from it any more.
	ErrLost = errors.New("media stream lost")
	// ErrShutdown says that the door is being closed.
	ErrShutdown = errors.New("door is shutting down")
)

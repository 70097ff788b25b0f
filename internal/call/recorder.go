package call

// Recorder keeps the sound of one call: what came from the caller, and what they
// were played meanwhile. It belongs to the goroutine that runs the call.
type Recorder interface {
	// Frame takes one frame of both sides, each FrameBytes of mu-law that are valid
	// during the call only; far is nil while the caller is played nothing. It is
	// called for every frame that comes from the caller and must not block: a
	// recorder that cannot follow leaves something out.
	Frame(near, far []byte)
	// Close finishes the recording. It is called once, when the call has ended. Its
	// error says what is missing; the call logs it.
	Close() error
}

// closeRecorder finishes the recording, if there is one.
func (c *Call) closeRecorder() {
	if c.recorder == nil {
		return
	}
	if err := c.recorder.Close(); err != nil {
		c.log.Warn("recording incomplete", "err", err)
	}
}

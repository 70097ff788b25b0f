package twiliosim

import (
	"slices"
	"time"

	"lexline/internal/audio"
)

// openStream opens a media stream beside the call. A bidirectional one is the
// carrier's task until it is over.
func (c *call) openStream(noun *streamNoun, address string, twoWay bool) {
	s := newStream(newSID("MZ", c.ids), c.sid, c.cfg.Account, noun, twoWay)
	if noun.callback != "" {
		if told, flt := c.carrier.resolve("Stream", noun.callback); flt != nil {
			c.blame(flt)
		} else {
			s.told = told.String()
		}
	}
	c.streams = append(c.streams, s)
	if twoWay {
		c.busy, c.talking, c.playout = true, s, playout{}
	}
	c.work.Go(func() {
		conn, flt := c.web.websocket(c.alive, address)
		if flt != nil {
			c.deliver(func(c *call) { c.streamOver(s, flt) })
			return
		}
		socket := newSocket(conn)
		if !c.deliver(func(c *call) { c.streamOpen(s, socket, address) }) {
			_ = conn.CloseNow() // the call is over: nobody is told
			return
		}
		flt = socket.run(c.sockets, func(isText bool, message []byte) {
			c.deliver(func(c *call) { c.received(s, isText, message) })
		})
		c.deliver(func(c *call) { c.streamOver(s, flt) })
	})
}

func (c *call) streamOpen(s *stream, socket *socket, address string) {
	s.socket = socket
	if !slices.Contains(c.streams, s) { // stopped while it was being opened
		socket.finish()
		return
	}
	if s.twoWay {
		c.busy = false
	}
	c.tell(Event{Event: "stream", Stream: s.sid, URL: address, State: "opened", Verb: s.verb()})
	c.announceStream(s, "stream-started", nil)
	for _, message := range s.opening(c.position()) {
		c.send(s, message)
	}
}

// streamOver takes note that a stream ended from the other side, or never began.
func (c *call) streamOver(s *stream, flt *Fault) {
	if c.forget(s) {
		c.tell(Event{Event: "stream", Stream: s.sid, State: "closed", Verb: s.verb()})
		if flt != nil {
			c.announceStream(s, "stream-error", flt)
		}
		if s.socket != nil {
			c.announceStream(s, "stream-stopped", nil)
		}
		if s.twoWay {
			c.busy = false
			c.obey(c.carrier.streamOver(flt))
		} else if flt != nil {
			c.blame(flt)
		}
	}
}

// stopStream performs <Stop><Stream name>. An unknown name is no mistake: the
// stream may have ended by itself.
func (c *call) stopStream(name string) {
	for _, s := range slices.Clone(c.streams) {
		if !s.twoWay && s.noun.name == name {
			c.forget(s)
			c.endStream(s)
		}
	}
}

// endStream tells the application that a stream is over, and closes it.
func (c *call) endStream(s *stream) {
	if s.socket == nil {
		return
	}
	c.send(s, s.stop())
	s.socket.finish()
	c.tell(Event{Event: "stream", Stream: s.sid, State: "closed", Verb: s.verb()})
	c.announceStream(s, "stream-stopped", nil)
}

// forget takes a stream off the call and reports whether it was there.
func (c *call) forget(s *stream) bool {
	i := slices.Index(c.streams, s)
	if i < 0 {
		return false
	}
	c.streams = slices.Delete(c.streams, i, i+1)
	if s == c.talking {
		c.talking, c.playout = nil, playout{} // what was not heard yet is lost
		c.tellHeardEnd(c.hearing.end())
	}
	return true
}

func (s *stream) verb() string {
	if s.twoWay {
		return "Connect"
	}
	return "Start"
}

// received takes a message of the application.
func (c *call) received(s *stream, isText bool, message []byte) {
	if !slices.Contains(c.streams, s) {
		return
	}
	switch {
	case !s.twoWay:
		c.blame(fault(codeStreamProtocol, "the application sent a message on a one-way stream: %.60q", message))
		return
	case !isText:
		c.blame(fault(codeStreamBinary, "the application sent a binary message of %d bytes", len(message)))
		return
	}
	in, flt := parseInstruction(message, s.sid)
	if flt != nil {
		c.blame(flt)
		return
	}
	switch in.event {
	case "media":
		if dropped := c.playout.play(in.mulaw); dropped > 0 {
			c.blame(fault(codeStreamOverflow, "more audio than %v is waiting to be heard: %d bytes are lost", duration(maxBuffered), dropped))
		}
	case "mark":
		if !c.playout.mark(in.name) {
			c.blame(fault(codeStreamOverflow, "more than %d marks are outstanding: %.40q is lost", maxMarks, in.name))
		}
		c.returnMarks("heard", c.playout.due())
	case "clear":
		flushed, marks := c.playout.clear()
		c.tellHeardEnd(c.hearing.end())
		c.caller.cleared(c.frame)
		c.tell(Event{Event: "clear", Stream: s.sid, TookMS: duration(flushed).Milliseconds()})
		c.returnMarks("flushed", marks)
	}
}

// returnMarks sends marks of the bidirectional stream back; state is heard or flushed.
func (c *call) returnMarks(state string, names []string) {
	for _, name := range names {
		c.send(c.talking, c.talking.mark(name))
		c.tell(Event{Event: "mark", Stream: c.talking.sid, Name: name, State: state})
	}
}

// sendAudio sends a frame, or loses it when the application does not keep up.
func (c *call) sendAudio(s *stream, message []byte) {
	if !s.socket.send(message, true) {
		c.blame(fault(codeStreamOverflow, "the application reads too slowly: a frame is lost"))
	}
}

// send sends what must not be lost. When even the room kept for it is full, the
// connection is useless: it is dropped, which its reader reports.
func (c *call) send(s *stream, message []byte) {
	if !s.socket.send(message, false) {
		c.blame(fault(codeStreamOverflow, "the application does not read: the connection is dropped"))
		_ = s.socket.conn.CloseNow()
	}
}

// duration returns how long n bytes of mu-law sound.
func duration(n int) time.Duration { return time.Duration(n) * time.Second / audio.SampleRate }

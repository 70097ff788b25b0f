// Package twiliosim is the other side of a Twilio voice application: a
// telephone, the person who holds it, and the carrier between that person and
// the application.
//
// The carrier half does what Twilio does for an incoming call. It posts the
// signed webhook, performs the TwiML that comes back, opens the Media Streams
// websocket with its signature, and sends the caller's voice as 20 ms mu-law
// frames at the pace of real time, silence included. What the application sends
// back is played on a real-time clock: a mark returns when everything before it
// has been heard, and a clear empties the buffer and returns the outstanding
// marks at once. Each message of the application is checked as strictly as the
// documentation allows, and each breach is kept as a [Fault] with Twilio's error
// number. See https://www.twilio.com/docs/voice/media-streams/websocket-messages
// and https://www.twilio.com/docs/voice/twiml.
//
// The caller half performs a [Script]: it waits until the bot has stopped
// speaking, says or plays something, presses keys, interrupts, hangs up.
//
// One goroutine owns a call. It is clocked by frames: frame n is sent, and what
// the caller hears during frame n is chosen, n times 20 ms after the call began,
// however late frame n-1 was. The parts that decide something (TwiML, playout,
// hearing, script, messages) are free of goroutines, clocks and I/O, and are
// driven by that goroutine.
//
// Both directions of the call are recorded on the same clock and written as a
// stereo WAV file, the caller on the left, what the caller heard on the right,
// next to a JSON record of all that happened ([Record]).
//
// A caller may be handed over to a human by Dial or Enqueue: what becomes of those who
// are called is given beforehand ([Party]). And the phone serves the Calls resource of
// Twilio's REST API, by which an application redirects and ends its calls, and places
// calls of its own, which then ring here ([Phone.RESTURL], [Phone.Await]). It has the
// account's IncomingPhoneNumbers too, whose settings an application may read and change. Status
// callbacks are requested in the order of what they tell, and a webhook is retried and
// fails over as its URL's fragment and the fallback URL have it.
//
// Left out on purpose: verbs beside these (Record, Pay and so on are reported as not
// performed), the action of a verb that the caller's hang-up ended, and the tone of a pressed key, which Twilio takes out of the audio too.
//
// The package never imports the gateway's own implementation of this protocol:
// the two are written apart so that each checks the other.
package twiliosim

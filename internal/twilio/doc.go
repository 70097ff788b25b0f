// Package twilio is the door through which Twilio calls come in: the incoming
// call webhook, the Media Streams websocket, and the way back after a lost
// stream. It turns each accepted stream into a [call.Leg] and hands that to the
// function that runs calls; it knows nothing of bots.
//
// # A call, as Twilio sees it
//
//	POST /twiml          Twilio asks what to do with a call. The answer greets the
//	                     caller and opens a stream to /stream/TOKEN.
//	GET  /stream/TOKEN   a websocket: "connected", "start", then 50 "media" messages
//	                     a second, each 20 ms of the caller; "dtmf", "mark", "stop".
//	                     We send "media", "mark" and "clear".
//	POST /resume         asked when the stream has ended, for whatever reason. A call
//	                     that is over is hung up, handed over or sent on, as its
//	                     Termination says; any other gets a new stream.
//	POST /whisper/PASS   asked when a target has answered: what it is told.
//	POST /dialled/PASS   asked when a target was dialled: the call is hung up, another
//	                     target is tried, or the caller is back with the bot.
//	POST /status-callback
//	                     told what became of a call; counted and logged.
//	GET  /ping           200 while new calls are welcome, 503 while shutting down.
//
// The messages are described at https://www.twilio.com/docs/voice/media-streams/websocket-messages
// and the answers at https://www.twilio.com/docs/voice/twiml/stream.
//
// # Who is believed
//
// Webhooks and websocket handshakes carry a signature that only Twilio and the
// account's owner can make (https://www.twilio.com/docs/usage/security). It is
// checked against the configured public URL, never against what a request says
// about its host. The stream's path carries a token besides, made by us, for one
// call and one stream. The "start" message must name the call and the account
// of the token. What follows a stream is sealed in passes, so that any instance can
// answer; who shares Notes with others also knows what their calls ended with. Until all of that holds nothing outside this package is called.
//
// # What it costs
//
// A call has one goroutine, which reads the socket, undoes base64 and framing and
// runs the call itself. In the steady state that is one read and no allocation per
// message; no timer, lock or deadline is touched. One goroutine, the wheel, wakes
// the legs on which nothing arrives.
package twilio

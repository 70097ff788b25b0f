package twiliosim

import "time"

// Event is one thing that happened in a call. The record of a call is a list of
// them, and `lexline phone call --json` prints each as one line of JSON. Fields
// that an event does not have are left out. New events and fields may be added;
// those described here stay.
//
//	call          the call is placed: from, to, account, url, direction inbound or outbound-api
//	answered      an outbound call was answered: to
//	detected      machine detection came to its end: text (AnsweredBy)
//	twiml         a document came: url, verbs, took_ms (from the request on)
//	verb          a verb other than Say begins: verb, and text or url
//	say           Say begins to be heard: text
//	stream        a media stream: stream, url, state opened or closed; verb Connect or Start
//	speech_start  the caller begins to speak: text or files, line (of the script)
//	speech_end    the last frame with speech was sent: text or files, line
//	press         the caller pressed a key: key, line
//	heard_start   the caller begins to hear sound: source say, play or stream
//	heard_end     the sound is over: source, took_ms (its length)
//	mark          a mark returned: stream, name, state heard or flushed (by a clear)
//	clear         the application cleared the buffer: stream, took_ms (of audio thrown away)
//	dial          a party is called: leg, name (number, sip, client, queue, conference), to, from (callerId),
//	              state ringing; later answered, or what else became of it, a CallStatus; params of a client
//	whisper       the human hears, before they are connected: text or url
//	connected     caller and human are connected: leg, to
//	disconnected  ... and no longer: leg, to, took_ms
//	gather        a Gather is over: key (the keys collected), text (the words)
//	update        the application changed the call by its Calls resource: url or verbs, or state
//	callback      a status callback was requested: url, state (what it told), status ok or failed, and then code,
//	              text; may come behind end
//	failover      a document could not be had or performed, and the fallback URL is asked: url, code, text
//	fault         the application made a mistake: code (Twilio's error number), text
//	end           the call is over: result ok or fault, reason (an End constant), status (the last CallStatus), text, took_ms (the whole call)
//
// Time is the instant at which the thing happened. heard_end is known, and so
// given, only when 300 ms of silence have followed: its Time is then earlier than
// that of events given before it. The end of a stretch that is cut off by the end
// of the call is given before end.
type Event struct {
	Time      time.Time `json:"time"`
	Call      string    `json:"call"`            // CallSid
	Event     string    `json:"event"`           // what happened, as listed above
	AtMS      int64     `json:"at_ms"`           // where it is in the WAV file
	Text      string    `json:"text,omitempty"`  // words
	Files     []string  `json:"files,omitempty"` // sound files
	Line      int       `json:"line,omitempty"`  // of the script
	Key       string    `json:"key,omitempty"`
	Source    string    `json:"source,omitempty"` // of sound that is heard
	Verb      string    `json:"verb,omitempty"`
	Verbs     []string  `json:"verbs,omitempty"`
	URL       string    `json:"url,omitempty"`
	Stream    string    `json:"stream,omitempty"` // StreamSid
	Name      string    `json:"name,omitempty"`   // of a mark
	State     string    `json:"state,omitempty"`
	TookMS    int64     `json:"took_ms,omitempty"`
	Code      int       `json:"code,omitempty"`
	From      string    `json:"from,omitempty"`
	To        string    `json:"to,omitempty"`
	Direction string    `json:"direction,omitempty"`
	Leg       string    `json:"leg,omitempty"` // CallSid of the call to a party

	Params map[string]string `json:"params,omitempty"`

	Account string `json:"account,omitempty"` // AccountSid
	Result  string `json:"result,omitempty"`
	Status  string `json:"status,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Results of a call.
const (
	ResultOK    = "ok"    // the script was done to its end, and nothing was at fault
	ResultFault = "fault" // something was at fault, or the script was not done
)

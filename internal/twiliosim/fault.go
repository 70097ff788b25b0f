package twiliosim

import "fmt"

// The error numbers of Twilio that the carrier reports. Each is explained at
// https://www.twilio.com/docs/api/errors/NUMBER.
const (
	codeRetrieval        = 11200 // the webhook answered with an error, or not in time
	codeConnection       = 11205 // the webhook could not be reached
	codeTooLarge         = 11750 // a TwiML document of more than 64 KB
	codeParse            = 12100 // the document is not XML, or not a Response
	codeSchema           = 12200 // a verb, noun or attribute that TwiML does not have
	codeContentType      = 12300 // the webhook's answer, or a sound to play, is of the wrong type
	codeRelative         = 15004 // a relative URL in TwiML that came with an update, and so has no place of its own
	codeDialInDial       = 13201 // a Dial in what a human is told before they are connected
	codeDialMethod       = 13210
	codeDialTimeout      = 13212
	codeDialHangupOnStar = 13213
	codeDialCallerID     = 13214
	codeDialNested       = 13215 // what a Dial holds is none of those whom it can call
	codeDialTimeLimit    = 13216
	codeNumberMethod     = 13221
	codeDialNumber       = 13223 // not a number in E.164 form
	codeDialSIP          = 13241
	codeDialClient       = 13242
	codeGatherFinish     = 13310
	codeGatherMethod     = 13312
	codeGatherTimeout    = 13313
	codeGatherDigits     = 13314
	codeGatherNested     = 13320
	codeGatherEmpty      = 13338
	codeStreamTimeout    = 31901 // the websocket server cannot be reached, or does not answer
	codeStreamBroken     = 31903 // the websocket ended without a closing handshake
	codeStreamTLS        = 31910 // the websocket server's certificate or TLS is not acceptable
	codeStreamHandshake  = 31920 // the websocket handshake was answered with something else than 101
	codeStreamClosed     = 31921 // the server closed the websocket and said that something was wrong
	codeStreamScheme     = 31922 // the stream's URL is not wss
	codeStreamProtocol   = 31924 // the server broke the websocket protocol, or sent on a one-way stream
	codeStreamOverflow   = 31930 // the server reads too slowly, or sent more than can be buffered
	codeStreamBinary     = 31950 // the server sent a binary message
	codeStreamMessage    = 31951 // the server sent a message that is not one of Media Streams
)

// Fault is a mistake of the application that is being called, as the carrier
// would report it. Code is Twilio's error number, or 0 for what has none.
type Fault struct {
	Code int
	Text string
}

func fault(code int, format string, args ...any) *Fault {
	return &Fault{Code: code, Text: fmt.Sprintf(format, args...)}
}

func (f *Fault) Error() string {
	if f.Code == 0 {
		return f.Text
	}
	return fmt.Sprintf("%d: %s", f.Code, f.Text)
}

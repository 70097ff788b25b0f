package main

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// carrier is the part of Twilio that brings calls to a gateway.
type carrier struct {
	publicURL string // of the gateway
	authToken string
	account   string
	client    *http.Client
}

// sign returns the X-Twilio-Signature of a request,
// https://www.twilio.com/docs/usage/security#validating-requests.
func (c *carrier) sign(address string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(c.authToken))
	io.WriteString(mac, address)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		io.WriteString(mac, name+strings.Join(form[name], ""))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// twiml is what a caller needs of the gateway's instructions.
type twiml struct {
	Stream struct {
		URL        string `xml:"url,attr"`
		Parameters []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"Parameter"`
	} `xml:"Connect>Stream"`
}

// announce tells the gateway of a call, as the incoming-call webhook does.
func (c *carrier) announce(ctx context.Context, callSID string) (twiml, error) {
	form := url.Values{
		"CallSid": {callSID}, "AccountSid": {c.account}, "From": {"+15005550006"}, "To": {"+15005550001"},
		"CallStatus": {"ringing"}, "ApiVersion": {"2010-04-01"}, "Direction": {"inbound"},
	}
	address := c.publicURL + "/twiml"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return twiml{}, fmt.Errorf("announce a call: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	request.Header.Set("X-Twilio-Signature", c.sign(address, form))
	response, err := c.client.Do(request)
	if err != nil {
		return twiml{}, fmt.Errorf("announce a call: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return twiml{}, fmt.Errorf("announce a call: %w", err)
	}
	var answer twiml
	if response.StatusCode != http.StatusOK {
		return twiml{}, fmt.Errorf("announce a call: answered %s: %.200s", response.Status, body)
	}
	if err := xml.Unmarshal(body, &answer); err != nil || answer.Stream.URL == "" {
		return twiml{}, fmt.Errorf("announce a call: no stream in the answer %.300s", body)
	}
	return answer, nil
}

// caller is one call with an open stream.
type caller struct {
	callSID, streamSID, account string
	conn                        net.Conn
	listening                   chan struct{} // closed when listen has returned
	leaving                     atomic.Bool   // the end of the stream is expected

	// owned by listen until listening is closed
	heard int   // messages that the gateway sent
	err   error // why the stream ended before its time
}

// open places the nth call: webhook, handshake, "connected" and "start".
func (c *carrier) open(ctx context.Context, n int) (*caller, error) {
	call := &caller{
		callSID: fmt.Sprintf("CA%032x", n), streamSID: streamSID(n), account: c.account,
		listening: make(chan struct{}),
	}
	instructions, err := c.announce(ctx, call.callSID)
	if err != nil {
		return nil, err
	}
	address := instructions.Stream.URL
	conn, reader, err := dialWebsocket(ctx, address, http.Header{"X-Twilio-Signature": {c.sign(address, nil)}})
	if err != nil {
		return nil, err
	}
	call.conn = conn
	parameters := map[string]string{}
	for _, p := range instructions.Stream.Parameters {
		parameters[p.Name] = p.Value
	}
	go call.listen(reader)
	err = call.send(map[string]any{"event": "connected", "protocol": "Call", "version": "1.0.0"})
	if err == nil {
		err = call.send(map[string]any{
			"event": "start", "sequenceNumber": "1", "streamSid": call.streamSID,
			"start": map[string]any{
				"accountSid": c.account, "streamSid": call.streamSID, "callSid": call.callSID,
				"tracks": []string{"inbound"}, "customParameters": parameters,
				"mediaFormat": map[string]any{"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
			},
		})
	}
	if err != nil {
		call.hangUp(0)
		return nil, fmt.Errorf("start the stream: %w", err)
	}
	return call, nil
}

func streamSID(n int) string { return fmt.Sprintf("MZ%032x", n) }

func (c *caller) send(message map[string]any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = c.conn.Write(clientFrame(opText, text))
	return err
}

// listen answers pings and notices when the gateway ends the stream.
func (c *caller) listen(r *bufio.Reader) {
	defer close(c.listening)
	for {
		opcode, payload, err := readFrame(r)
		switch {
		case err != nil && c.leaving.Load():
			return
		case err != nil:
			c.err = fmt.Errorf("stream of %s: %w", c.callSID, err)
			return
		case opcode == opPing:
			_, err = c.conn.Write(clientFrame(opPong, payload))
		case opcode == opClose && !c.leaving.Load():
			code := uint16(0)
			if len(payload) >= 2 {
				code = binary.BigEndian.Uint16(payload)
				payload = payload[2:]
			}
			c.err = fmt.Errorf("stream of %s: gateway closed it with %d %s", c.callSID, code, payload)
			return
		case opcode == opClose:
			return
		default:
			c.heard++
		}
		if err != nil && !c.leaving.Load() {
			c.err = fmt.Errorf("stream of %s: %w", c.callSID, err)
			return
		}
	}
}

// ended returns why the stream ended if it did, else nil.
func (c *caller) ended() error {
	select {
	case <-c.listening:
		return c.err
	default:
		return nil
	}
}

// hangUp ends the stream as Twilio does when the caller hangs up, and waits for
// the gateway's side. sequence is the number of the last message sent.
func (c *caller) hangUp(sequence uint64) error {
	c.leaving.Store(true)
	err := c.send(map[string]any{
		"event": "stop", "sequenceNumber": fmt.Sprint(sequence + 1), "streamSid": c.streamSID,
		"stop": map[string]string{"accountSid": c.account, "callSid": c.callSID},
	})
	// The gateway may be the first to close, then nobody reads these.
	c.conn.Write(clientFrame(opClose, []byte{0x03, 0xE8})) // 1000: done
	c.conn.SetReadDeadline(time.Now().Add(handshakeTimeout))
	<-c.listening
	c.conn.Close()
	return errors.Join(c.err, err)
}

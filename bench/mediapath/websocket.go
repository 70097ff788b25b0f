package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// The client side of RFC 6455, as little of it as a caller needs.
const (
	finalBit = 0x80
	maskBit  = 0x80
	opText   = 0x1
	opClose  = 0x8
	opPing   = 0x9
	opPong   = 0xA

	acceptGUID       = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	handshakeTimeout = 10 * time.Second
)

// dialWebsocket opens a websocket at a ws:// address. The reader may hold bytes
// that came with the answer.
func dialWebsocket(ctx context.Context, address string, header http.Header) (net.Conn, *bufio.Reader, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "ws" {
		return nil, nil, fmt.Errorf("stream address %q: want ws://", address)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, nil, fmt.Errorf("open stream: %w", err)
	}
	reader, err := handshake(conn, u, header)
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("websocket handshake: %w", err)
	}
	return conn, reader, nil
}

func handshake(conn net.Conn, u *url.URL, header http.Header) (*bufio.Reader, error) {
	var nonce [16]byte
	rand.Read(nonce[:])
	key := base64.StdEncoding.EncodeToString(nonce[:])
	request := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: u.Host, Path: u.Path, RawPath: u.RawPath}, Header: header.Clone()}
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", "websocket")
	request.Header.Set("Sec-Websocket-Version", "13")
	request.Header.Set("Sec-Websocket-Key", key)
	if err := conn.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, err
	}
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	// Small, for there is one for each call and little to read.
	reader := bufio.NewReaderSize(conn, 512)
	response, err := http.ReadResponse(reader, request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("answered %s", response.Status)
	}
	sum := sha1.Sum([]byte(key + acceptGUID))
	if got, want := response.Header.Get("Sec-Websocket-Accept"), base64.StdEncoding.EncodeToString(sum[:]); got != want {
		return nil, fmt.Errorf("got accept key %q, want %q", got, want)
	}
	return reader, conn.SetDeadline(time.Time{})
}

// clientFrame returns a message of under 64 KiB as one masked frame.
func clientFrame(opcode byte, payload []byte) []byte {
	b := []byte{finalBit | opcode}
	switch {
	case len(payload) < 126:
		b = append(b, maskBit|byte(len(payload)))
	default:
		b = append(b, maskBit|126)
		b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	}
	var key [4]byte
	rand.Read(key[:])
	b = append(b, key[:]...)
	start := len(b)
	b = append(b, payload...)
	mask(b[start:], binary.LittleEndian.Uint32(key[:]))
	return b
}

// readFrame reads one unmasked frame of up to 64 KiB.
func readFrame(r *bufio.Reader) (opcode byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	length := int(head[1])
	switch {
	case length&maskBit != 0:
		return 0, nil, errors.New("masked frame from a server")
	case length == 126:
		var long [2]byte
		if _, err := io.ReadFull(r, long[:]); err != nil {
			return 0, nil, err
		}
		length = int(binary.BigEndian.Uint16(long[:]))
	case length == 127:
		return 0, nil, errors.New("frame of more than 64 KiB")
	}
	payload = make([]byte, length)
	_, err = io.ReadFull(r, payload)
	return head[0] & 0xF, payload, err
}

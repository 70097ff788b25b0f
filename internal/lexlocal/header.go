package lexlocal

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Limits of the headers of RecognizeUtterance, from
// https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html.
const (
	maxHeaders    = 16 << 10 // all headers of a request together
	maxLexHeaders = 12 << 10 // session state and request attributes together
)

// maxInflated bounds what a compressed header may unpack to, so that a few
// bytes cannot fill the memory.
const maxInflated = 1 << 20

const (
	headerSessionState      = "X-Amz-Lex-Session-State"
	headerRequestAttributes = "X-Amz-Lex-Request-Attributes"
	headerMessages          = "X-Amz-Lex-Messages"
	headerInterpretations   = "X-Amz-Lex-Interpretations"
	headerTranscript        = "X-Amz-Lex-Input-Transcript"
	headerInputMode         = "X-Amz-Lex-Input-Mode"
	headerSessionID         = "X-Amz-Lex-Session-Id"
)

// zippers keeps compressors: a new one clears most of a megabyte of memory,
// which takes longer than all the rest of an answer.
var zippers = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

// packHeader returns v as Lex puts it into a header: JSON, gzip, base64.
func packHeader(v any) (string, error) {
	var packed bytes.Buffer
	zip := zippers.Get().(*gzip.Writer)
	defer zippers.Put(zip)
	zip.Reset(&packed)
	if err := json.NewEncoder(zip).Encode(v); err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	if err := zip.Close(); err != nil {
		return "", fmt.Errorf("compress: %w", err)
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

// unpackHeader reads a header value that packHeader, or any client of Lex,
// wrote, into v. The error says which of the layers is wrong.
func unpackHeader(value string, v any) error {
	packed, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return fmt.Errorf("is not base64: %w", err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("is not gzip: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(zip, maxInflated+1))
	if err != nil {
		return fmt.Errorf("is not gzip: %w", err)
	}
	if len(text) > maxInflated {
		return fmt.Errorf("unpacks to more than %d bytes", maxInflated)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("is not the expected JSON: %w", err)
	}
	return nil
}

// readLexHeaders returns the session state and the request attributes that a
// RecognizeUtterance request carries in its headers; nil for absent ones.
func readLexHeaders(h http.Header) (*sessionState, map[string]string, error) {
	if n := headerBytes(h); n > maxHeaders {
		return nil, nil, invalid("the headers hold %d bytes, at most %d are allowed", n, maxHeaders)
	}
	stateText, attributesText := h.Get(headerSessionState), h.Get(headerRequestAttributes)
	if n := len(stateText) + len(attributesText); n > maxLexHeaders {
		return nil, nil, invalid("%s and %s hold %d bytes, at most %d are allowed",
			headerSessionState, headerRequestAttributes, n, maxLexHeaders)
	}
	var state *sessionState
	var attributes map[string]string
	if stateText != "" {
		if err := unpackHeader(stateText, &state); err != nil {
			return nil, nil, invalid("header %s %v", headerSessionState, err)
		}
	}
	if attributesText != "" {
		if err := unpackHeader(attributesText, &attributes); err != nil {
			return nil, nil, invalid("header %s %v", headerRequestAttributes, err)
		}
	}
	return state, attributes, nil
}

func headerBytes(h http.Header) int {
	n := 0
	for name, values := range h {
		n += len(values)*(len(name)+len(": \r\n")) + len(strings.Join(values, ""))
	}
	return n
}

// setPacked sets a compressed header on an answer.
func setPacked(h http.Header, name string, v any) error {
	packed, err := packHeader(v)
	if err != nil {
		return fmt.Errorf("header %s: %w", name, err)
	}
	h.Set(name, packed)
	return nil
}

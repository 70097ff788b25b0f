package lex

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Lex packs the structured fields of RecognizeUtterance as JSON, gzip and
// base64 into headers, both ways
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeUtterance.html).

// maxInflated bounds what one header may unpack to.
const maxInflated = 1 << 20

var errInflated = fmt.Errorf("unpacks to more than %d bytes", maxInflated)

// Compressors weigh several hundred kilobytes and serve one header each time.
var (
	deflaters = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}
	inflaters = sync.Pool{New: func() any { return new(gzip.Reader) }}
)

// pack makes a header's value of v.
func pack(v any) (*string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("pack a request header: %w", err)
	}
	return packText(text)
}

// packText makes a header's value of JSON.
func packText(text []byte) (*string, error) {
	var packed bytes.Buffer
	w := deflaters.Get().(*gzip.Writer)
	defer deflaters.Put(w)
	w.Reset(&packed)
	_, err := w.Write(text)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("pack a request header: %w", err)
	}
	value := base64.StdEncoding.EncodeToString(packed.Bytes())
	return &value, nil
}

// unpack returns the JSON in a header's value, nil for an empty one. The error
// names the header.
func unpack(header string, value *string) ([]byte, error) {
	if value == nil || *value == "" {
		return nil, nil
	}
	text, err := inflate(*value)
	if err != nil {
		return nil, fmt.Errorf("answer header %s: %w", header, err)
	}
	return text, nil
}

// unpackJSON decodes a header's value into v, which stays as it is when the
// header is empty. The error names the header.
func unpackJSON(header string, value *string, v any) error {
	text, err := unpack(header, value)
	if err != nil || text == nil {
		return err
	}
	return decode(header, text, v)
}

func decode(header string, text []byte, v any) error {
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("answer header %s: %w", header, err)
	}
	return nil
}

func inflate(value string) ([]byte, error) {
	r := inflaters.Get().(*gzip.Reader)
	defer inflaters.Put(r)
	if err := r.Reset(base64.NewDecoder(base64.StdEncoding, strings.NewReader(value))); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxInflated+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxInflated {
		return nil, errInflated
	}
	return text, nil
}

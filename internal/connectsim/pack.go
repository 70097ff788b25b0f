package connectsim

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// RecognizeUtterance carries JSON in headers, packed by gzip and base64
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeUtterance.html).

// maxUnpacked bounds what one header may unpack to.
const maxUnpacked = 1 << 20

func pack(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("pack a header: %w", err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(text)
	if err := errors.Join(err, w.Close()); err != nil {
		return "", fmt.Errorf("pack a header: %w", err)
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

// unpack decodes a header's value into v, which stays as it is when there is no
// value.
func unpack(value *string, v any) error {
	if value == nil || *value == "" {
		return nil
	}
	r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(*value)))
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	switch {
	case err != nil:
		return fmt.Errorf("unpack: %w", err)
	case len(text) > maxUnpacked:
		return fmt.Errorf("it unpacks to more than %d bytes", maxUnpacked)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	return nil
}

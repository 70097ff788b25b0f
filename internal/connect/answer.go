package connect

import (
	"encoding/json"
	"fmt"
)

// RegionAnswer is the answer of lexDRGetRegion to a flow, which finds it under
// $.External. Both values are texts: a block that expects a string map takes no
// numbers in it.
type RegionAnswer struct {
	StatusCode  string `json:"statusCode"`  // always "200"
	PrimaryCode string `json:"primaryCode"` // the region whose bot is to be used
}

// EncodeRegionAnswer writes the answer that names a region. Its only error is a
// name that is none of a region.
func EncodeRegionAnswer(name string) ([]byte, error) {
	if !IsRegion(name) {
		return nil, fmt.Errorf("answer a flow: %.50q is no region", name)
	}
	text, err := json.Marshal(RegionAnswer{StatusCode: "200", PrimaryCode: name})
	if err != nil {
		return nil, fmt.Errorf("answer a flow: %w", err)
	}
	return text, nil
}

// CheckStringMap returns why a flow's block that expects a string map would not
// take an answer: it takes one flat JSON object of texts below 32 KB, with names
// and values of letters, digits, hyphens and underscores
// (https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html).
func CheckStringMap(answer []byte) error {
	const limit = 32 << 10
	if len(answer) >= limit {
		return fmt.Errorf("the answer has %d bytes, and must have fewer than %d", len(answer), limit)
	}
	var values map[string]any
	if err := json.Unmarshal(answer, &values); err != nil {
		return fmt.Errorf("the answer is no JSON object: %w", err)
	}
	for name, value := range values {
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("the value of %.50q is no text but a %T", name, value)
		}
		if !plainWord(name) || !plainWord(text) {
			return fmt.Errorf("%.50q: %.50q has more in it than letters, digits, hyphens and underscores", name, text)
		}
	}
	return nil
}

func plainWord(text string) bool {
	for _, c := range []byte(text) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

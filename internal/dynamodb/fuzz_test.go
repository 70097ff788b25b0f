package dynamodb

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"

	"lexline/internal/region"
)

// canned answers every request with one body.
type canned []byte

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c))}, nil
}

// FuzzAnswer has anything come back for a GetItem: what is taken for an item is one
// that every table holds, and that can be encoded again.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"Item":{}}`, `{"Item":{"connectRegion":{"S":"us-east-1"},"lexRegion":{"S":"us-west-2"}}}`,
		`{"Item":{"version":{"N":"7"},"fraction":{"N":"1.5"},"huge":{"N":"1E100"},"no":{"NULL":true},"yes":{"BOOL":true}}}`,
		`{"Item":{"observers":{"M":{"a":{"M":{"seq":{"N":"-1"}}}}},"entries":{"L":[{"S":"x"},{"NULL":true},{"L":[]}]}}}`,
		`{"Item":{"b":{"B":"AAEC"},"ss":{"SS":["a"]},"ns":{"NS":["1"]},"bs":{"BS":["AAEC"]}}}`,
		`{"Item":{"":{"S":""},"two":{"S":"a","N":"1"},"none":{}}}`, `{"Item":{"bad":{"S":"\ud800"}}}`,
		`{"Item":` + strings.Repeat(`{"a":{"M":`, 12) + `{}` + strings.Repeat(`}}`, 12) + `}`, `{"Item":7}`, `[`, ``,
		`{"Item":{"0":{"L":[,{}]`, // at which the SDK panics
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		table := &Table{name: "lexDR", region: east, deadline: time.Minute, client: dynamodb.New(dynamodb.Options{
			Region: east, Credentials: anybody, HTTPClient: exchange{canned(body)}, Retryer: aws.NopRetryer{},
			DisableValidateResponseChecksum: true, Logger: logging.Nop{},
		})}
		item, err := table.Get(t.Context(), "k")
		if err != nil {
			return
		}
		if err := region.CheckAttributes(item.Attributes); err != nil {
			t.Errorf("answered by %q Get = %v, which no table holds: %v", body, item, err)
		}
		encodeMap(item.Attributes)
		region.DecodeVerdict(item, []string{east, west})
	})
}

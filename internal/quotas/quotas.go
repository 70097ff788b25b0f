// Package quotas asks AWS Service Quotas how much of a service an account may use in one
// region (https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference). It is one
// signed JSON request, page by page. What the figures mean is up to who asks.
package quotas

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	operation = "ServiceQuotasV20190624.ListServiceQuotas"
	maxAnswer = 1 << 20
	maxPages  = 20
)

// Config says which region is asked, and as whom.
type Config struct {
	Region      string // "us-east-1"
	Endpoint    string // of Service Quotas; "": AWS's own in that region
	Credentials aws.CredentialsProvider
	Transport   http.RoundTripper // nil: http.DefaultTransport
}

// Quota is one quota as it is in force for the account.
type Quota struct {
	Code       string  // L-...
	Name       string  // in AWS's words, which may change
	Value      float64 // in units that the name tells
	Adjustable bool
}

// Error is a refusal of Service Quotas.
type Error struct {
	Status  int    // of HTTP
	Code    string // AccessDeniedException, NoSuchResourceException ...; empty if none was told
	Message string
}

func (e *Error) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("%s: %s", cmp.Or(e.Code, http.StatusText(e.Status)), e.Message), ": ")
}

// List returns the quotas of a service, such as lex, until ctx ends.
func List(ctx context.Context, cfg Config, service string) ([]Quota, error) {
	all, err := list(ctx, cfg, service)
	if err != nil {
		return nil, fmt.Errorf("list the quotas of %s in %s: %w", service, cfg.Region, err)
	}
	return all, nil
}

func list(ctx context.Context, cfg Config, service string) (all []Quota, err error) {
	keys, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("get credentials: %w", err)
	}
	token := ""
	for range maxPages {
		question := map[string]any{"ServiceCode": service, "MaxResults": 100}
		if token != "" {
			question["NextToken"] = token
		}
		var answer struct {
			NextToken string
			Quotas    []struct {
				QuotaCode, QuotaName string
				Value                *float64
				Adjustable           bool
			}
		}
		if err := cfg.ask(ctx, keys, question, &answer); err != nil {
			return nil, err
		}
		for _, q := range answer.Quotas {
			if q.Value != nil {
				all = append(all, Quota{q.QuotaCode, q.QuotaName, *q.Value, q.Adjustable})
			}
		}
		if token = answer.NextToken; token == "" {
			return all, nil
		}
	}
	return nil, errors.New("the list has too many pages")
}

// ask sends one question and reads its answer.
func (cfg Config) ask(ctx context.Context, keys aws.Credentials, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("write the question: %w", err)
	}
	address := cmp.Or(cfg.Endpoint, "https://servicequotas."+cfg.Region+".amazonaws.com")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(address, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("write the question: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", operation)
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(hash[:]), "servicequotas", cfg.Region, time.Now()); err != nil {
		return fmt.Errorf("sign the question: %w", err)
	}
	// A redirect would carry the signature to another host.
	client := &http.Client{Transport: cfg.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return refusal(resp.StatusCode, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return errors.New("the answer is no list of quotas") // what it is may be anything
	}
	return nil
}

// refusal reads an error answer; the type may have a namespace and a #
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization).
func refusal(status int, body []byte) error {
	e := &Error{Status: status}
	var wire struct {
		Type    string `json:"__type"`
		Message string
	}
	if json.Unmarshal(body, &wire) == nil {
		e.Code, e.Message = wire.Type[strings.LastIndex(wire.Type, "#")+1:], wire.Message
	}
	return e
}

package dynamodb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// Description is what DynamoDB tells of a table to those who may describe it. Gateways
// need no such right.
type Description struct {
	Status  string // ACTIVE, if it can be used
	Keys    []Key  // the hash key, and the range key if there is one
	Expires string // the attribute of its time to live; empty while that is off
}

// Key is one attribute of a table's key.
type Key struct {
	Name string
	Type string // S, N or B
}

// Describe asks for the description of a table. Each of its two questions may take the
// deadline of the Config.
func Describe(ctx context.Context, c Config) (d Description, err error) {
	client, transport, err := c.connect(ctx)
	if err != nil {
		return d, err
	}
	defer transport.CloseIdleConnections()
	deadline := cmp.Or(max(c.Deadline, 0), DefaultDeadline)
	err = within(ctx, deadline, explain, func(ctx context.Context) error {
		out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &c.Name})
		if err == nil {
			d = described(out.Table)
		}
		return err
	})
	if err == nil {
		err = within(ctx, deadline, explain, func(ctx context.Context) error {
			out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &c.Name})
			if err == nil && out.TimeToLiveDescription != nil {
				switch ttl := out.TimeToLiveDescription; ttl.TimeToLiveStatus {
				case types.TimeToLiveStatusEnabled, types.TimeToLiveStatusEnabling:
					d.Expires = aws.ToString(ttl.AttributeName)
				}
			}
			return err
		})
	}
	if err != nil {
		return d, fmt.Errorf("describe DynamoDB table %s in %s: %w", c.Name, c.Region, err)
	}
	return d, nil
}

func described(t *types.TableDescription) (d Description) {
	if t == nil {
		return d
	}
	kinds := map[string]string{}
	for _, a := range t.AttributeDefinitions {
		kinds[aws.ToString(a.AttributeName)] = string(a.AttributeType)
	}
	for _, k := range t.KeySchema {
		name := aws.ToString(k.AttributeName)
		d.Keys = append(d.Keys, Key{name, kinds[name]})
	}
	d.Status = string(t.TableStatus)
	return d
}

// FitsRegions returns why a table cannot be that of regions.
func (d Description) FitsRegions() error { return d.fits([]Key{{keyName, "S"}}, "") }

// FitsCalls returns why a table cannot be that of calls.
func (d Description) FitsCalls() error {
	return d.fits([]Key{{hashName, "S"}, {rangeName, "S"}}, untilName)
}

func (d Description) fits(keys []Key, expires string) error {
	switch {
	case d.Status != string(types.TableStatusActive) && d.Status != string(types.TableStatusUpdating):
		return fmt.Errorf("its status is %s", d.Status)
	case keyWords(d.Keys) != keyWords(keys):
		return fmt.Errorf("its key is %s; it must be %s", keyWords(d.Keys), keyWords(keys))
	case d.Expires != expires && expires != "":
		return &ExpiryError{Has: d.Expires, Needs: expires}
	}
	return nil
}

// ExpiryError says that items of a table do not go when their time is over: it works, and
// keeps people's data longer than was promised.
type ExpiryError struct{ Has, Needs string }

func (e *ExpiryError) Error() string {
	if e.Has == "" {
		return fmt.Sprintf("its time to live is off; it must be on, with the attribute %s", e.Needs)
	}
	return fmt.Sprintf("its time to live goes by the attribute %s; it must be %s", e.Has, e.Needs)
}

func keyWords(keys []Key) string {
	words := make([]string, len(keys))
	for i, k := range keys {
		words[i] = fmt.Sprintf("%s (%s)", k.Name, k.Type)
	}
	return strings.Join(words, " and ")
}

// IsDenied reports whether an error says that the credentials are good, but may not.
func IsDenied(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == "AccessDeniedException"
}

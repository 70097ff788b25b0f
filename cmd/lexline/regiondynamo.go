package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lexline/internal/dynamodb"
	"lexline/internal/region"
)

// openDynamoDB opens the table NAME@REGION and finds the verdict in it. The
// endpoint is that of AWS, or what AWS_ENDPOINT_URL_DYNAMODB says.
func openDynamoDB(ctx context.Context, where, key string) (*savedTable, error) {
	name, in, ok := strings.Cut(where, "@")
	if !ok {
		return nil, usageError{fmt.Errorf("--table: %s%s has no AWS region; write %sNAME@REGION, such as %slexDR@us-east-1", inDynamoDB, where, inDynamoDB, inDynamoDB)}
	}
	c := dynamodb.Config{Name: name, Region: in, Deadline: askTime} // a person waits, no gateway
	if err := c.Check(); err != nil {
		return nil, usageError{fmt.Errorf("--table: %w", err)}
	}
	db, err := dynamodb.Open(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("--table: %w", err)
	}
	t := &savedTable{Table: db, store: db, dynamodb: where, key: key}
	if err := t.search(ctx, in); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// search finds the items of the verdict in a table that is never listed: the right
// to do that is not asked for. Where no key is given it is the name of the region
// that the table is asked in. The regions that gateways write from are those that
// the items found so far name.
func (t *savedTable) search(ctx context.Context, in string) error {
	given := t.key != ""
	if !given {
		t.key = in
	}
	v, err := region.ReadVerdict(ctx, t, t.key)
	switch {
	case errors.Is(err, region.ErrNotFound) && !given:
		return &hintError{fmt.Errorf("%s has nothing under the key %s", t.dynamodb, t.key), keyHint}
	case err != nil && !errors.Is(err, region.ErrNotFound):
		return hintedDynamoDB(fmt.Errorf("--table: %w", err))
	}
	home, _, _ := strings.Cut(t.key, "/")
	names := []string{in, home, v.Region, v.Pin.Region}
	for i := 0; i < len(names) && i < mostRegions; i++ {
		if names[i] == "" || slices.Contains(names[:i], names[i]) {
			continue
		}
		said, err := region.ReadEvidence(ctx, t, t.key, names[i])
		if err != nil {
			return fmt.Errorf("--table: %w", err)
		}
		if len(said) > 0 {
			t.keys = append(t.keys, region.EvidenceKey(t.key, names[i]))
		}
		for _, e := range said {
			names = append(names, e.Regions...)
		}
	}
	return nil
}

// hintedDynamoDB adds what an operator can do about a table that cannot be read.
func hintedDynamoDB(err error) error {
	switch text := err.Error(); {
	case strings.Contains(text, "get credentials"), strings.Contains(text, "UnrecognizedClient"), strings.Contains(text, "ExpiredToken"):
		return &hintError{err, "DynamoDB is asked with the credentials of the AWS CLI: aws sts get-caller-identity tells whether they are good"}
	case strings.Contains(text, "AccessDenied"):
		return &hintError{err, "reading needs dynamodb:GetItem on the table, an order dynamodb:UpdateItem as well"}
	case strings.Contains(text, "ResourceNotFound"):
		return &hintError{err, "NAME@REGION is the table's name and the AWS region that it is in: aws dynamodb list-tables --region REGION"}
	}
	return err
}

// mostRegions bounds the names that are looked at, with those that come again.
const mostRegions = 1000

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// What the functions share.
const (
	home, other = "us-east-1", "us-west-2"
	tableName   = "lexDR"
	botName     = "OrderFlowers"
	aliasName   = "ver_one"
	utterance   = "I would like to order flowers"
)

type object = map[string]any

// statusError is an answer that is an error.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return fmt.Sprintf("HTTP %d %.60s", e.status, e.text) }

// httpClient has no connections that a broken server could have left behind.
var httpClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// call sends JSON and reads JSON, with the headers in pairs.
func call(ctx context.Context, method, address string, body, answer any, headers ...string) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return fmt.Errorf("write a request: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("write a request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := httpClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, address, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, address, err)
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return &statusError{resp.StatusCode, resp.Header.Get("X-Amzn-Errortype") + " " + string(text)}
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// lexClient asks one bot in one region, by the API's plain JSON.
type lexClient struct {
	endpoint, bot, alias string
}

func (c lexClient) session(id string) string {
	return c.endpoint + "/bots/" + c.bot + "/botAliases/" + c.alias + "/botLocales/en_US/sessions/" + url.PathEscape(id)
}

func (c lexClient) recognizeText(ctx context.Context, session, text string) (words []string, err error) {
	var answer struct{ Messages []struct{ Content string } }
	if err := call(ctx, http.MethodPost, c.session(session)+"/text", object{"text": text}, &answer); err != nil {
		return nil, err
	}
	for _, m := range answer.Messages {
		words = append(words, m.Content)
	}
	return words, nil
}

func (c lexClient) deleteSession(ctx context.Context, session string) error {
	return call(ctx, http.MethodDelete, c.session(session), nil, nil)
}

// dynamo has one operation of DynamoDB done.
func dynamo(ctx context.Context, endpoint, operation string, input any) (object, error) {
	var answer object
	err := call(ctx, http.MethodPost, endpoint, input, &answer,
		"Content-Type", "application/x-amz-json-1.0", "X-Amz-Target", "DynamoDB_20120810."+operation, "X-Amz-Date", "20260101T000000Z",
		"Authorization", "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x")
	return answer, err
}

// row is the verdict item, as strangers see it.
type row struct {
	region, state string // empty: there is none
}

func (r row) String() string {
	switch {
	case r.region == "":
		return "no row"
	case r.state != "" && r.state != "ok":
		return r.region + ", " + r.state
	}
	return r.region
}

func readRow(ctx context.Context, endpoint string) (row, error) {
	got, err := dynamo(ctx, endpoint, "GetItem", object{"TableName": tableName, "Key": object{"connectRegion": object{"S": home}}})
	if err != nil {
		return row{}, err
	}
	item, _ := got["Item"].(object)
	text := func(name string) string {
		value, _ := item[name].(object)
		s, _ := value["S"].(string)
		return s
	}
	return row{text("lexRegion"), text("state")}, nil
}

// emptyTable deletes all items and puts one, if a region is given, as the article's
// function would.
func emptyTable(ctx context.Context, endpoint, region string) error {
	all, err := dynamo(ctx, endpoint, "Scan", object{"TableName": tableName})
	if err != nil {
		return err
	}
	items, _ := all["Items"].([]any)
	for _, item := range items {
		item, _ := item.(object)
		if _, err := dynamo(ctx, endpoint, "DeleteItem", object{"TableName": tableName, "Key": object{"connectRegion": item["connectRegion"]}}); err != nil {
			return err
		}
	}
	if region == "" {
		return nil
	}
	_, err = dynamo(ctx, endpoint, "PutItem", object{
		"TableName": tableName, "Item": object{"connectRegion": object{"S": home}, "lexRegion": object{"S": region}},
	})
	return err
}

// createTable makes the table of the article.
func createTable(ctx context.Context, endpoint string) error {
	_, err := dynamo(ctx, endpoint, "CreateTable", object{
		"TableName": tableName, "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": []any{object{"AttributeName": "connectRegion", "AttributeType": "S"}},
		"KeySchema":            []any{object{"AttributeName": "connectRegion", "KeyType": "HASH"}},
	})
	for err == nil {
		var got object
		if got, err = dynamo(ctx, endpoint, "DescribeTable", object{"TableName": tableName}); err != nil {
			break
		}
		if table, _ := got["Table"].(object); table["TableStatus"] == "ACTIVE" {
			return nil
		}
	}
	return err
}

// short is an error in few words.
func short(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if i := strings.Index(text, "http://"); i >= 0 {
		if j := strings.Index(text[i:], ": "); j >= 0 {
			text = text[:i] + text[i+j+2:]
		}
	}
	return text[:min(len(text), 90)]
}

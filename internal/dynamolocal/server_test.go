package dynamolocal

import (
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TestWire has what every answer carries, and what is refused before a table is
// looked for.
func TestWire(t *testing.T) {
	l := serve(t, Config{})
	const signed = "AWS4-HMAC-SHA256 Credential=local"
	for _, tt := range []struct {
		name, target, authorization, body string
		status                            int
		want                              string
	}{
		{"good", targetPrefix + "ListTables", signed, `{}`, 200, `{"TableNames":["lexDR"]}`},
		{"no signature", targetPrefix + "ListTables", "", `{}`, 400, "com.amazon.coral.service#MissingAuthenticationTokenException"},
		{"no operation", "", signed, `{}`, 400, "com.amazon.coral.service#UnknownOperationException"},
		{"operation of another version", "DynamoDB_20111205.ListTables", signed, `{}`, 400, "UnknownOperationException"},
		{"operation that is not served", targetPrefix + "BatchGetItem", signed, `{}`, 400, `no operation \"DynamoDB_20120810.BatchGetItem\"`},
		{"no JSON", targetPrefix + "ListTables", signed, `{`, 400, "com.amazon.coral.service#SerializationException"},
		{"wrong JSON type", targetPrefix + "GetItem", signed, `{"TableName":7}`, 400, "SerializationException"},
		{"no table", targetPrefix + "DescribeTable", signed, `{"TableName":"gone"}`, 400, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"},
		{"no name", targetPrefix + "GetItem", signed, `{}`, 400, "com.amazon.coral.validate#ValidationException"},
		{"too long", targetPrefix + "PutItem", signed, strings.Repeat(" ", maxBody+1), 413, "Request Entity Too Large"},
		{
			"range key that is not defined", targetPrefix + "CreateTable", signed,
			`{"TableName":"two","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"c","AttributeType":"S"}]}`, 400, "Keys: [b]",
		},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.url, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", tt.target)
		r.Header.Set("Authorization", tt.authorization)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != tt.status || !strings.Contains(string(body), tt.want) {
			t.Errorf("%s: %d %s, %v; want %d with %s", tt.name, answer.StatusCode, body, err, tt.status, tt.want)
		}
		if sum := strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10); tt.status != 413 && answer.Header.Get("X-Amz-Crc32") != sum {
			t.Errorf("%s: checksum %q; want %s", tt.name, answer.Header.Get("X-Amz-Crc32"), sum)
		}
		if r := <-l.records; r.Status != tt.status || (r.Error == "") != (tt.status == 200) {
			t.Errorf("%s: record %+v; want status %d", tt.name, r, tt.status)
		}
	}
}

// TestConditionsDecideRaces lets many change one item under a condition, and
// wants each version to be made once.
func TestConditionsDecideRaces(t *testing.T) {
	l := serve(t, Config{})
	const racers, rounds = 8, 20
	var won [rounds]int
	var mu sync.Mutex
	var race sync.WaitGroup
	for range racers {
		race.Go(func() {
			for round := range rounds {
				came := l.call("UpdateItem", `{"TableName":"lexDR","Key":{"connectRegion":{"S":"us-east-1"}},"UpdateExpression":"ADD version :one",
					"ConditionExpression":"version = :v OR :v = :zero AND attribute_not_exists(version)",
					"ExpressionAttributeValues":{":one":{"N":"1"},":zero":{"N":"0"},":v":{"N":"`+strconv.Itoa(round)+`"}}}`)
				<-l.records
				if came.errorType == "" {
					mu.Lock()
					won[round]++
					mu.Unlock()
				}
			}
		})
	}
	race.Wait()
	for round, winners := range won {
		if winners > 1 {
			t.Errorf("version %d was made %d times", round+1, winners)
		}
	}
	if won[0] != 1 || l.at("version") == "absent" {
		t.Errorf("version 1 was made %d times, the item's version is %s", won[0], l.at("version"))
	}
}

func TestTables(t *testing.T) {
	l := serve(t, Config{})
	for _, name := range []string{"bbb", "aaa", "ccc"} {
		if err := l.CreateTable(name, "id", "N"); err != nil {
			t.Fatal(err)
		}
	}
	if got := comparable(l.call("ListTables", `{"Limit":2}`)); !strings.Contains(got, `"LastEvaluatedTableName": "bbb"`) {
		t.Errorf("first page of tables %s; want it to end with bbb", got)
	}
	if got := comparable(l.call("ListTables", `{"ExclusiveStartTableName":"bbb"}`)); !strings.Contains(got, "ccc") || strings.Contains(got, "aaa") {
		t.Errorf("second page of tables %s; want ccc and lexDR", got)
	}
	for _, id := range []string{"1", "2", "3"} {
		if err := l.PutItem("aaa", []byte(`{"id":{"N":"`+id+`"}}`)); err != nil {
			t.Fatal(err)
		}
	}
	first := l.call("Scan", `{"TableName":"aaa","Limit":2}`)
	if first.body["Count"] != 2.0 || first.body["LastEvaluatedKey"] == nil {
		t.Errorf("first page of items %v; want two and where to go on", first.body)
	}
	second := l.call("Scan", `{"TableName":"aaa","ExclusiveStartKey":{"id":{"N":"2.0"}}}`)
	if second.body["Count"] != 1.0 || second.body["LastEvaluatedKey"] != nil {
		t.Errorf("second page of items %v; want the last one", second.body)
	}
	if count := l.call("Scan", `{"TableName":"aaa","Select":"COUNT"}`); count.body["Count"] != 3.0 || count.body["Items"] != nil {
		t.Errorf("count = %v; want 3 and no items", count.body)
	}
}

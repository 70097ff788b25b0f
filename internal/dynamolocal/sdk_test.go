package dynamolocal

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// newClient is the unmodified SDK, which compares checksums, without retries.
func newClient(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(endpoint), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func homeKey(home string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"connectRegion": text(home)}
}

// TestSDK makes a table and decides a race for an item, as gateways do.
func TestSDK(t *testing.T) {
	ctx := t.Context()
	client := newClient(serve(t, Config{}).url)
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String("other"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeN}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := dynamodb.NewTableExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("other")}, time.Minute); err != nil {
		t.Errorf("waiting for the table: %v", err)
	}
	update := func(version string) (*dynamodb.UpdateItemOutput, error) {
		return client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String("lexDR"), Key: homeKey("us-east-1"),
			UpdateExpression:         aws.String("SET lexRegion = :r, #v = if_not_exists(#v, :zero) + :one"),
			ConditionExpression:      aws.String("attribute_not_exists(#v) OR #v = :v"),
			ExpressionAttributeNames: map[string]string{"#v": "version"},
			ExpressionAttributeValues: map[string]types.AttributeValue{
				":r": text("us-west-2"), ":v": &types.AttributeValueMemberN{Value: version},
				":zero": &types.AttributeValueMemberN{Value: "0"}, ":one": &types.AttributeValueMemberN{Value: "1"},
			},
			ReturnValues:                        types.ReturnValueAllNew,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
	}
	made, err := update("0")
	if v, ok := made.Attributes["version"].(*types.AttributeValueMemberN); err != nil || !ok || v.Value != "1" {
		t.Fatalf("first update = %+v, %v; want version 1", made, err)
	}
	_, err = update("0")
	lost, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	if !ok {
		t.Fatalf("second update = %v; want a failed condition", err)
	}
	if v, ok := lost.Item["version"].(*types.AttributeValueMemberN); !ok || v.Value != "1" {
		t.Errorf("the failed condition brings %+v; want the item", lost.Item)
	}
	got, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("lexDR"), Key: homeKey("us-east-1"), ConsistentRead: aws.Bool(true)})
	if v, ok := got.Item["lexRegion"].(*types.AttributeValueMemberS); err != nil || !ok || v.Value != "us-west-2" {
		t.Errorf("get item = %+v, %v; want us-west-2", got, err)
	}
	_, err = client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("gone"), Key: homeKey("us-east-1")})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("get item of no table = %v", err)
	}
	if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String("other")}); err != nil {
		t.Error(err)
	}
	list, err := client.ListTables(ctx, &dynamodb.ListTablesInput{})
	if err != nil || len(list.TableNames) != 1 || list.TableNames[0] != "lexDR" {
		t.Errorf("list tables = %+v, %v; want lexDR", list, err)
	}
}

// TestSDKTimeToLive has an item go when its time is over.
func TestSDKTimeToLive(t *testing.T) {
	now := time.Unix(1000, 0)
	client := newClient(serve(t, Config{Expire: true, Now: func() time.Time { return now }}).url)
	ctx := t.Context()
	_, err := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               aws.String("lexDR"),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"), Enabled: aws.Bool(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	told, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("lexDR")})
	if err != nil || told.TimeToLiveDescription.TimeToLiveStatus != types.TimeToLiveStatusEnabled {
		t.Errorf("describe = %+v, %v; want it enabled", told, err)
	}
	it := homeKey("us-east-1")
	it["ttl"] = &types.AttributeValueMemberN{Value: "1001"}
	if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("lexDR"), Item: it}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		at   int64
		want int
	}{{1000, 2}, {1001, 2}, {1002, 0}} {
		now = time.Unix(tt.at, 0)
		got, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("lexDR"), Key: homeKey("us-east-1")})
		if err != nil || len(got.Item) != tt.want {
			t.Errorf("at %d: %d attributes, %v; want %d", tt.at, len(got.Item), err, tt.want)
		}
	}
}

// TestFaults breaks the server in every way and asks the SDK what it sees.
func TestFaults(t *testing.T) {
	l := serve(t, Config{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(ctx, listener) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve = %v", err)
		}
	}()
	client := newClient("http://" + listener.Addr().String())
	get := func(within time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		_, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("lexDR"), Key: homeKey("us-east-1")})
		return err
	}
	isCode := func(code string) func(error) bool {
		return func(err error) bool {
			api, ok := errors.AsType[smithy.APIError](err)
			return ok && api.ErrorCode() == code
		}
	}
	isTimeout := func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
	isBroken := func(err error) bool {
		_, isAPI := errors.AsType[smithy.APIError](err)
		return err != nil && !isAPI && !isTimeout(err)
	}
	for _, tt := range []struct {
		fault string
		wait  time.Duration
		want  func(error) bool
	}{
		{`{"kind":"error"}`, time.Minute, isCode("InternalServerError")},
		{`{"kind":"error","type":"ThrottlingException","operations":["GetItem"]}`, time.Minute, isCode("ThrottlingException")},
		{`{"kind":"error","operations":["PutItem"]}`, time.Minute, func(err error) bool { return err == nil }},
		{`{"kind":"error","status":503}`, time.Minute, func(err error) bool { return err != nil }},
		{`{"kind":"throttle"}`, time.Minute, isCode("ProvisionedThroughputExceededException")},
		{`{"kind":"throttle","quota":1}`, time.Minute, func(err error) bool { return err == nil }},
		{`{"kind":"reset"}`, time.Minute, isBroken},
		{`{"kind":"reset","when":"accept"}`, time.Minute, isBroken},
		{`{"kind":"truncate"}`, time.Minute, isBroken},
		{`{"kind":"refuse"}`, time.Minute, isBroken},
		{`{"kind":"hang"}`, 200 * time.Millisecond, isTimeout},
		{`{"kind":"blackhole"}`, 200 * time.Millisecond, isTimeout},
		{`{"kind":"latency","delay":"5m"}`, 200 * time.Millisecond, isTimeout},
		{`{"kind":"latency","delay":"1ms"}`, time.Minute, func(err error) bool { return err == nil }},
	} {
		if _, err := l.SetFaults([]byte("[" + tt.fault + "]")); err != nil {
			t.Fatalf("%s: %v", tt.fault, err)
		}
		if err := get(tt.wait); !tt.want(err) {
			t.Errorf("under %s: %v", tt.fault, err)
		}
		if _, err := l.SetFaults([]byte("[]")); err != nil {
			t.Fatalf("clear %s: %v", tt.fault, err)
		}
		if err := get(time.Minute); err != nil {
			t.Errorf("after %s: %v", tt.fault, err)
		}
	}
}

// TestAWriteWhoseAnswerIsMissing has the work done and the client not know.
func TestAWriteWhoseAnswerIsMissing(t *testing.T) {
	l := serve(t, Config{})
	if _, err := l.SetFaults([]byte(`[{"kind":"error","when":"answer","operations":["PutItem"]}]`)); err != nil {
		t.Fatal(err)
	}
	put := l.call("PutItem", `{"TableName":"lexDR","Item":{"connectRegion":{"S":"us-east-1"}}}`)
	if put.errorType != "InternalServerError" {
		t.Errorf("put = %+v; want an error", put)
	}
	if got := l.call("GetItem", `{"TableName":"lexDR","Key":{"connectRegion":{"S":"us-east-1"}}}`); got.body["Item"] == nil {
		t.Error("the item was not written")
	}
	if list := l.Faults(); len(list) != 1 || list[0].Applied != 1 {
		t.Errorf("faults = %+v; want one request struck", list)
	}
	<-l.records // that the fault was set
	if r := <-l.records; r.Op != "PutItem" || r.Key != "us-east-1" || r.Fault != "error" || r.Status != 500 {
		t.Errorf("record = %+v; want a struck PutItem", r)
	}
}

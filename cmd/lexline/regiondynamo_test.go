package main

import (
	"encoding/json"
	"net"
	"testing"
	"time"

	"lexline/internal/dynamodb/dynalite"
)

// startDynamoDB starts a DynamoDB that the commands find by the environment, with
// a table lexDR, and returns how a gateway is told of it.
func startDynamoDB(t *testing.T) func(*config) {
	t.Helper()
	endpoint := dynalite.Start(t)
	dynalite.CreateTable(t, endpoint, "lexDR")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
	return func(cfg *config) {
		cfg.Table.DynamoDB = dynamoConfig{Name: "lexDR", Endpoint: endpoint}
		cfg.Table.Observer, cfg.Table.Refresh = "gw-1", 200*time.Millisecond
		cfg.Failover.ProbeEvery = 24 * time.Hour // nothing is there to be probed
	}
}

// TestRegionCommandsOnDynamoDB has a gateway and the commands meet in a table: its
// verdict is read, and a pin reaches it while it runs.
func TestRegionCommandsOnDynamoDB(t *testing.T) {
	configured := startDynamoDB(t)
	with := func(words ...string) []string { return append(words, "--table", "dynamodb:lexDR@us-east-1") }
	expect(t, 1, with("status"), "has nothing under the key us-east-1", "hint: --key")
	expect(t, 1, with("pin", "us-west-2", "--for", "10m", "--key", "us-east-1"), "no gateway has written", "--unknown")

	c := startControlled(t, configured)
	c.await("the table has a verdict", func(b botStatus) bool { return b.Table.Version > 0 })
	if b := c.status().Bots[0]; b.TableDynamoDB != "lexDR@us-east-1" || b.TableFile != "" {
		t.Errorf("the status says table %q, file %q; want lexDR@us-east-1 and none", b.TableDynamoDB, b.TableFile)
	}
	c.await("the table's verdict is shown", func(botStatus) bool {
		code, stdout, _ := lexlineSays(t.Context(), append([]string{"region"}, with("status", "--json")...)...)
		var s tableStatus
		return code == 0 && json.Unmarshal([]byte(stdout), &s) == nil && s.Region == "us-east-1" && s.By == "gw-1" && len(s.Gateways) == 1
	})
	expect(t, 0, with("status", "--check"), "What lexDR@us-east-1 says under the key us-east-1", "New calls go to us-east-1.", "Gateway gw-1 in us-east-1")
	expect(t, 1, with("pin", "us-wets-2", "--for", "10m"), `have no region "us-wets-2"; there are: us-east-1, us-west-2`)
	expect(t, 0, with("pin", "us-west-2", "--for", "10m", "--by", "ann", "--why", "night"), "Wrote the pin to us-west-2")
	c.await("pinned by the table", pinned("us-west-2"))
	expect(t, 0, with("history"), "to us-west-2, by ann: night")
	expect(t, 0, with("unpin", "--by", "ann"), "Took the pin under the key us-east-1 away")
	c.await("unpinned by the table", unpinned)
	expect(t, 0, with("history", "--json"), `"unpin"`)
}

func TestTableInDynamoDBRefused(t *testing.T) {
	startDynamoDB(t)
	expect(t, 2, []string{"status", "--table", "dynamodb:lexDR"}, "has no AWS region", "dynamodb:lexDR@us-east-1")
	expect(t, 2, []string{"status", "--table", "dynamodb:a b@us-east-1"}, "no name of a table")
	expect(t, 2, []string{"status", "--table", "dynamodb:lexDR@"}, "AWS region")
	expect(t, 1, []string{"status", "--table", "dynamodb:lexdr@us-east-1"}, "there is no such table")
}

// TestGatewayWithoutDynamoDB starts where nobody is: the table is advice.
func TestGatewayWithoutDynamoDB(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	c := startControlled(t, func(cfg *config) {
		cfg.Table.DynamoDB = dynamoConfig{Name: "lexDR", Region: "us-west-2", Endpoint: nobody}
		cfg.Failover.ProbeEvery = 24 * time.Hour
	})
	c.await("the table is not reached, and calls go home", func(b botStatus) bool {
		return b.Table != nil && !b.Table.Reachable && b.Table.LastError != "" && b.Active == "us-east-1" && b.TableDynamoDB == "lexDR@us-west-2"
	})
}

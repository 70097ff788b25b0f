package dynamodb

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
)

// TestDescribe asks a local DynamoDB for tables of both kinds, and for wrong ones.
func TestDescribe(t *testing.T) {
	server, endpoint, _ := ours(t)
	if err := errors.Join(
		server.CreateTable("regions", keyName, "S"), server.CreateTable("number", keyName, "N"),
		server.CreateSortedTable("calls", hashName, "S", rangeName, "S"), server.CreateSortedTable("kept", hashName, "S", rangeName, "S"),
		server.CreateSortedTable("other", hashName, "S", rangeName, "S"),
		server.SetTimeToLive("calls", untilName), server.SetTimeToLive("other", "expires"),
	); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ table, regions, calls string }{
		{"regions", "", "its key is connectRegion (S); it must be pk (S) and sk (S)"},
		{"number", "its key is connectRegion (N); it must be connectRegion (S)", "its key is connectRegion (N)"},
		{"calls", "its key is pk (S) and sk (S); it must be connectRegion (S)", ""},
		{"kept", "its key is pk", "its time to live is off; it must be on, with the attribute until"},
		{"other", "its key is pk", "its time to live goes by the attribute expires; it must be until"},
	} {
		d, err := Describe(t.Context(), describedAt(endpoint, test.table))
		if err != nil {
			t.Errorf("%s: %v", test.table, err)
			continue
		}
		for _, fits := range []struct {
			err  error
			want string
		}{{d.FitsRegions(), test.regions}, {d.FitsCalls(), test.calls}} {
			switch {
			case fits.want == "" && fits.err != nil, fits.want != "" && (fits.err == nil || !strings.Contains(fits.err.Error(), fits.want)):
				t.Errorf("%s: %v; want %q", test.table, fits.err, fits.want)
			}
		}
	}
	d, err := Describe(t.Context(), describedAt(endpoint, "calls"))
	if diff := cmp.Diff(Description{Status: "ACTIVE", Keys: []Key{{"pk", "S"}, {"sk", "S"}}, Expires: "until"}, d); diff != "" || err != nil {
		t.Errorf("calls: %v (-want +got):\n%s", err, diff)
	}
	if _, err := Describe(t.Context(), describedAt(endpoint, "none")); err == nil || !strings.Contains(err.Error(), "no such table") || IsDenied(err) {
		t.Errorf("no table: %v; want an error that says so", err)
	}
	if err := (Description{Status: "DELETING"}).FitsRegions(); err == nil || !strings.Contains(err.Error(), "DELETING") {
		t.Errorf("a table that is being deleted: %v; want its status", err)
	}
	late := describedAt(endpoint, "calls")
	late.Deadline = time.Nanosecond
	if _, err := Describe(t.Context(), late); err == nil {
		t.Error("described within a nanosecond")
	}
}

// describedAt is a table of a local DynamoDB, with time for a machine that is busy.
func describedAt(endpoint, table string) Config {
	return Config{
		Name: table, Region: "us-east-1", Endpoint: endpoint, Deadline: 10 * time.Second,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	}
}

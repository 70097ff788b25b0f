package dynamodb

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"
)

// Config says which table is used, and how.
type Config struct {
	Name   string // of the table, such as lexDR
	Region string // the AWS region whose replica is asked, such as us-east-1

	// Endpoint replaces the region's own endpoint. Empty: what the SDK finds, in
	// AWS_ENDPOINT_URL_DYNAMODB for instance.
	Endpoint string

	// Credentials are what requests are signed with. nil: the default chain of the
	// AWS SDK
	// (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
	Credentials aws.CredentialsProvider

	// Deadline is what one Get, Put or Update may take, with everything that it
	// does; 0: 0.5 s. It does not lengthen the caller's own.
	Deadline time.Duration

	// Eventual has Get take an eventually consistent answer, which costs half and
	// may be about a second old. It is for those who only look: an observer and
	// whoever changes what they read are told of conflicts sooner without it.
	Eventual bool

	// Dial opens the connections in place of a net.Dialer. Its context carries the
	// deadline.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// DefaultDeadline is the Deadline of a Config that has none.
const DefaultDeadline = 500 * time.Millisecond

var regionForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// nameForm is DynamoDB's rule for names of tables
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html).
// It is compiled when it is first needed: its bounded repetition is large.
var nameForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)
})

// SettingError says which setting of a Config cannot be: name, region or endpoint.
type SettingError struct {
	Setting string
	err     error
}

func (e *SettingError) Error() string { return e.err.Error() }
func (e *SettingError) Unwrap() error { return e.err }

// Check returns what is wrong with a configuration, without asking anybody: a
// SettingError.
func (c Config) Check() error {
	fault := func(setting, format string, args ...any) error {
		return &SettingError{setting, fmt.Errorf(format, args...)}
	}
	switch {
	case !nameForm().MatchString(c.Name):
		return fault("name", "%q is no name of a table: 3 to 255 letters, digits, hyphens, dots and underscores", c.Name)
	case c.Region == "":
		return fault("region", "table %s: the AWS region that it is in is missing", c.Name)
	case !regionForm.MatchString(c.Region):
		return fault("region", "table %s: %q is not an AWS region", c.Name, c.Region)
	case c.Endpoint == "":
		return nil
	}
	u, err := url.Parse(c.Endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fault("endpoint", "table %s: endpoint %q is not an http or https URL", c.Name, c.Endpoint)
	}
	return nil
}

// Open returns the table. It asks nobody, so it does not fail because DynamoDB
// cannot be reached: see Table.Check. The table is to be closed.
func Open(ctx context.Context, c Config) (*Table, error) {
	client, transport, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	return &Table{
		name: c.Name, region: c.Region, client: client, transport: transport,
		deadline: cmp.Or(max(c.Deadline, 0), DefaultDeadline), eventual: c.Eventual,
	}, nil
}

// connect returns a client of DynamoDB that asks nobody yet.
func (c Config) connect(ctx context.Context) (*dynamodb.Client, *http.Transport, error) {
	if err := c.Check(); err != nil {
		return nil, nil, err
	}
	options := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithRegion(c.Region),
		awsconfig.WithLogger(logging.Nop{}), // of the search for credentials: errors are returned
	}
	if c.Credentials != nil {
		options = append(options, awsconfig.WithCredentialsProvider(c.Credentials))
	}
	found, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, nil, fmt.Errorf("open table %s: load the AWS configuration: %w", c.Name, err)
	}
	transport := newTransport(c.Dial)
	return dynamodb.NewFromConfig(found, func(o *dynamodb.Options) {
		o.HTTPClient = exchange{transport}
		o.Retryer = aws.NopRetryer{}
		o.RetryMaxAttempts = 0
		o.DisableValidateResponseChecksum = true                                    // exchange does it
		o.Logger = logging.Nop{}                                                    // errors are returned
		o.EndpointDiscovery.EnableEndpointDiscovery = aws.EndpointDiscoveryDisabled // it would be another request
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.Endpoint)
		}
	}), transport, nil
}

package lex

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Credentials is a key of an AWS user or role. The zero value stands for the
// default chain of the AWS SDK: environment, shared files, container, machine
// (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // for temporary credentials only
}

// String names the key without showing its secret.
func (c Credentials) String() string {
	if c == (Credentials{}) {
		return "default chain"
	}
	return "key " + c.AccessKeyID
}

// GoString is String: %#v shows no secret either.
func (c Credentials) GoString() string { return c.String() }

// LogValue is String, for logs.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// provider returns the SDK's source of these credentials.
func (c Credentials) provider(ctx context.Context, region string) (aws.CredentialsProvider, error) {
	if c == (Credentials{}) {
		found, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(region))
		if err != nil {
			return nil, fmt.Errorf("load the AWS configuration: %w", err)
		}
		return found.Credentials, nil
	}
	if c.AccessKeyID == "" || c.SecretAccessKey == "" {
		return nil, fmt.Errorf("AWS credentials need both an access key id and a secret access key")
	}
	static := credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
	return aws.NewCredentialsCache(static), nil
}

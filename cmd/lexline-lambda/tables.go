package main

import (
	"context"
	"errors"
	"time"

	"lexline/internal/dynamodb"
	"lexline/internal/region"
)

// tableSettings say which region table is used.
type tableSettings struct {
	name, region, endpoint string
}

// readTableSettings reads them, with an error that names the variables that are no
// good.
func readTableSettings(env environment) (tableSettings, error) {
	s := tableSettings{name: env.get("TABLE_NAME"), region: env.get("TABLE_REGION"), endpoint: env.get("AWS_ENDPOINT_URL_DYNAMODB")}
	for _, name := range []string{"AWS_REGION", "PRIMARY_REGION"} {
		if s.region == "" {
			s.region = env.get(name)
		}
	}
	if s.name == "" {
		return s, errors.New("TABLE_NAME is missing")
	}
	if err := checkEndpoint("AWS_ENDPOINT_URL_DYNAMODB", s.endpoint); err != nil {
		return s, err
	}
	return s, checkRegion("TABLE_REGION", s.region)
}

// open opens the table. It asks nobody. Eventual reads are enough for who only
// answers.
func (s tableSettings) open(ctx context.Context, limit time.Duration, eventual bool) (region.Table, error) {
	return dynamodb.Open(ctx, dynamodb.Config{
		Name: s.name, Region: s.region, Endpoint: s.endpoint, Deadline: limit, Eventual: eventual,
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// article is a model of the two Python functions that the article prints, as far as
// what they ask of Lex and DynamoDB goes, in their order, with their faults: they
// have no time limits of their own, one sample decides, a fault of the table counts
// as one of Lex, the test session is deleted where an error ends the run, and the
// bot's words must be the expected ones.
type article struct {
	table    string // endpoint of DynamoDB
	regions  []lexSide
	expected string
	limit    time.Duration // of a function, by Lambda
}

// errTimedOut is what Lambda says of a function that was not done in time.
var errTimedOut = errors.New("task timed out")

// test is lexDRTest. It looks at the regions in turn, home first. It means to write
// only what has changed, but compares a function with a text, so that it writes each
// time.
func (a *article) test(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, a.limit)
	defer cancel()
	for _, r := range a.regions {
		session := "lexDRTest"
		answered, good := a.try(ctx, r, session)
		if ctx.Err() != nil {
			return errTimedOut
		}
		if answered { // this stands outside of any try
			if err := r.client().deleteSession(ctx, session); err != nil {
				return fmt.Errorf("delete_session: %w", err)
			}
		}
		if good {
			return nil
		}
	}
	return a.write(ctx, "err")
}

// try is the try statement: the question, the comparison and the write.
func (a *article) try(ctx context.Context, r lexSide, session string) (answered, good bool) {
	words, err := r.client().recognizeText(ctx, session, utterance)
	if err != nil {
		return false, false
	}
	if !slices.Contains(words, a.expected) {
		return true, false
	}
	return true, a.write(ctx, r.name()) == nil
}

func (a *article) write(ctx context.Context, name string) error {
	_, err := dynamo(ctx, a.table, "UpdateItem", object{
		"TableName": tableName, "Key": object{"connectRegion": object{"S": home}},
		"UpdateExpression": "SET lexRegion = :r", "ExpressionAttributeValues": object{":r": object{"S": name}},
	})
	if err != nil && ctx.Err() != nil {
		return errTimedOut
	}
	return err
}

// getRegion is lexDRGetRegion: it answers what the row holds, and fails where there
// is none.
func (a *article) getRegion(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, a.limit)
	defer cancel()
	row, err := readRow(ctx, a.table)
	switch {
	case ctx.Err() != nil:
		return "", errTimedOut
	case err != nil:
		return "", err
	case row.region == "":
		return "", errors.New("KeyError: 'Item'")
	}
	return row.region, nil
}

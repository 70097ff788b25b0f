// Package lexhook makes the Lambda function behind an Amazon Lex V2 bot do
// what a caller asked for exactly once.
//
// A gateway that keeps calls alive sends a turn again when it got no answer:
// to the same region, to another one, or to both at a time. The function is
// then invoked twice for one wish, perhaps while the first invocation still
// runs, perhaps after it died half-way. lexline marks all requests of one turn
// with the same request attribute, TurnAttribute, which Lex hands on to the
// function. Once uses it, together with the name of the intent, as the key of
// a table: the first invocation writes the key down, works, and writes its
// answer beside the key; every other invocation with that key is given this
// answer and does nothing.
//
// # What a key goes through
//
// A key is absent, then started, then done. Started has a lease: a moment at
// which the invocation that started it is taken for dead. While the lease
// lasts, others wait for its answer. When it is over, one of them takes the
// key over and works again. A key that is done keeps its answer until it
// expires, by default after 24 hours.
//
// # The one thing that no table can know
//
// An invocation may die after it has done its work and before it has written
// that down. The next one, after the lease, cannot tell this from one that
// died before its work, and does the work again. Whoever must exclude this
// too passes the key on: Fulfil is given it, and it is the same in every
// repetition, so it can be the idempotency key of a payment, or the primary
// key of an order. An invocation whose work may go on for longer than the
// lease is stopped by its context before the lease is over.
//
// # The table
//
// All functions behind a bot, in all its regions, must share one table that
// decides between two writers: a single database, or a table of one region, or
// a strongly consistent one. With a table that is copied between regions later
// on, both may write first, and both work. NewMemory is a table for one
// process, OpenSQLite one for the processes of one machine, and the package
// lexhook/dynamokeys has one in Amazon DynamoDB. Table is small enough for others:
// each of its methods is one conditional write or one consistent read, and
// lexhook/keytest tests it.
//
// # Use
//
// In a Lambda function the handler that Once.Handler returns is what is given
// to lambda.Start of github.com/aws/aws-lambda-go. Event and Response are the
// formats of https://docs.aws.amazon.com/lexv2/latest/dg/lambda-input-format.html
// and https://docs.aws.amazon.com/lexv2/latest/dg/lambda-response-format.html;
// this package needs nothing but the standard library.
package lexhook

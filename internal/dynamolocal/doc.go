// Package dynamolocal is a small Amazon DynamoDB on the own machine: tables with a
// hash key, and a range key if one is wanted, kept in memory, served over DynamoDB's wire protocol, so that the
// unmodified AWS SDKs and the AWS CLI talk to it when they are given its address
// as endpoint. It is there for the drill, for the demo of the region table and
// for tests of what happens when a table fails.
//
// Served are CreateTable, DescribeTable, DeleteTable, ListTables, GetItem,
// PutItem, UpdateItem, DeleteItem, Query, Scan, UpdateTimeToLive and DescribeTimeToLive,
// with condition, key condition, update, projection and filter expressions. Indexes,
// batches, transactions and the parameters from before there were
// expressions are refused by name, but for the AttributeUpdates of UpdateItem.
//
// A request passes through three layers. The outermost (server.go, request.go,
// apierror.go) is HTTP and JSON: headers, checksums, errors with their types. The
// middle (tableops.go, itemops.go, scan.go, query.go) is the operations on tables (table.go).
// The core knows neither: values (value.go, number.go), and expressions, which are
// cut into tokens (lexer.go), parsed (parser.go, update.go, projection.go), checked
// as far as that needs no item (check.go), and evaluated (condition.go, apply.go).
//
// For drills a server can be broken on purpose, in the words of the local Lex: a
// Fault strikes requests (faultrequest.go), or the network under them. Packages
// fault and gate do what is not of DynamoDB in that. An admin listener sets faults
// (admin.go).
//
// The API is described at
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html,
// expressions at
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html.
package dynamolocal

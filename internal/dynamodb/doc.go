// Package dynamodb is the region table in Amazon DynamoDB: a region.Table of
// which every gateway, health check and contact flow of a fleet is told, in one
// AWS region or replicated to several as a global table. It asks three
// operations of DynamoDB, GetItem, PutItem and UpdateItem, each of one item, and
// leaves to region what the items mean. The key of an item is the attribute
// connectRegion, a text, as in
// https://aws.amazon.com/blogs/machine-learning/create-a-multi-region-amazon-lex-bot-with-amazon-connect-for-high-availability/
// so that a table lexDR that the functions of that article made is used as it is.
//
// # What an item may hold
//
// Of DynamoDB's types S, N, BOOL, M and L are read and written. Others may put
// anything into an item, and one attribute of theirs does not make it unreadable:
// what region.Item has no type for is left out when it is read, at whatever
// depth. That is NULL, the sets, binary values, numbers that are not whole or not of 64
// bits, and what is nested deeper than eight. An update touches no attribute that
// its change does not name, so what was left out stays in the table.
//
// # Waiting
//
// Each call has an own deadline and is tried once. The SDK's retries are off: by
// themselves they make three attempts, without any limit for an answer, and
// everything here is read again some seconds later anyway. Only in an Update
// may a second request follow the first, when a map has to be made, or when a
// number that was left out is in its way; both within the deadline.
//
// No call of a caller waits for this table. So names are looked up as the
// standard library does, without the address book that the client of Lex has for
// when names cannot be: connections are kept from one read to the next, and a
// table that is gone for the time of such an outage is advice that does not come.
package dynamodb

package dynamolocal

import (
	"fmt"
	"net/http"
)

// The namespaces of DynamoDB's error types.
const (
	ofDynamoDB = "com.amazonaws.dynamodb.v20120810#"
	ofService  = "com.amazon.coral.service#"
	ofValidate = "com.amazon.coral.validate#"
)

// apiError is an error of the API: a documented type, its HTTP status and a
// sentence for the person who reads the client's log. Without a type it is what a
// load balancer in front of the API says. See
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html.
type apiError struct {
	namespace, kind string
	status          int
	message         string
	item            item // of a condition that failed, if the client asked for it
}

func (e *apiError) Error() string {
	if e.kind == "" {
		return e.message
	}
	return e.kind + ": " + e.message
}

// invalid says that the request breaks a rule of the API.
func invalid(format string, args ...any) *apiError {
	return &apiError{ofValidate, "ValidationException", http.StatusBadRequest, fmt.Sprintf(format, args...), nil}
}

// unreadable says that a request is no JSON of the right shape.
func unreadable(format string, args ...any) *apiError {
	return &apiError{ofService, "SerializationException", http.StatusBadRequest, fmt.Sprintf(format, args...), nil}
}

// noTable says that a table is not there. The data operations and those on tables
// word it differently.
func noTable(message string) *apiError {
	return &apiError{ofDynamoDB, "ResourceNotFoundException", http.StatusBadRequest, message, nil}
}

// tableExists says that a table is there already.
func tableExists(name string) *apiError {
	return &apiError{ofDynamoDB, "ResourceInUseException", http.StatusBadRequest, "Table already exists: " + name, nil}
}

// conditionFailed says that a condition did not hold. old is told to the client.
func conditionFailed(old item) *apiError {
	return &apiError{ofDynamoDB, "ConditionalCheckFailedException", http.StatusBadRequest, "The conditional request failed", old}
}

// unknownOperation is what is answered to an operation that is none of ours.
func unknownOperation(target string) *apiError {
	return &apiError{ofService, "UnknownOperationException", http.StatusBadRequest, fmt.Sprintf("this local DynamoDB has no operation %q", target), nil}
}

// noSignature says that a request has none. The signature itself is not
// checked: any credentials will do.
func noSignature() *apiError {
	return &apiError{ofService, "MissingAuthenticationTokenException", http.StatusBadRequest, "Request is missing Authentication Token", nil}
}

// faultTypes are the errors that a fault can give, with namespace and HTTP status.
var faultTypes = map[string]apiError{
	"AccessDeniedException":                  {namespace: ofService, status: http.StatusBadRequest},
	"ExpiredTokenException":                  {namespace: ofService, status: http.StatusBadRequest},
	"InternalServerError":                    {namespace: ofDynamoDB, status: http.StatusInternalServerError},
	"ProvisionedThroughputExceededException": {namespace: ofDynamoDB, status: http.StatusBadRequest},
	"ReplicatedWriteConflictException":       {namespace: ofDynamoDB, status: http.StatusBadRequest},
	"RequestLimitExceeded":                   {namespace: ofDynamoDB, status: http.StatusBadRequest},
	"ResourceNotFoundException":              {namespace: ofDynamoDB, status: http.StatusBadRequest},
	"ServiceUnavailable":                     {namespace: ofDynamoDB, status: http.StatusServiceUnavailable},
	"ThrottlingException":                    {namespace: ofService, status: http.StatusBadRequest},
	"TransactionConflictException":           {namespace: ofDynamoDB, status: http.StatusBadRequest},
	"UnrecognizedClientException":            {namespace: ofService, status: http.StatusBadRequest},
}

// planted returns the error that a fault gives.
func planted(kind, message string) *apiError {
	e := faultTypes[kind]
	e.kind, e.message = kind, message
	return &e
}

// body returns what is sent of the error.
func (e *apiError) body() any {
	return struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Item    item   `json:"Item,omitempty"`
	}{e.namespace + e.kind, e.message, e.item}
}

package dynamolocal

import (
	"encoding/json"
	"slices"
	"strings"
)

// input is the parameters of all operations; each looks at its own.
type input struct {
	TableName                           string
	Key, Item                           map[string]json.RawMessage
	ConditionExpression                 *string
	UpdateExpression                    *string
	ProjectionExpression                *string
	FilterExpression                    *string
	KeyConditionExpression              *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           map[string]json.RawMessage
	AttributeUpdates                    map[string]attributeUpdate
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string

	Limit                          *int
	ExclusiveStartKey              map[string]json.RawMessage
	ScanIndexForward               *bool
	Select                         string
	ExclusiveStartTableName        string
	AttributeDefinitions           []attributeDefinition
	KeySchema                      []keyElement
	BillingMode                    string
	ProvisionedThroughput          *throughput
	TimeToLiveSpecification        *timeToLive
	GlobalSecondaryIndexes         []json.RawMessage
	LocalSecondaryIndexes          []json.RawMessage
	Expected, ScanFilter           json.RawMessage
	KeyConditions, QueryFilter     json.RawMessage
	ConditionalOperator, IndexName json.RawMessage
	AttributesToGet, Segment       json.RawMessage
}

// attributeUpdate is a change from before there were expressions.
type attributeUpdate struct {
	Action string
	Value  json.RawMessage
}

// refuse names parameters that are not understood, so that nobody believes they
// had been heeded.
func (in *input) refuse() *apiError {
	for _, p := range []struct {
		name string
		raw  json.RawMessage
	}{
		{"Expected", in.Expected},
		{"ConditionalOperator", in.ConditionalOperator},
		{"AttributesToGet", in.AttributesToGet},
		{"ScanFilter", in.ScanFilter},
		{"KeyConditions", in.KeyConditions},
		{"QueryFilter", in.QueryFilter},
		{"IndexName", in.IndexName},
		{"Segment", in.Segment},
	} {
		if len(p.raw) > 0 && string(p.raw) != "null" {
			return invalid("this local DynamoDB does not understand the parameter %s", p.name)
		}
	}
	return nil
}

// expressions is what the expressions of a request came to.
type expressions struct {
	condition  *node // also of a filter
	keys       *node // of a query
	actions    []action
	projection []path
}

// expressions reads the expressions that an operation understands.
func (in *input) expressions() (expressions, *apiError) {
	var x expressions
	if err := in.checkPlaceholders(); err != nil {
		return x, err
	}
	ph, err := newPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues)
	if err != nil {
		return x, err
	}
	if in.UpdateExpression != nil {
		if x.actions, err = parse("UpdateExpression", *in.UpdateExpression, ph, (*parser).update); err != nil {
			return x, err
		}
	}
	if in.ConditionExpression != nil {
		if x.condition, err = parse("ConditionExpression", *in.ConditionExpression, ph, (*parser).condition); err != nil {
			return x, err
		}
	}
	if in.FilterExpression != nil {
		if x.condition, err = parse("FilterExpression", *in.FilterExpression, ph, (*parser).condition); err != nil {
			return x, err
		}
	}
	if in.KeyConditionExpression != nil {
		if x.keys, err = parse("KeyConditionExpression", *in.KeyConditionExpression, ph, (*parser).condition); err != nil {
			return x, err
		}
	}
	if in.ProjectionExpression != nil {
		if x.projection, err = parse("ProjectionExpression", *in.ProjectionExpression, ph, (*parser).projection); err != nil {
			return x, err
		}
	}
	return x, ph.check()
}

// checkPlaceholders wants an expression where there is something to use in one.
func (in *input) checkPlaceholders() *apiError {
	withValues := in.UpdateExpression != nil || in.ConditionExpression != nil || in.FilterExpression != nil || in.KeyConditionExpression != nil
	switch {
	case in.ExpressionAttributeNames != nil && !withValues && in.ProjectionExpression == nil:
		return invalid("ExpressionAttributeNames can only be specified when using expressions")
	case in.ExpressionAttributeValues != nil && !withValues:
		return invalid("ExpressionAttributeValues can only be specified when using expressions")
	case in.AttributeUpdates != nil && withValues:
		return invalid("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributeUpdates}")
	}
	return nil
}

// oldActions makes actions of AttributeUpdates, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributeUpdates.html.
func (in *input) oldActions() ([]action, *apiError) {
	var actions []action
	for name, u := range in.AttributeUpdates {
		a := action{path: path{{name: name}}}
		if u.Value != nil {
			v, err := decodeValue(u.Value, 0)
			if err != nil {
				return nil, err
			}
			a.value = &node{op: opValue, value: v}
		}
		switch {
		case u.Action == verbDelete && a.value == nil:
			a.verb = verbRemove
		case a.value == nil:
			return nil, invalid("One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified")
		case u.Action == "" || u.Action == "PUT":
			a.verb = verbSet
		case u.Action == verbDelete && a.value.value.kind.isSet():
			a.verb = verbDelete
		case u.Action == verbAdd && (a.value.value.kind.isSet() || a.value.value.kind == kindN):
			a.verb = verbAdd
		default:
			return nil, invalid("One or more parameter values were invalid: %s action is not supported for the type %s", u.Action, a.value.value.kind)
		}
		actions = append(actions, a)
	}
	return actions, nil
}

// oneOf checks a parameter with a closed set of values.
func oneOf(name, value string, allowed ...string) *apiError {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]", value, name, strings.Join(allowed, ", "))
}

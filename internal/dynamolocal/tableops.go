package dynamolocal

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"regexp"
	"slices"
	"sync"
)

// attributeDefinition, keyElement and throughput are parts of a table's
// description as they stand on the wire.
type (
	attributeDefinition struct {
		AttributeName string
		AttributeType kind
	}
	keyElement struct {
		AttributeName, KeyType string
	}
	throughput struct {
		ReadCapacityUnits, WriteCapacityUnits, NumberOfDecreasesToday int64
	}
)

// description is what the API tells of a table.
type description struct {
	TableName             string
	TableStatus           string
	TableArn              string
	TableID               string `json:"TableId"`
	CreationDateTime      float64
	ItemCount             int
	TableSizeBytes        int
	AttributeDefinitions  []attributeDefinition
	KeySchema             []keyElement
	ProvisionedThroughput throughput
	BillingModeSummary    *billing `json:",omitempty"`
}

type billing struct{ BillingMode string }

func (t *table) describe(status string) description {
	count, size := t.totals()
	sum := sha256.Sum256([]byte(t.name))
	d := description{
		TableName: t.name, TableStatus: status, TableArn: "arn:aws:dynamodb:local:000000000000:table/" + t.name,
		TableID:               hex.EncodeToString(sum[:16]),
		CreationDateTime:      float64(t.created.UnixMilli()) / 1000,
		ItemCount:             count,
		TableSizeBytes:        size,
		KeySchema:             []keyElement{{t.keyName, "HASH"}},
		ProvisionedThroughput: throughput{ReadCapacityUnits: t.read, WriteCapacityUnits: t.write},
	}
	if t.sort.name != "" {
		d.KeySchema = append(d.KeySchema, keyElement{t.sort.name, "RANGE"})
	}
	for _, name := range t.keyNames() {
		d.AttributeDefinitions = append(d.AttributeDefinitions, attributeDefinition{name, t.kindOf(name)})
	}
	if t.billing == payPerRequest {
		d.BillingModeSummary = &billing{payPerRequest}
	}
	return d
}

// The billing modes of a table.
const (
	provisioned   = "PROVISIONED"
	payPerRequest = "PAY_PER_REQUEST"
)

// tableName is compiled when it is first needed: its bounded repetition is large.
var tableName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)
})

func checkTableName(name string) *apiError {
	switch {
	case name == "":
		return invalid("1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null")
	case !tableName().MatchString(name):
		return invalid("1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint: Member must be 3 to 255 letters, digits, '_', '.' or '-'", name)
	}
	return nil
}

func (s *Server) createTable(q *request) (any, *apiError) {
	in := &q.in
	if err := in.checkCreate(); err != nil {
		return nil, err
	}
	t := s.newTable(in)
	if in.BillingMode != payPerRequest {
		t.billing, t.read, t.write = provisioned, in.ProvisionedThroughput.ReadCapacityUnits, in.ProvisionedThroughput.WriteCapacityUnits
	}
	if !s.tables.add(t) {
		return nil, tableExists(t.name)
	}
	return map[string]any{"TableDescription": t.describe("CREATING")}, nil
}

// newTable returns an empty table by a definition that was checked. It is billed by
// request.
func (s *Server) newTable(in *input) *table {
	t := &table{
		name: in.TableName, keyName: in.KeySchema[0].AttributeName, billing: payPerRequest,
		created: s.cfg.Now(), expires: s.expired, items: make(map[string]item),
	}
	t.keyKind, _ = in.defined(t.keyName)
	if len(in.KeySchema) == 2 {
		t.sort.name = in.KeySchema[1].AttributeName
		t.sort.kind, _ = in.defined(t.sort.name)
	}
	return t
}

// defined returns the kind of an attribute, by its definition.
func (in *input) defined(name string) (kind, bool) {
	for _, d := range in.AttributeDefinitions {
		if d.AttributeName == name && name != "" {
			return d.AttributeType, true
		}
	}
	return "", false
}

// checkCreate looks at the definition of a new table.
func (in *input) checkCreate() *apiError {
	if err := checkTableName(in.TableName); err != nil {
		return err
	}
	if len(in.GlobalSecondaryIndexes) > 0 || len(in.LocalSecondaryIndexes) > 0 {
		return invalid("this local DynamoDB has no indexes")
	}
	if err := in.checkKeySchema(); err != nil {
		return err
	}
	p := in.ProvisionedThroughput
	switch {
	case !slices.Contains([]string{"", provisioned, payPerRequest}, in.BillingMode):
		return invalid("1 validation error detected: Value '%s' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]", in.BillingMode)
	case in.BillingMode == payPerRequest && p != nil:
		return invalid("One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case in.BillingMode != payPerRequest && (p == nil || p.ReadCapacityUnits < 1 || p.WriteCapacityUnits < 1):
		return invalid("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	return nil
}

func (in *input) checkKeySchema() *apiError {
	switch {
	case len(in.KeySchema) == 0:
		return invalid("1 validation error detected: Value null at 'keySchema' failed to satisfy constraint: Member must not be null")
	case len(in.KeySchema) > 2:
		return invalid("1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2")
	case in.KeySchema[0].KeyType != "HASH":
		return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(in.KeySchema) == 2 && in.KeySchema[1].KeyType != "RANGE":
		return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	case len(in.KeySchema) == 2 && in.KeySchema[0].AttributeName == in.KeySchema[1].AttributeName:
		return invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	case len(in.AttributeDefinitions) != len(in.KeySchema):
		return invalid("One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	for i, key := range in.KeySchema {
		switch defined, ok := in.defined(key.AttributeName); {
		case !ok:
			return invalid("One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [%s]", key.AttributeName)
		case !defined.hasOrder():
			return invalid("1 validation error detected: Value '%s' at 'attributeDefinitions.%d.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]", defined, i+1)
		}
	}
	return nil
}

// managed finds the table of an operation on tables.
func (s *Server) managed(q *request) (*table, *apiError) {
	if err := checkTableName(q.in.TableName); err != nil {
		return nil, err
	}
	t := s.tables.get(q.in.TableName)
	if t == nil {
		return nil, noTable("Requested resource not found: Table: " + q.in.TableName + " not found")
	}
	return t, nil
}

func (s *Server) describeTable(q *request) (any, *apiError) {
	t, err := s.managed(q)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Table": t.describe("ACTIVE")}, nil
}

func (s *Server) deleteTable(q *request) (any, *apiError) {
	if _, err := s.managed(q); err != nil {
		return nil, err
	}
	t := s.tables.remove(q.in.TableName)
	if t == nil { // somebody else was faster
		return nil, noTable("Requested resource not found: Table: " + q.in.TableName + " not found")
	}
	return map[string]any{"TableDescription": t.describe("DELETING")}, nil
}

func (s *Server) listTables(q *request) (any, *apiError) {
	const most = 100
	in := &q.in
	limit := most
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 || limit > most {
		return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value from 1 to %d", limit, most)
	}
	names := slices.DeleteFunc(s.tables.names(), func(name string) bool { return name <= in.ExclusiveStartTableName })
	slices.Sort(names)
	answer := struct {
		TableNames             []string
		LastEvaluatedTableName string `json:",omitempty"`
	}{TableNames: names}
	if len(names) > limit {
		answer.TableNames, answer.LastEvaluatedTableName = names[:limit], names[limit-1]
	}
	return answer, nil
}

// timeToLive is TimeToLiveSpecification.
type timeToLive struct {
	AttributeName string
	Enabled       bool
}

func (s *Server) updateTimeToLive(q *request) (any, *apiError) {
	t, err := s.managed(q)
	if err != nil {
		return nil, err
	}
	spec := q.in.TimeToLiveSpecification
	switch {
	case spec == nil || spec.AttributeName == "":
		return nil, invalid("1 validation error detected: Value null at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must not be null")
	case spec.Enabled && t.expiry() != "":
		return nil, invalid("TimeToLive is already enabled")
	case !spec.Enabled && t.expiry() == "":
		return nil, invalid("TimeToLive is already disabled")
	case spec.Enabled:
		t.setExpiry(spec.AttributeName)
	default:
		t.setExpiry("")
	}
	return map[string]any{"TimeToLiveSpecification": spec}, nil
}

func (s *Server) describeTimeToLive(q *request) (any, *apiError) {
	t, err := s.managed(q)
	if err != nil {
		return nil, err
	}
	told := map[string]string{"TimeToLiveStatus": "DISABLED"}
	if attribute := t.expiry(); attribute != "" {
		told = map[string]string{"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}
	}
	return map[string]any{"TimeToLiveDescription": told}, nil
}

// expired says whether an item's time is over: the attribute has it in seconds
// since 1970. Nothing expires unless the server was told to let it.
func (s *Server) expired(it item, attribute string) bool {
	v, ok := it[attribute]
	if !s.cfg.Expire || !ok || v.kind != kindN {
		return false
	}
	now := number{big.NewInt(s.cfg.Now().Unix()), 0}
	return v.number().compare(now) < 0
}

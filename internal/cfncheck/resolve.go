package cfncheck

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Environment is what a template is resolved for.
type Environment struct {
	Parameters map[string]string // over the defaults; lists with commas between
	Imports    map[string]string // by the name of the export
	Attributes map[string]string // by Resource.Attribute; what is not there resolves to a mark with that name
	Region     string
	Account    string
	Stack      string
}

// Resolved is a template for one environment: the properties of the resources that are
// made, and the outputs. Values are texts, lists ([]any) and maps (map[string]any);
// numbers and truths are texts.
type Resolved struct {
	Resources map[string]ResolvedResource
	Outputs   map[string]any
	Exports   map[string]any
}

// ResolvedResource is one resource that is made.
type ResolvedResource struct {
	Type       string
	Properties map[string]any
}

// JSON is the value of a property as a JSON document, for comparing it with others.
func (r ResolvedResource) JSON(property string) ([]byte, error) {
	text, err := json.Marshal(r.Properties[property])
	if err != nil {
		return nil, fmt.Errorf("write %s as JSON: %w", property, err)
	}
	return text, nil
}

// noValue is what AWS::NoValue resolves to: the property is not there.
type noValue struct{}

// Resolve works a template out. It errs where a parameter has no value or one that it
// does not take, or where a function cannot be worked out.
func (t *Template) Resolve(env Environment) (*Resolved, error) {
	r := &resolver{t: t, env: env}
	out := &Resolved{Resources: map[string]ResolvedResource{}, Outputs: map[string]any{}, Exports: map[string]any{}}
	if err := r.checkParameters(); err != nil {
		return nil, fmt.Errorf("resolve %s: %w", t.Name, err)
	}
	for _, f := range t.top.get("Resources").fields {
		made, err := r.made(f.value)
		if err != nil {
			return nil, fmt.Errorf("resolve %s: %s: %w", t.Name, f.name, err)
		}
		if !made {
			continue
		}
		value, err := r.value(f.value.get("Properties"))
		if err != nil {
			return nil, fmt.Errorf("resolve %s: %s: %w", t.Name, f.name, err)
		}
		properties, _ := value.(map[string]any)
		out.Resources[f.name] = ResolvedResource{f.value.get("Type").text, properties}
	}
	for _, f := range t.top.get("Outputs").fields {
		if err := r.output(f, out); err != nil {
			return nil, fmt.Errorf("resolve %s: output %s: %w", t.Name, f.name, err)
		}
	}
	return out, nil
}

type resolver struct {
	t      *Template
	env    Environment
	asking []string // the conditions that are being worked out
}

func (r *resolver) output(f field, out *Resolved) error {
	made, err := r.made(f.value)
	if err != nil || !made {
		return err
	}
	value, err := r.value(f.value.get("Value"))
	if err != nil {
		return err
	}
	out.Outputs[f.name] = value
	if name := f.value.get("Export").get("Name"); name.kind != empty {
		text, err := r.text(name)
		if err != nil {
			return err
		}
		out.Exports[text] = value
	}
	return nil
}

// made reports whether a resource or output is there.
func (r *resolver) made(n node) (bool, error) {
	condition := n.get("Condition")
	if condition.kind == empty {
		return true, nil
	}
	return r.condition(condition.text)
}

func (r *resolver) checkParameters() error {
	var faults []error
	parameters := r.t.top.get("Parameters")
	for name := range r.env.Parameters {
		if !parameters.has(name) {
			faults = append(faults, fmt.Errorf("there is no parameter %s", name))
		}
	}
	for _, f := range parameters.fields {
		value, given := r.env.Parameters[f.name]
		values := f.value.get("AllowedValues")
		switch {
		case !given && !f.value.has("Default"):
			faults = append(faults, fmt.Errorf("parameter %s has no value", f.name))
		case given && values.kind == list && !slices.ContainsFunc(values.list, func(v node) bool { return v.text == value }):
			faults = append(faults, fmt.Errorf("parameter %s cannot be %q", f.name, value))
		case given && f.value.get("Type").text == "Number" && !isNumber.MatchString(value):
			faults = append(faults, fmt.Errorf("parameter %s is no number: %q", f.name, value))
		}
		if pattern := f.value.get("AllowedPattern"); given && pattern.kind == scalar && !fits(pattern.text, value) {
			faults = append(faults, fmt.Errorf("parameter %s does not fit %s: %q", f.name, pattern.text, value))
		}
	}
	return errors.Join(faults...)
}

func (r *resolver) condition(name string) (bool, error) {
	rule := r.t.top.get("Conditions").get(name)
	if rule.kind == empty {
		return false, fmt.Errorf("there is no condition %s", name)
	}
	if slices.Contains(r.asking, name) {
		return false, fmt.Errorf("condition %s depends on itself", name)
	}
	r.asking = append(r.asking, name)
	defer func() { r.asking = r.asking[:len(r.asking)-1] }()
	return r.truth(rule)
}

func (r *resolver) truth(n node) (bool, error) {
	if n.kind != function {
		return false, fmt.Errorf("line %d: no condition", n.line)
	}
	arguments := n.arguments()
	switch n.text {
	case "Condition":
		return r.condition(arguments[0].text)
	case "Fn::Equals":
		a, errA := r.text(arguments[0])
		b, errB := r.text(arguments[1])
		return a == b, errors.Join(errA, errB)
	case "Fn::Not":
		yes, err := r.truth(arguments[0])
		return !yes, err
	case "Fn::And", "Fn::Or":
		var faults []error
		all, any := true, false
		for _, a := range arguments {
			yes, err := r.truth(a)
			all, any, faults = all && yes, any || yes, append(faults, err)
		}
		return n.text == "Fn::And" && all || n.text == "Fn::Or" && any, errors.Join(faults...)
	}
	return false, fmt.Errorf("line %d: %s is no condition", n.line, n.text)
}

func (r *resolver) value(n node) (any, error) {
	switch n.kind {
	case scalar:
		return n.text, nil
	case list:
		items := []any{}
		for _, item := range n.list {
			v, err := r.value(item)
			if err != nil {
				return nil, err
			}
			if v != (noValue{}) {
				items = append(items, v)
			}
		}
		return items, nil
	case mapping:
		fields := map[string]any{}
		for _, f := range n.fields {
			v, err := r.value(f.value)
			if err != nil {
				return nil, err
			}
			if v != (noValue{}) {
				fields[f.name] = v
			}
		}
		return fields, nil
	case function:
		v, err := r.call(n)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n.line, err)
		}
		return v, nil
	}
	return map[string]any{}, nil
}

func (r *resolver) text(n node) (string, error) {
	v, err := r.value(n)
	if err != nil {
		return "", err
	}
	text, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("line %d: a text is wanted here", n.line)
	}
	return text, nil
}

func (r *resolver) call(n node) (any, error) {
	arguments := n.arguments()
	switch n.text {
	case "Ref":
		return r.ref(arguments[0].text)
	case "Fn::GetAtt":
		return r.attribute(arguments[0].text + "." + arguments[1].text), nil
	case "Fn::Sub":
		return r.sub(arguments)
	case "Fn::If":
		yes, err := r.condition(arguments[0].text)
		if err != nil {
			return nil, err
		}
		if yes {
			return r.value(arguments[1])
		}
		return r.value(arguments[2])
	case "Fn::ImportValue":
		name, err := r.text(arguments[0])
		if v, ok := r.env.Imports[name]; ok {
			return v, err
		}
		return nil, errors.Join(err, fmt.Errorf("nothing is exported as %s", name))
	case "Fn::FindInMap":
		key, err := r.text(arguments[1])
		if err != nil {
			return nil, err
		}
		return r.value(r.t.top.get("Mappings").get(arguments[0].text).get(key).get(arguments[2].text))
	case "Fn::GetAZs":
		return []any{r.env.Region + "a", r.env.Region + "b", r.env.Region + "c"}, nil
	case "Fn::Base64":
		return r.text(arguments[0])
	case "Fn::Join", "Fn::Split", "Fn::Select", "Fn::Cidr":
		return r.ofList(n.text, arguments)
	}
	return nil, fmt.Errorf("%s cannot be worked out", n.text)
}

func (r *resolver) ref(name string) (any, error) {
	switch name {
	case "AWS::NoValue":
		return noValue{}, nil
	case "AWS::Region":
		return r.env.Region, nil
	case "AWS::AccountId":
		return r.env.Account, nil
	case "AWS::Partition":
		return "aws", nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return r.env.Stack, nil
	case "AWS::StackId":
		return fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/0", r.env.Region, r.env.Account, r.env.Stack), nil
	}
	p := r.t.top.get("Parameters").get(name)
	if p.kind == empty {
		return r.attribute(name), nil
	}
	value, ok := r.env.Parameters[name]
	if !ok {
		value = p.get("Default").text
	}
	if kind := p.get("Type").text; kind != "CommaDelimitedList" && !strings.HasPrefix(kind, "List<") {
		return value, nil
	}
	items := []any{}
	for item := range strings.SplitSeq(value, ",") {
		items = append(items, strings.TrimSpace(item))
	}
	return items, nil
}

// attribute is that of a resource, or a mark where it is not known.
func (r *resolver) attribute(name string) string {
	if v, ok := r.env.Attributes[name]; ok {
		return v
	}
	return "<" + name + ">"
}

func (r *resolver) sub(arguments []node) (any, error) {
	var faults []error
	text := variable.ReplaceAllStringFunc(arguments[0].text, func(v string) string {
		name := v[2 : len(v)-1]
		if len(arguments) == 2 && arguments[1].has(name) {
			text, err := r.text(arguments[1].get(name))
			faults = append(faults, err)
			return text
		}
		if strings.Contains(name, ".") {
			return r.attribute(name)
		}
		value, err := r.ref(name)
		text, ok := value.(string)
		if !ok && err == nil {
			err = fmt.Errorf("%s is no text", name)
		}
		faults = append(faults, err)
		return text
	})
	return strings.ReplaceAll(text, "${!", "${"), errors.Join(faults...)
}

func (r *resolver) ofList(name string, arguments []node) (any, error) {
	if name == "Fn::Cidr" {
		return r.cidr(arguments)
	}
	first, err := r.text(arguments[0])
	if err != nil {
		return nil, err
	}
	second, err := r.value(arguments[1])
	if err != nil {
		return nil, err
	}
	if name == "Fn::Split" {
		text, ok := second.(string)
		if !ok {
			return nil, errors.New("Fn::Split splits a text")
		}
		items := []any{}
		for part := range strings.SplitSeq(text, first) {
			items = append(items, part)
		}
		return items, nil
	}
	items, ok := second.([]any)
	if !ok {
		return nil, fmt.Errorf("%s wants a list", name)
	}
	if name == "Fn::Select" {
		i, err := strconv.Atoi(first)
		if err != nil || i < 0 || i >= len(items) {
			return nil, fmt.Errorf("the list has no item %q", first)
		}
		return items[i], nil
	}
	var parts []string
	for _, item := range items {
		parts = append(parts, fmt.Sprint(item))
	}
	return strings.Join(parts, first), nil
}

// cidr divides a block of addresses of IP version 4 into blocks with so many bits of
// host addresses.
func (r *resolver) cidr(arguments []node) (any, error) {
	block, err := r.text(arguments[0])
	if err != nil {
		return nil, err
	}
	prefix, err := netip.ParsePrefix(block)
	if err != nil || !prefix.Addr().Is4() {
		return nil, fmt.Errorf("%q is no block of addresses", block)
	}
	count, errCount := strconv.Atoi(arguments[1].text)
	bits, errBits := strconv.Atoi(arguments[2].text)
	if err := errors.Join(errCount, errBits); err != nil || bits < 1 || bits > 32 {
		return nil, fmt.Errorf("how a block is divided: %w", err)
	}
	a := prefix.Masked().Addr().As4()
	start := uint64(a[0])<<24 | uint64(a[1])<<16 | uint64(a[2])<<8 | uint64(a[3])
	blocks := []any{}
	for i := range count {
		at := start + uint64(i)<<bits
		if at+1<<bits > start+1<<(32-prefix.Bits()) {
			return nil, fmt.Errorf("%s is too small for %d blocks of %d bits", block, count, bits)
		}
		next := netip.AddrFrom4([4]byte{byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at)})
		blocks = append(blocks, netip.PrefixFrom(next, 32-bits).String())
	}
	return blocks, nil
}

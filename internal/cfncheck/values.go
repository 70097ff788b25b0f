package cfncheck

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// properties checks a map against the properties that it may and must have.
func (c *checker) properties(n node, at string, may map[string]property) {
	if n.kind == function {
		c.branches(n, at, func(n node) { c.properties(n, at, may) })
		return
	}
	if n.kind != mapping {
		c.problem(n.line, at, "must be a map of properties")
		return
	}
	for _, f := range n.fields {
		p, ok := may[f.name]
		if !ok {
			c.problem(f.line, at, "there is no property %s", f.name)
			continue
		}
		c.value(f.value, at+"."+f.name, p.Type)
	}
	for name, p := range may {
		if p.Required && !n.has(name) {
			c.problem(n.line, at, "the property %s is missing", name)
		}
	}
}

// branches calls check for the values that a function may come to, as far as they stand
// in the template.
func (c *checker) branches(n node, at string, check func(node)) {
	if n.text != "Fn::If" {
		return
	}
	arguments := n.arguments()
	if len(arguments) != 3 {
		c.problem(n.line, at, "Fn::If has a condition and two values")
		return
	}
	for _, branch := range arguments[1:] {
		if !isNoValue(branch) {
			check(branch)
		}
	}
}

func isNoValue(n node) bool {
	return n.kind == function && n.text == "Ref" && n.arguments()[0].text == "AWS::NoValue"
}

// value checks a value against its type.
func (c *checker) value(n node, at string, t valueType) {
	if fault := c.fault(n, at, t); fault != "" {
		c.problem(n.line, at, "%s", fault)
	}
}

// fault is why a value is not of a type, empty if it is. What is wrong inside of maps
// and lists is noted as a problem.
func (c *checker) fault(n node, at string, t valueType) string {
	if t.Kind == "union" {
		return c.faultOfUnion(n, at, t)
	}
	if n.kind == empty {
		return "has no value"
	}
	if n.kind == function {
		c.branches(n, at, func(n node) { c.value(n, at, t) })
		return c.faultOfFunction(n, t)
	}
	switch t.Kind {
	case "array":
		if n.kind != list {
			return "must be a list"
		}
		for i, item := range n.list {
			if !isNoValue(item) {
				c.value(item, fmt.Sprintf("%s[%d]", at, i), *t.Element)
			}
		}
	case "map":
		if n.kind != mapping {
			return "must be a map"
		}
		for _, f := range n.fields {
			c.value(f.value, at+"."+f.name, *t.Element)
		}
	case "ref":
		if n.kind != mapping {
			return "must be a map of properties"
		}
		c.properties(n, at, c.spec.Definitions[t.Ref].Properties)
	case "tag":
		if n.kind != mapping {
			return "must be a tag"
		}
		c.properties(n, at, tagProperties)
	case "json":
		if n.kind != mapping && n.kind != list && n.kind != scalar {
			return "must be a document"
		}
	default:
		return faultOfScalar(n, t)
	}
	return ""
}

// faultOfUnion tries the types that a value may have, with what is wrong inside of it.
func (c *checker) faultOfUnion(n node, at string, t valueType) string {
	before := c.problems
	var first []Problem
	for i, one := range t.Types {
		c.problems = nil
		if fault := c.fault(n, at, one); fault != "" {
			c.problem(n.line, at, "%s", fault)
		}
		found := c.problems
		c.problems = before
		if len(found) == 0 {
			return ""
		}
		if i == 0 {
			first = found
		}
	}
	c.problems = append(before, first...)
	return ""
}

var (
	isInteger = regexp.MustCompile(`^-?\d+$`)
	isNumber  = regexp.MustCompile(`^-?\d+(\.\d+)?([eE]-?\d+)?$`)
)

func faultOfScalar(n node, t valueType) string {
	if n.kind != scalar {
		return "must be one value, a " + t.Kind
	}
	switch t.Kind {
	case "integer":
		if !isInteger.MatchString(n.text) {
			return fmt.Sprintf("%q is no whole number", n.text)
		}
	case "number":
		if !isNumber.MatchString(n.text) {
			return fmt.Sprintf("%q is no number", n.text)
		}
	case "boolean":
		if _, err := strconv.ParseBool(n.text); err != nil || len(n.text) < 4 {
			return fmt.Sprintf("%q is neither true nor false", n.text)
		}
	}
	if len(t.Values) > 0 && !slices.Contains(t.Values, n.text) {
		return fmt.Sprintf("%q is none of %s", n.text, strings.Join(t.Values, ", "))
	}
	return ""
}

// faultOfFunction is why a function's value is not of a type, as far as it is known what
// it comes to: a list or one value.
func (c *checker) faultOfFunction(n node, t valueType) string {
	wants, sure := t.isList()
	if t.Kind == "ref" || t.Kind == "tag" || t.Kind == "map" {
		if n.text != "Fn::If" && n.text != "Ref" {
			return n.text + " cannot be a map of properties"
		}
		return ""
	}
	gives, known := c.givesList(n)
	switch {
	case !sure || !known || wants == gives:
		return ""
	case wants:
		return fmt.Sprintf("must be a list, and %s gives one value", n.text)
	}
	return fmt.Sprintf("must be one value, and %s gives a list", n.text)
}

// givesList reports whether a function comes to a list, and whether that is known.
func (c *checker) givesList(n node) (yes, known bool) {
	switch n.text {
	case "Fn::Cidr", "Fn::GetAZs", "Fn::Split":
		return true, true
	case "Fn::Sub", "Fn::Join", "Fn::Base64", "Fn::ImportValue", "Fn::Select":
		return false, true
	case "Ref":
		name := n.arguments()[0].text
		if p := c.t.top.get("Parameters").get(name); p.kind != empty {
			kind := p.get("Type").text
			return kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<"), true
		}
		return false, name != "AWS::NoValue" && name != "AWS::NotificationARNs"
	case "Fn::GetAtt":
		if a := n.arguments(); len(a) == 2 {
			r := c.t.top.get("Resources").get(a[0].text)
			return c.spec.Types[r.get("Type").text].Attributes[a[1].text].Type.isList()
		}
	}
	return false, false
}

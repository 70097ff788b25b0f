package cfncheck

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Template is one template as it was read.
type Template struct {
	Name string // what its problems are told of

	top  node
	size int
}

// MaxTemplate is the largest template in bytes that a request may carry; a larger one
// must be put into S3 first
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
const MaxTemplate = 51200

// node is a value of a template: a text, a list, a map, or a call of an intrinsic
// function.
type node struct {
	line   int
	kind   kind
	text   string  // of a scalar; the name of a function, such as Fn::Sub or Ref
	list   []node  // of a list; of a function one, its argument
	fields []field // of a map, in the order of the file
}

type field struct {
	name  string
	line  int
	value node
}

type kind int

const (
	scalar kind = iota
	list
	mapping
	function
	empty
)

// shortForms are the tags of YAML that stand for functions whose long form is not Fn::
// and the tag.
var shortForms = map[string]string{"Ref": "Ref", "Condition": "Condition"}

// argumentsOf are the intrinsic functions that are understood, by their long form, with
// how many arguments each has.
var argumentsOf = map[string]struct{ least, most int }{
	"Ref": {1, 1}, "Condition": {1, 1}, "Fn::And": {2, 10}, "Fn::Base64": {1, 1}, "Fn::Cidr": {3, 3}, "Fn::Equals": {2, 2},
	"Fn::FindInMap": {3, 3}, "Fn::GetAZs": {1, 1}, "Fn::GetAtt": {2, 2}, "Fn::If": {3, 3}, "Fn::ImportValue": {1, 1}, "Fn::Join": {2, 2},
	"Fn::Not": {1, 1}, "Fn::Or": {2, 10}, "Fn::Select": {2, 2}, "Fn::Split": {2, 2}, "Fn::Sub": {1, 2},
}

// Parse reads a template in YAML. Its error names the line.
func Parse(name string, text []byte) (*Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("read template %s: %w", name, err)
	}
	if len(document.Content) != 1 {
		return nil, fmt.Errorf("read template %s: it is empty", name)
	}
	top, err := convert(document.Content[0])
	if err != nil {
		return nil, fmt.Errorf("read template %s: %w", name, err)
	}
	if top.kind != mapping {
		return nil, fmt.Errorf("read template %s: line %d: it is no map of sections", name, top.line)
	}
	return &Template{Name: name, top: top, size: len(text)}, nil
}

// convert makes a node of one of YAML, short forms of functions included.
func convert(y *yaml.Node) (node, error) {
	if short, ok := strings.CutPrefix(y.Tag, "!"); ok && !strings.HasPrefix(y.Tag, "!!") {
		long := shortForms[short]
		if long == "" {
			long = "Fn::" + short
		}
		if argumentsOf[long].most == 0 {
			return node{}, fmt.Errorf("line %d: there is no function !%s", y.Line, short)
		}
		plain := *y
		plain.Tag = ""
		argument, err := convert(&plain)
		if err != nil {
			return node{}, err
		}
		if long == "Fn::GetAtt" && argument.kind == scalar {
			argument = split(argument)
		}
		return call(y.Line, long, argument)
	}
	switch y.Kind {
	case yaml.ScalarNode:
		if y.Tag == "!!null" {
			return node{line: y.Line, kind: empty}, nil
		}
		return node{line: y.Line, text: y.Value}, nil
	case yaml.SequenceNode:
		n := node{line: y.Line, kind: list}
		for _, item := range y.Content {
			value, err := convert(item)
			if err != nil {
				return node{}, err
			}
			n.list = append(n.list, value)
		}
		return n, nil
	case yaml.MappingNode:
		return convertMap(y)
	}
	return node{}, fmt.Errorf("line %d: aliases of YAML are not understood by CloudFormation", y.Line)
}

// call is a function with its argument, of which there is the right number.
func call(line int, name string, argument node) (node, error) {
	n := node{line: line, kind: function, text: name, list: []node{argument}}
	want := argumentsOf[name]
	switch got := len(n.arguments()); {
	case want.most == 0:
		return node{}, fmt.Errorf("line %d: there is no function %s", line, name)
	case got < want.least || got > want.most:
		return node{}, fmt.Errorf("line %d: %s has %d arguments", line, name, got)
	}
	return n, nil
}

// split makes of Name.Attribute the list of both.
func split(n node) node {
	resource, attribute, _ := strings.Cut(n.text, ".")
	return node{line: n.line, kind: list, list: []node{{line: n.line, text: resource}, {line: n.line, text: attribute}}}
}

func convertMap(y *yaml.Node) (node, error) {
	n := node{line: y.Line, kind: mapping}
	for i := 0; i+1 < len(y.Content); i += 2 {
		name := y.Content[i].Value
		value, err := convert(y.Content[i+1])
		if err != nil {
			return node{}, err
		}
		if slices.ContainsFunc(n.fields, func(f field) bool { return f.name == name }) {
			return node{}, fmt.Errorf("line %d: %s is there twice", y.Content[i].Line, name)
		}
		n.fields = append(n.fields, field{name, y.Content[i].Line, value})
	}
	if len(n.fields) == 1 && (n.fields[0].name == "Ref" || strings.HasPrefix(n.fields[0].name, "Fn::")) {
		return call(n.fields[0].line, n.fields[0].name, n.fields[0].value)
	}
	return n, nil
}

// get returns a field of a map, an empty node if there is none.
func (n node) get(name string) node {
	for _, f := range n.fields {
		if f.name == name {
			return f.value
		}
	}
	return node{line: n.line, kind: empty}
}

// has reports whether a map has a field.
func (n node) has(name string) bool {
	return slices.ContainsFunc(n.fields, func(f field) bool { return f.name == name })
}

// arguments are those of a function, of which there is the right number.
func (n node) arguments() []node {
	if n.list[0].kind == list {
		return n.list[0].list
	}
	return n.list
}

// names are those of a section's entries.
func (t *Template) names(section string) (names []string) {
	for _, f := range t.top.get(section).fields {
		names = append(names, f.name)
	}
	return names
}

// Types are the types of the template's resources, each once.
func (t *Template) Types() (types []string) {
	for _, f := range t.top.get("Resources").fields {
		if name := f.value.get("Type").text; name != "" && !slices.Contains(types, name) {
			types = append(types, name)
		}
	}
	return types
}

// Parameters are the names of the template's parameters; required are those without a
// default.
func (t *Template) Parameters() (all, required []string) {
	for _, f := range t.top.get("Parameters").fields {
		all = append(all, f.name)
		if !f.value.has("Default") {
			required = append(required, f.name)
		}
	}
	return all, required
}

// Outputs are the names of the template's outputs.
func (t *Template) Outputs() []string { return t.names("Outputs") }

// exported is the name of an export, as it is written.
type exported struct {
	text string
	line int
}

func (t *Template) exports() (found []exported) {
	for _, f := range t.top.get("Outputs").fields {
		name := f.value.get("Export").get("Name")
		if name.kind != empty {
			found = append(found, exported{written(name), name.line})
		}
	}
	return found
}

// written is a text as it stands in a template, whether a function makes it or not.
func written(n node) string {
	switch {
	case n.kind == scalar:
		return n.text
	case n.kind == function && n.text == "Fn::Sub" && n.list[0].kind == scalar:
		return n.arguments()[0].text
	case n.kind == function && n.text == "Ref":
		return "${" + n.arguments()[0].text + "}"
	}
	return fmt.Sprintf("a value in line %d", n.line)
}

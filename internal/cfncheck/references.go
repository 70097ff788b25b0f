package cfncheck

import (
	"regexp"
	"slices"
	"strings"
)

// pseudo are the parameters that every template has.
var pseudo = []string{
	"AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix",
}

// references checks what functions refer to in a value. known are the conditions that
// are true where it is used.
func (c *checker) references(n node, at string, known []string) {
	if n.kind != function {
		for _, item := range n.list {
			c.references(item, at, known)
		}
		for _, f := range n.fields {
			c.references(f.value, at+"."+f.name, known)
		}
		return
	}
	arguments := n.arguments()
	switch n.text {
	case "Ref":
		c.refersTo(arguments[0].text, n.line, at, known)
	case "Condition":
		c.usesCondition(arguments[0].text, n.line, at)
	case "Fn::GetAtt":
		c.hasAttribute(arguments[0].text, arguments[1].text, n.line, at, known)
	case "Fn::Sub":
		c.substitutes(n, at, known)
	case "Fn::FindInMap":
		c.findsInMap(arguments, n.line, at)
	case "Fn::ImportValue":
		c.imports(arguments[0], n.line, at)
	case "Fn::If":
		c.usesCondition(arguments[0].text, n.line, at)
		c.references(arguments[1], at, append(slices.Clone(known), c.alsoTrue(arguments[0].text, nil)...))
		c.references(arguments[2], at, append(slices.Clone(known), c.trueUnless(arguments[0].text)...))
		return
	}
	for _, a := range arguments {
		c.references(a, at, known)
	}
}

// trueUnless are the conditions that are true where another one is not: those that are
// its denial, or that it denies.
func (c *checker) trueUnless(name string) (known []string) {
	denied := func(n node) string {
		if n.kind == function && n.text == "Fn::Not" {
			if inner := n.arguments()[0]; inner.kind == function && inner.text == "Condition" {
				return inner.arguments()[0].text
			}
		}
		return ""
	}
	conditions := c.t.top.get("Conditions")
	if of := denied(conditions.get(name)); of != "" {
		known = c.alsoTrue(of, known)
	}
	for _, f := range conditions.fields {
		if denied(f.value) == name {
			known = c.alsoTrue(f.name, known)
		}
	}
	return known
}

func (c *checker) usesCondition(name string, line int, at string) {
	c.seen["condition "+name] = true
	if !c.t.top.get("Conditions").has(name) {
		c.problem(line, at, "there is no condition %s", name)
	}
}

// refersTo checks what is named by Ref, or as a variable of Sub.
func (c *checker) refersTo(name string, line int, at string, known []string) {
	switch {
	case slices.Contains(pseudo, name):
	case c.t.top.get("Parameters").has(name):
		c.seen["parameter "+name] = true
	case c.t.top.get("Resources").has(name):
		c.mayBeMissing(name, line, at, known)
	default:
		c.problem(line, at, "there is no parameter or resource %s", name)
	}
}

// mayBeMissing reports the use of a resource that is not always made.
func (c *checker) mayBeMissing(name string, line int, at string, known []string) {
	condition := c.t.top.get("Resources").get(name).get("Condition").text
	if condition != "" && !slices.Contains(known, condition) {
		c.problem(line, at, "%s is made only where %s is true, and this is used where that need not be", name, condition)
	}
}

func (c *checker) hasAttribute(name, attribute string, line int, at string, known []string) {
	resources := c.t.top.get("Resources")
	if !resources.has(name) {
		c.problem(line, at, "there is no resource %s", name)
		return
	}
	kind := resources.get(name).get("Type").text
	if _, ok := c.spec.Types[kind].Attributes[attribute]; !ok && len(c.spec.Types) > 0 {
		c.problem(line, at, "a %s has no attribute %s", kind, attribute)
	}
	c.mayBeMissing(name, line, at, known)
}

// variable is one of a text that Sub fills in. ${!Literal} is none.
var variable = regexp.MustCompile(`\$\{([^!}][^}]*)\}`)

// subVariables are those of a Sub that stand for parameters and resources.
func subVariables(n node) (names []string) {
	arguments := n.arguments()
	if len(arguments) == 0 {
		return nil
	}
	for _, v := range variable.FindAllStringSubmatch(arguments[0].text, -1) {
		if len(arguments) < 2 || !arguments[1].has(v[1]) {
			names = append(names, v[1])
		}
	}
	return names
}

func (c *checker) substitutes(n node, at string, known []string) {
	arguments := n.arguments()
	for _, name := range subVariables(n) {
		if resource, attribute, ok := strings.Cut(name, "."); ok {
			c.hasAttribute(resource, attribute, n.line, at, known)
			continue
		}
		c.refersTo(name, n.line, at, known)
	}
	if len(arguments) == 2 {
		for _, f := range arguments[1].fields {
			if !strings.Contains(arguments[0].text, "${"+f.name+"}") {
				c.problem(f.line, at, "the text of Fn::Sub has no ${%s}", f.name)
			}
		}
	}
	if !variable.MatchString(arguments[0].text) {
		c.problem(n.line, at, "Fn::Sub has nothing to fill in")
	}
}

// findsInMap checks the keys of a mapping as far as they are known: those that stand
// there, and all values that a parameter may have.
func (c *checker) findsInMap(arguments []node, line int, at string) {
	m := c.t.top.get("Mappings").get(arguments[0].text)
	if m.kind == empty {
		c.problem(line, at, "there is no mapping %s", arguments[0].text)
		return
	}
	c.seen["mapping "+arguments[0].text] = true
	first := []string{arguments[1].text}
	if arguments[1].kind == function {
		first = nil
		for _, v := range c.t.top.get("Parameters").get(arguments[1].arguments()[0].text).get("AllowedValues").list {
			first = append(first, v.text)
		}
		if first == nil {
			c.problem(line, at, "the key of mapping %s may be anything; a parameter with AllowedValues is wanted", arguments[0].text)
		}
	}
	for _, key := range first {
		if !m.get(key).has(arguments[2].text) {
			c.problem(line, at, "mapping %s has no %s of %s", arguments[0].text, arguments[2].text, key)
		}
	}
}

// imports checks that some template exports what is imported, by the same words.
func (c *checker) imports(n node, line int, at string) {
	name := written(n)
	if _, ok := c.exports[name]; !ok {
		c.problem(line, at, "no template exports %s", name)
	}
}

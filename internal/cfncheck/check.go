package cfncheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// checker checks one template.
type checker struct {
	t       *Template
	spec    *Spec
	rules   Rules
	exports map[string]*Template // what all templates export, as it is written
	used    map[string]bool      // rules
	seen    map[string]bool      // what is referred to, by kind and name

	problems []Problem
}

func (c *checker) problem(line int, at, format string, args ...any) {
	c.problems = append(c.problems, Problem{c.t.Name, line, at, fmt.Sprintf(format, args...)})
}

// sections are those that a template may have here. A transform would have templates
// that nothing here has seen.
var sections = []string{"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Resources", "Outputs"}

func (c *checker) check() {
	c.seen = map[string]bool{}
	top := c.t.top
	for _, f := range top.fields {
		if !slices.Contains(sections, f.name) {
			c.problem(f.line, f.name, "a template has no such section here")
		}
	}
	if top.get("AWSTemplateFormatVersion").text != "2010-09-09" {
		c.problem(1, "AWSTemplateFormatVersion", "is not 2010-09-09")
	}
	if d := top.get("Description"); d.kind != scalar || len(d.text) > 1024 {
		c.problem(d.line, "Description", "is missing, or longer than 1024 bytes")
	}
	if c.t.size > MaxTemplate {
		c.problem(1, "size", "%d bytes are more than the %d that a request may carry", c.t.size, MaxTemplate)
	}
	c.parameters()
	c.mappings()
	c.conditions()
	c.resources()
	c.outputs()
	c.unused()
}

// logicalName is the form of names of parameters, resources and outputs.
var logicalName = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// longestText is how long such a name may be, and a description of a security group. It
// is not in the expressions, which would grow with it.
const longestText = 255

// isName reports whether a parameter, a resource or an output may have that name.
func isName(name string) bool { return len(name) <= longestText && logicalName.MatchString(name) }

// parameterKeys are those of a parameter.
var parameterKeys = []string{
	"AllowedPattern", "AllowedValues", "ConstraintDescription", "Default", "Description", "MaxLength", "MaxValue", "MinLength", "MinValue", "NoEcho", "Type",
}

// parameterTypes are those that are of use here.
var parameterTypes = regexp.MustCompile(`^(String|Number|CommaDelimitedList|List<(Number|AWS::EC2::[\w:]+|String)>|AWS::(EC2|Route53|SSM|ECR|ElasticLoadBalancing)[\w:<>.]+)$`)

// secretName is how a parameter or variable is named that nobody should read.
var secretName = regexp.MustCompile(`(?i)(auth_?token|secret|password|private_?key|api_?key)$`)

func (c *checker) parameters() {
	for _, f := range c.t.top.get("Parameters").fields {
		at := "Parameters." + f.name
		p := f.value
		if !isName(f.name) {
			c.problem(f.line, at, "is no name of letters and digits")
		}
		for _, key := range p.fields {
			if !slices.Contains(parameterKeys, key.name) {
				c.problem(key.line, at, "a parameter has no %s", key.name)
			}
		}
		if kind := p.get("Type").text; !parameterTypes.MatchString(kind) {
			c.problem(f.line, at, "there is no type %q of parameters", kind)
		}
		if p.get("Description").text == "" {
			c.problem(f.line, at, "has no description")
		}
		if secretName.MatchString(f.name) && p.get("NoEcho").text != "true" {
			c.problem(f.line, at, "is a secret by its name, and has no NoEcho")
		}
		c.defaultValue(at, p)
	}
}

// defaultValue checks that a parameter's default is one that may be given.
func (c *checker) defaultValue(at string, p node) {
	if !p.has("Default") {
		return
	}
	d := p.get("Default")
	values := p.get("AllowedValues")
	if values.kind == list && !slices.ContainsFunc(values.list, func(v node) bool { return v.text == d.text }) {
		c.problem(d.line, at, "its default %q is none of its values", d.text)
	}
	pattern := p.get("AllowedPattern")
	if pattern.kind != scalar {
		return
	}
	if _, err := regexp.Compile(pattern.text); err != nil {
		c.problem(pattern.line, at, "its pattern is none: %v", err)
	} else if !fits(pattern.text, d.text) {
		c.problem(d.line, at, "its default %q does not fit its pattern", d.text)
	}
}

// fits reports whether the whole of a value is of a pattern's form.
func fits(pattern, value string) bool {
	form, err := regexp.Compile(`^(?:` + pattern + `)$`)
	return err == nil && form.MatchString(value)
}

func (c *checker) mappings() {
	for _, m := range c.t.top.get("Mappings").fields {
		var keys []string
		for i, first := range m.value.fields {
			var second []string
			for _, f := range first.value.fields {
				if f.value.kind != scalar && f.value.kind != list {
					c.problem(f.line, "Mappings."+m.name, "%s is neither a text nor a list", f.name)
				}
				second = append(second, f.name)
			}
			slices.Sort(second)
			if i > 0 && !slices.Equal(keys, second) {
				c.problem(first.line, "Mappings."+m.name, "%s has other keys than the first entry", first.name)
			}
			keys = second
		}
	}
}

// conditionFunctions may stand in a condition.
var conditionFunctions = []string{"Ref", "Condition", "Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Fn::FindInMap", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::Split"}

func (c *checker) conditions() {
	for _, f := range c.t.top.get("Conditions").fields {
		at := "Conditions." + f.name
		if f.value.kind != function || !slices.Contains([]string{"Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Condition"}, f.value.text) {
			c.problem(f.line, at, "is no condition")
			continue
		}
		walk(f.value, func(n node) {
			if n.kind == function && !slices.Contains(conditionFunctions, n.text) {
				c.problem(n.line, at, "%s cannot stand in a condition", n.text)
			}
		})
		c.references(f.value, at, nil)
	}
	for _, f := range c.t.top.get("Conditions").fields {
		if c.leadsToItself(f.name, nil) {
			c.problem(f.line, "Conditions."+f.name, "depends on itself")
		}
	}
}

func (c *checker) leadsToItself(name string, way []string) bool {
	if slices.Contains(way, name) {
		return true
	}
	round := false
	walk(c.t.top.get("Conditions").get(name), func(n node) {
		if n.kind == function && n.text == "Condition" {
			round = round || c.leadsToItself(n.arguments()[0].text, append(slices.Clone(way), name))
		}
	})
	return round
}

// walk calls visit for a node and everything in it.
func walk(n node, visit func(node)) {
	visit(n)
	for _, item := range n.list {
		walk(item, visit)
	}
	for _, f := range n.fields {
		walk(f.value, visit)
	}
}

// resourceKeys are those of a resource beside its properties.
var resourceKeys = []string{"Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata", "CreationPolicy", "UpdatePolicy"}

func (c *checker) resources() {
	resources := c.t.top.get("Resources")
	if len(resources.fields) == 0 {
		c.problem(1, "Resources", "there are none")
	}
	for _, f := range resources.fields {
		c.resource(f)
	}
	for _, f := range resources.fields {
		if way := c.round(f.name, nil); way != nil {
			c.problem(f.line, "Resources."+f.name, "depends on itself: %s", strings.Join(way, " -> "))
		}
	}
}

func (c *checker) resource(f field) {
	at := "Resources." + f.name
	r := f.value
	if !isName(f.name) {
		c.problem(f.line, at, "is no name of letters and digits")
	}
	for _, key := range r.fields {
		if !slices.Contains(resourceKeys, key.name) {
			c.problem(key.line, at, "a resource has no %s", key.name)
		}
	}
	for _, key := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
		if p := r.get(key); p.kind != empty && !slices.Contains([]string{"Delete", "Retain", "Snapshot", "RetainExceptOnCreate"}, p.text) {
			c.problem(p.line, at, "%s cannot be %q", key, p.text)
		}
	}
	known := c.implied(r.get("Condition"), at)
	c.dependsOn(r.get("DependsOn"), at)
	name := r.get("Type").text
	resource, ok := c.spec.Types[name]
	if !ok {
		c.problem(f.line, at, "there is no type %q of resources", name)
		return
	}
	properties := r.get("Properties")
	if properties.kind == empty {
		properties.kind = mapping
	}
	c.properties(properties, at+".Properties", resource.Properties)
	c.references(properties, at+".Properties", known)
	c.policies(properties, at+".Properties", f.name)
	c.securityGroup(f.name, name, properties, at+".Properties")
	c.plainSecrets(name, properties, at+".Properties")
}

// implied are the conditions that are true where one is.
func (c *checker) implied(condition node, at string) (known []string) {
	if condition.kind == empty {
		return nil
	}
	c.seen["condition "+condition.text] = true
	rule := c.t.top.get("Conditions").get(condition.text)
	if rule.kind == empty {
		c.problem(condition.line, at, "there is no condition %s", condition.text)
		return nil
	}
	return c.alsoTrue(condition.text, nil)
}

// alsoTrue returns a condition and all that must be true for it.
func (c *checker) alsoTrue(name string, known []string) []string {
	if slices.Contains(known, name) {
		return known
	}
	known = append(known, name)
	rule := c.t.top.get("Conditions").get(name)
	if rule.kind != function {
		return known
	}
	parts := []node{rule}
	if rule.text == "Fn::And" {
		parts = rule.arguments()
	}
	for _, part := range parts {
		if part.kind == function && part.text == "Condition" {
			known = c.alsoTrue(part.arguments()[0].text, known)
		}
	}
	return known
}

// dependsOn asks that what is waited for is there. Of a resource that a condition leaves
// out nothing is waited for.
func (c *checker) dependsOn(n node, at string) {
	names := []node{n}
	if n.kind == list {
		names = n.list
	} else if n.kind == empty {
		return
	}
	for _, name := range names {
		if !c.t.top.get("Resources").has(name.text) {
			c.problem(name.line, at, "it depends on %s, which is not there", name.text)
		}
	}
}

// round returns the way by which a resource depends on itself, nil if it does not.
func (c *checker) round(name string, way []string) []string {
	if len(way) > 0 && way[0] == name {
		return append(way, name)
	}
	if slices.Contains(way, name) {
		return nil // another one's round
	}
	way = append(slices.Clone(way), name)
	for _, next := range c.needs(c.t.top.get("Resources").get(name)) {
		if found := c.round(next, way); found != nil {
			return found
		}
	}
	return nil
}

// needs are the resources that one refers to.
func (c *checker) needs(r node) (names []string) {
	resources := c.t.top.get("Resources")
	add := func(name string) {
		if resources.has(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	walk(r.get("Properties"), func(n node) {
		if n.kind != function {
			return
		}
		switch n.text {
		case "Ref", "Fn::GetAtt":
			add(n.arguments()[0].text)
		case "Fn::Sub":
			for _, v := range subVariables(n) {
				resource, _, _ := strings.Cut(v, ".")
				add(resource)
			}
		}
	})
	depends := r.get("DependsOn")
	add(depends.text)
	for _, d := range depends.list {
		add(d.text)
	}
	return names
}

func (c *checker) outputs() {
	for _, f := range c.t.top.get("Outputs").fields {
		at := "Outputs." + f.name
		if !isName(f.name) {
			c.problem(f.line, at, "is no name of letters and digits")
		}
		for _, key := range f.value.fields {
			if !slices.Contains([]string{"Condition", "Description", "Export", "Value"}, key.name) {
				c.problem(key.line, at, "an output has no %s", key.name)
			}
		}
		if !f.value.has("Value") {
			c.problem(f.line, at, "has no value")
		}
		if f.value.get("Description").text == "" {
			c.problem(f.line, at, "has no description")
		}
		known := c.implied(f.value.get("Condition"), at)
		c.references(f.value.get("Value"), at, known)
		c.references(f.value.get("Export"), at, known)
	}
}

// unused finds what is declared and never used.
func (c *checker) unused() {
	for section, kind := range map[string]string{"Parameters": "parameter", "Mappings": "mapping", "Conditions": "condition"} {
		for _, f := range c.t.top.get(section).fields {
			if !c.seen[kind+" "+f.name] {
				c.problem(f.line, section+"."+f.name, "nothing uses it")
			}
		}
	}
}

// plainSecrets finds secrets in the open among the variables of a container or function.
func (c *checker) plainSecrets(resource string, properties node, at string) {
	if resource == "AWS::ECS::TaskDefinition" {
		for _, container := range properties.get("ContainerDefinitions").list {
			for _, v := range container.get("Environment").list {
				if secretName.MatchString(v.get("Name").text) {
					c.problem(v.line, at, "%s stands in the open; it belongs into Secrets", v.get("Name").text)
				}
			}
		}
	}
}

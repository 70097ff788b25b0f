package cfncheck

import (
	"regexp"
	"slices"
	"strings"
)

// actionForm is that of one action of one service.
var actionForm = regexp.MustCompile(`^[a-z0-9-]+:[A-Z][A-Za-z]+$`)

// policies finds the policies in a resource's properties and checks what they allow.
func (c *checker) policies(n node, at, resource string) {
	walkAt(n, at, func(n node, at string) {
		if n.kind != mapping || !n.has("Statement") {
			return
		}
		if v := n.get("Version").text; v != "2012-10-17" {
			c.problem(n.line, at, "a policy's version is 2012-10-17, not %q", v)
		}
		statements := n.get("Statement")
		if statements.kind != list {
			c.problem(statements.line, at, "the statements of a policy are a list")
		}
		for _, s := range statements.list {
			c.statement(s, at, resource)
		}
	})
	walkAt(n, at, func(n node, at string) {
		if n.kind != mapping {
			return
		}
		for _, arn := range n.get("ManagedPolicyArns").list {
			if what := c.t.Name + " " + resource + " " + written(arn); !c.allowed("ManagedPolicies", c.rules.ManagedPolicies, what) {
				c.problem(arn.line, at, "a policy of AWS allows more than is needed: %s", written(arn))
			}
		}
	})
}

func walkAt(n node, at string, visit func(n node, at string)) {
	visit(n, at)
	for _, item := range n.list {
		walkAt(item, at, visit)
	}
	for _, f := range n.fields {
		walkAt(f.value, at+"."+f.name, visit)
	}
}

// statementKeys are those of a statement. NotAction and NotResource allow all but what
// they name, and NotPrincipal is anybody else.
var statementKeys = []string{"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}

func (c *checker) statement(s node, at, resource string) {
	if s.kind == function {
		c.branches(s, at, func(n node) { c.statement(n, at, resource) })
		return
	}
	for _, f := range s.fields {
		if !slices.Contains(statementKeys, f.name) {
			c.problem(f.line, at, "a statement has no %s here", f.name)
		}
	}
	if effect := s.get("Effect").text; effect != "Allow" && effect != "Deny" {
		c.problem(s.line, at, "the effect of a statement is Allow or Deny, not %q", effect)
	}
	actions := texts(s.get("Action"))
	if len(actions) == 0 {
		c.problem(s.line, at, "a statement without an action")
	}
	for _, action := range actions {
		if !actionForm.MatchString(action) {
			c.problem(s.line, at, "%q is not one action of one service", action)
		}
	}
	walk(s.get("Principal"), func(n node) {
		if n.kind == scalar && strings.Contains(n.text, "*") {
			c.problem(n.line, at, "anybody is allowed to: %q", n.text)
		}
	})
	if s.has("Principal") == s.has("Resource") && !isResourcePolicy(s) {
		c.problem(s.line, at, "a statement has either a resource or, in a role's trust, a principal")
	}
	for _, on := range texts(s.get("Resource")) {
		if strings.Contains(on, "*") {
			c.wildcard(s, at, resource, actions, on)
		}
	}
}

// isResourcePolicy reports whether a statement is one of a policy on a resource, which
// has both.
func isResourcePolicy(s node) bool { return s.has("Principal") && s.has("Resource") }

// wildcard allows actions on more than one resource only as exceptions.
func (c *checker) wildcard(s node, at, resource string, actions []string, on string) {
	for _, action := range actions {
		if what := c.t.Name + " " + resource + " " + action; !c.allowed("Wildcards", c.rules.Wildcards, what) {
			c.problem(s.line, at, "%s is allowed on %s", action, on)
		}
	}
}

// texts are the texts of a value, of a list's items or of a function's branches, with
// what functions fill in left as it is written.
func texts(n node) (found []string) {
	switch {
	case n.kind == scalar:
		return []string{n.text}
	case n.kind == list:
		for _, item := range n.list {
			found = append(found, texts(item)...)
		}
	case n.kind == function && n.text == "Fn::Sub":
		return []string{n.arguments()[0].text}
	case n.kind == function && (n.text == "Fn::If" || n.text == "Fn::Join" || n.text == "Fn::Split" || n.text == "Fn::Select"):
		for _, a := range n.arguments() {
			found = append(found, texts(a)...)
		}
	}
	return found
}

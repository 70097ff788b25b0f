// Package cfncheck checks AWS CloudFormation templates without an account: every
// resource and property against the resource types of AWS, every reference, condition
// and export, what policies allow and what security groups open. It also resolves a
// template for given parameters, as CloudFormation would, so that tests can look at
// what a stack comes to. It reads texts and asks nobody; the resource types are brought
// by whoever calls it, as JSON.
//
// What templates may say is in the template anatomy of the CloudFormation guide:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
package cfncheck

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is something wrong with a template.
type Problem struct {
	File string // the template's name
	Line int
	At   string // where in it, such as Resources.Table.Properties.KeySchema[0]
	What string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.At, p.What)
}

// Rules are what templates may do though it is not done in general, each with a reason.
// What is in them and is used by no template is a problem as well.
type Rules struct {
	// Wildcards are the actions that may be allowed on resources with a star, by
	// "FILE LOGICAL-ID ACTION".
	Wildcards map[string]string
	// Open are the ways into and out of security groups for any address, by
	// "FILE LOGICAL-ID in|out PORT".
	Open map[string]string
	// ManagedPolicies are the policies of AWS that roles may have, by "FILE LOGICAL-ID ARN".
	ManagedPolicies map[string]string
}

// Check returns what is wrong with templates that are used together, in the order of
// their names and lines: what one of them imports, another one must export.
func Check(templates []*Template, spec *Spec, rules Rules) []Problem {
	exports := map[string]*Template{}
	var problems []Problem
	used := map[string]bool{}
	for _, t := range templates {
		for _, e := range t.exports() {
			if other, twice := exports[e.text]; twice {
				problems = append(problems, Problem{t.Name, e.line, "Outputs", fmt.Sprintf("%s exports %s as well", other.Name, e.text)})
			}
			exports[e.text] = t
		}
	}
	for _, t := range templates {
		c := &checker{t: t, spec: spec, rules: rules, exports: exports, used: used}
		c.check()
		problems = append(problems, c.problems...)
	}
	problems = append(problems, unusedRules(rules, used)...)
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return problems
}

// unusedRules are exceptions that no template makes use of any more.
func unusedRules(rules Rules, used map[string]bool) (problems []Problem) {
	for kind, list := range map[string]map[string]string{"Wildcards": rules.Wildcards, "Open": rules.Open, "ManagedPolicies": rules.ManagedPolicies} {
		for what, why := range list {
			if !used[kind+" "+what] {
				problems = append(problems, Problem{"rules", 0, kind, fmt.Sprintf("%s is allowed (%s), and no template needs it", what, why)})
			}
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return cmp.Compare(a.What, b.What) })
	return problems
}

// allowed reports whether an exception is made, and notes that it is used.
func (c *checker) allowed(kind string, list map[string]string, what string) bool {
	_, ok := list[what]
	if ok {
		c.used[kind+" "+what] = true
	}
	return ok
}

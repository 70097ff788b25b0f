package cfncheck

import (
	"regexp"
	"strings"
)

// groupText is what EC2 takes as the description of a group and of a rule.
var groupText = regexp.MustCompile(`^[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]+$`)

func isGroupText(text string) bool {
	return len(text) <= longestText && groupText.MatchString(text)
}

// securityGroup checks what a resource opens, if it is a security group or a rule of one.
func (c *checker) securityGroup(name, kind string, p node, at string) {
	switch kind {
	case "AWS::EC2::SecurityGroup":
		if d := p.get("GroupDescription").text; !isGroupText(d) {
			c.problem(p.line, at, "its description is not in letters that EC2 takes: %q", d)
		}
		for _, r := range p.get("SecurityGroupIngress").list {
			c.groupRule(name, "in", r, at)
		}
		if len(p.get("SecurityGroupEgress").list) == 0 {
			c.problem(p.line, at, "without SecurityGroupEgress it lets everything out")
		}
		for _, r := range p.get("SecurityGroupEgress").list {
			c.groupRule(name, "out", r, at)
		}
	case "AWS::EC2::SecurityGroupIngress":
		c.groupRule(name, "in", p, at)
	case "AWS::EC2::SecurityGroupEgress":
		c.groupRule(name, "out", p, at)
	}
}

// groupRule checks one rule: one port of TCP, from or to another security group, or any
// address where that is an exception. Other addresses are not used here, so that nobody
// has to know whose they are.
func (c *checker) groupRule(name, way string, r node, at string) {
	if r.kind == function {
		c.branches(r, at, func(n node) { c.groupRule(name, way, n, at) })
		return
	}
	if protocol := r.get("IpProtocol").text; protocol != "tcp" {
		c.problem(r.line, at, "the rule is for protocol %q, not tcp", protocol)
	}
	from, to := written(r.get("FromPort")), written(r.get("ToPort"))
	if r.get("FromPort").kind == empty || from != to {
		c.problem(r.line, at, "the rule opens more than one port")
	}
	if d := r.get("Description").text; !isGroupText(d) {
		c.problem(r.line, at, "the rule does not say what it is for, or not in letters that EC2 takes: %q", d)
	}
	groups := 0
	for _, f := range r.fields {
		switch {
		case strings.HasPrefix(f.name, "Cidr"):
			if what := strings.Join([]string{c.t.Name, name, way, from}, " "); !c.allowed("Open", c.rules.Open, what) {
				c.problem(f.line, at, "port %s is open %s: %s", from, map[string]string{"in": "for", "out": "to"}[way], written(f.value))
			}
			groups++
		case strings.HasSuffix(f.name, "SecurityGroupId") || strings.HasSuffix(f.name, "PrefixListId"):
			groups++
		}
	}
	if groups != 1 {
		c.problem(r.line, at, "the rule names %d peers, not one", groups)
	}
}

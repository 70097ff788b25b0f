package lexlocal

import (
	"fmt"

	"lexline/internal/botdef"
)

// unscope knows no names: it is enough to see whether a condition can be read.
type unscope struct{}

func (unscope) lookUpName(string, string) (string, bool) { return "", false }
func (unscope) contextActive(string) bool                { return false }

// Caveats lists what of a bot the local runtime does not do as Lex would, one
// sentence each, beginning with the place in the bot. The bot has no Lambda
// function; Server.Caveats knows whether it has one.
func Caveats(bot *botdef.Bot) []string { return caveatsOf(bot, false) }

// Caveats lists what of the bots of its start the server does not do as Lex would, one
// sentence each, beginning with the bot's name and the place in it.
func (s *Server) Caveats() []string {
	var all []string
	for _, def := range s.cfg.Bots {
		for _, caveat := range caveatsOf(def, s.cfg.Hooks[def.Name] != "") {
			all = append(all, def.Name+"/"+caveat)
		}
	}
	return all
}

func caveatsOf(bot *botdef.Bot, hooked bool) []string {
	c := &caveats{hooked: hooked}
	for _, l := range bot.Locales {
		for _, in := range l.Intents {
			c.where = l.ID + "/" + in.Name
			c.intent(in)
			for _, s := range in.Slots {
				c.where = l.ID + "/" + in.Name + "/" + s.Name
				c.slot(s)
				c.elicitation(in, s.ElicitationHook)
			}
		}
	}
	return c.found
}

type caveats struct {
	hooked bool // there is a Lambda function
	where  string
	found  []string
}

func (c *caveats) add(format string, args ...any) {
	c.found = append(c.found, c.where+": "+fmt.Sprintf(format, args...))
}

func (c *caveats) intent(in *botdef.Intent) {
	switch in.Parent {
	case "AMAZON.KendraSearchIntent", "AMAZON.QnAIntent", "AMAZON.QInConnectIntent", "AMAZON.BedrockAgentIntent":
		c.add("%s needs a service that is not here, it only says its own messages", in.Parent)
	}
	c.hook("initial response", in.Initial.Hook)
	c.outcome("initial response", in.Initial.Outcome)
	if cf := in.Confirmation; cf != nil {
		c.hook("confirmation", cf.Hook)
		c.outcome("confirmation", cf.Confirmed)
		c.outcome("declination", cf.Declined)
		c.outcome("confirmation failure", cf.Failure)
		c.elicitation(in, cf.ElicitationHook)
	}
	if in.Fulfillment.Hook && !c.hooked {
		c.add("fulfillment: there is no Lambda function here (--hook), it is taken to succeed")
	}
	c.outcome("fulfillment success", in.Fulfillment.Success)
	if in.Closing != nil {
		c.outcome("closing response", in.Closing.Outcome)
	}
}

func (c *caveats) slot(s *botdef.Slot) {
	if len(s.Subslots) > 0 {
		c.add("the parts of a composite slot are not asked for one by one")
	}
	c.hook("slot capture", s.Hook)
	c.outcome("slot capture", s.Capture)
	c.outcome("slot failure", s.Failure)
}

func (c *caveats) hook(what string, h *botdef.CodeHook) {
	if h != nil && h.Active && h.Invoke && !c.hooked {
		c.add("%s: there is no Lambda function here (--hook), it is taken to succeed and to change nothing", what)
	}
	if h != nil {
		c.outcome(what+" code hook success", h.Success)
	}
}

// elicitation looks at the hook that Lex calls when an answer was no value.
func (c *caveats) elicitation(in *botdef.Intent, h *botdef.CodeHook) {
	if c.hooked && in.DialogHook && h != nil && h.Active && h.Invoke {
		c.add("the Lambda function is not asked when an answer was no value")
	}
}

func (c *caveats) outcome(what string, o botdef.Outcome) {
	if o.Conditional == nil {
		return
	}
	for _, b := range o.Conditional.Branches {
		if _, err := evaluate(b.Expression, unscope{}); err != nil {
			c.add("%s, branch %s: its condition is never true here: %v", what, b.Name, err)
		}
	}
}

package main

import (
	"flag"

	"lexline/internal/twiliosim"
)

// restFlags adds the flags of the phone's REST API, and of those whom the
// application calls.
func (o *phoneOptions) restFlags(env *environment, flags *flag.FlagSet) {
	flags.StringVar(&o.RESTListen, "rest-listen", "", "serve Twilio's REST API for the calls at this `address`, such as 127.0.0.1:8095")
	flags.StringVar(&o.APIKey, "api-key", env.getenv("TWILIO_API_KEY"), "`key` that opens the REST API, as the account and its auth token do; the default is TWILIO_API_KEY of the environment")
	flags.Lookup("api-key").DefValue = ""
	flags.StringVar(&o.APISecret, "api-secret", env.getenv("TWILIO_API_SECRET"), "`secret` of the key; the default is TWILIO_API_SECRET of the environment")
	flags.Lookup("api-secret").DefValue = ""
	flags.Func("rest-fault", "have requests of the REST API end in a `fault`: 429, 503x3 (three of them), hang or lost; may be repeated", func(text string) error {
		f, err := twiliosim.ParseRESTFault(text)
		o.faults = append(o.faults, f)
		return err
	})
	flags.Func("number", "telephone `number` of the account, such as +15550100, which the REST API shows and lets be set up; may be repeated", func(text string) error {
		o.Numbers = append(o.Numbers, text)
		return nil
	})
	o.Parties = map[string]twiliosim.Party{}
	flags.Func("dial", "what becomes of a `party` that the application calls, such as +15550100010=busy, see below; may be repeated", func(text string) error {
		target, party, err := twiliosim.ParseParty(text)
		o.Parties[target] = party
		return err
	})
}

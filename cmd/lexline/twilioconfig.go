package main

import (
	"fmt"
	"log/slog"
	"strings"

	"lexline/internal/twilio"
)

// check returns every fault of the settings for Twilio, each beginning with its key.
func (t *twilioConfig) check() (faults []error) {
	fault := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf("twilio."+key+": "+format, args...))
	}
	if t.AuthToken == "" {
		fault("auth_token", "is missing; without it nobody can tell Twilio's requests from forged ones")
	}
	switch {
	case t.APISecret != "" && t.APIKey == "":
		fault("api_key", "is missing; twilio.api_secret belongs to one")
	case t.APIKey != "" && t.APISecret == "":
		fault("api_secret", "is missing; twilio.api_key has one")
	}
	if t.AccountSID == "" {
		for _, set := range []struct{ key, value string }{
			{"api_key", t.APIKey}, {"rest_url", t.RESTURL}, {"region", t.Region}, {"edge", t.Edge},
		} {
			if set.value != "" {
				fault("account_sid", "is missing; twilio.%s is for the API, which is asked for an account", set.key)
				return faults
			}
		}
		return faults
	}
	if !strings.HasPrefix(t.AccountSID, "AC") {
		fault("account_sid", "%q is no account's SID; one begins with AC", t.AccountSID)
	}
	if t.RESTURL != "" && (t.Region != "" || t.Edge != "") {
		fault("rest_url", "is there beside twilio.region or twilio.edge; each says where the API is")
	}
	if len(faults) > 0 {
		return faults // without credentials there is no client to ask
	}
	if _, err := twilio.NewREST(t.rest(nil)); err != nil {
		fault(t.addressKey(), "%w", err)
	}
	return faults
}

// addressKey is the key that says where the API is, if any does.
func (t *twilioConfig) addressKey() string {
	switch {
	case t.RESTURL != "":
		return "rest_url"
	case t.Region != "":
		return "region"
	case t.Edge != "":
		return "edge"
	}
	return "account_sid"
}

// rest is how Twilio's API is asked.
func (t *twilioConfig) rest(logger *slog.Logger) twilio.RESTConfig {
	return twilio.RESTConfig{
		AccountSID: t.AccountSID, AuthToken: t.AuthToken, APIKey: t.APIKey, APISecret: t.APISecret,
		BaseURL: t.RESTURL, Region: t.Region, Edge: t.Edge, Logger: logger,
	}
}

// needsREST is the fault of a setting that asks for Twilio's API while it is not
// known whose; nil if it is. Every check of such a setting returns it.
func (t *twilioConfig) needsREST(key string) error {
	if t.AccountSID != "" {
		return nil
	}
	return fmt.Errorf("%s: needs Twilio's API, and for that twilio.account_sid, which is missing", key)
}

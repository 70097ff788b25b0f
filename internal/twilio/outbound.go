package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// dialParam is the query parameter, of the webhooks of a call that we placed, that
	// names its line. The called number, by which incoming calls find their line, is
	// that of whoever was called.
	dialParam = "dial"
	// ticketTime is how long a call finds its line: up to a day it may wait in Twilio's
	// queue (https://help.twilio.com/articles/223180028), up to a day it may last.
	ticketTime = 48 * time.Hour
	// apiCall is Twilio's Direction of a call that was placed by its API.
	apiCall = "outbound-api"
)

// Outbound writes the addresses that Twilio is given with a call to be placed. A
// Door with the same public URL and secrets answers them. It is safe for several
// goroutines.
type Outbound struct {
	base    string
	account string
	lines   *lineBook
	tickets *sealer
	now     func() time.Time
}

// NewOutbound takes the public URL, the secrets, the account and the lines of
// config, which is that of the doors that will answer. AccountSID must be there.
func NewOutbound(config Config) (*Outbound, error) {
	public, err := parsePublicURL(config.PublicURL, config.Dev)
	if err != nil {
		return nil, fmt.Errorf("outbound calls: %w", err)
	}
	if err := config.checkTokens(); err != nil {
		return nil, fmt.Errorf("outbound calls: %w", err)
	}
	if config.AccountSID == "" {
		return nil, errors.New("outbound calls: the account's SID is missing")
	}
	lines, err := newLineBook(config.Lines)
	if err != nil {
		return nil, fmt.Errorf("outbound calls: %w", err)
	}
	tickets, err := newSealer(ticketPurpose, config.tokenSecrets()...)
	if err != nil {
		return nil, fmt.Errorf("outbound calls: %w", err)
	}
	return &Outbound{base: public.String(), account: config.AccountSID, lines: lines, tickets: tickets, now: time.Now}, nil
}

// CallURL is where Twilio asks what to do when a call of that line to that number
// is answered. It is good for that number and this account only, for two days.
func (o *Outbound) CallURL(line, to string) (string, error) {
	if o.lines.named(line) == nil {
		return "", fmt.Errorf("there is no line %q", line)
	}
	ticket := o.tickets.seal(claims{
		accountSID: o.account, line: line, to: normalizeNumber(to), expires: o.now().Add(ticketTime),
	})
	return o.base + "/twiml?" + dialParam + "=" + ticket, nil
}

// StatusURL is where Twilio tells what became of a call.
func (o *Outbound) StatusURL() string { return o.base + "/status-callback" }

// lineOf finds the line of a webhook: by the ticket in its address, if we placed
// the call; else by the number that was called, or, of a call that somebody else
// placed by the API with our address, by the number that calls. nil: no line.
//
// Nobody forges a line: the signature covers the address, and the ticket in it was
// sealed by us, for the account and for the number that was called.
func (d *Door) lineOf(lines *lineBook, r *http.Request, form url.Values) (*preparedLine, error) {
	if ticket := r.URL.Query().Get(dialParam); ticket != "" {
		return d.dialedLine(lines, ticket, form)
	}
	if form.Get("Direction") == apiCall {
		if line := lines.byNumber[normalizeNumber(form.Get("From"))]; line != nil {
			return line, nil
		}
	}
	if line := lines.find(form.Get("To")); line != nil {
		return line, nil
	}
	return nil, errNoLine
}

var (
	errNoLine        = errors.New("no line has the number")
	errForeignTicket = errors.New("the address was made for another call")
)

func (d *Door) dialedLine(lines *lineBook, ticket string, form url.Values) (*preparedLine, error) {
	made, _, err := d.tickets.open(ticket, d.now())
	if err != nil {
		return nil, err
	}
	line := lines.named(made.line)
	switch {
	case line == nil:
		return nil, errNoLine
	case form.Get("Direction") != apiCall, made.accountSID != form.Get("AccountSid"), made.to != normalizeNumber(form.Get("To")):
		return nil, errForeignTicket
	}
	return line, nil
}

// linksOf returns the addresses for the instructions of a call: those of a call that
// we placed go on naming its line.
func (d *Door) linksOf(r *http.Request, sid string) links {
	l := d.links
	l.keys = d.planOf(sid).keys
	if ticket := r.URL.Query().Get(dialParam); ticket != "" {
		return l.with(dialParam + "=" + url.QueryEscape(ticket))
	}
	return l
}

// isMachine reports whether no human answered a call that we placed, by Twilio's
// word, which tells humans, machines and fax machines apart, if it was asked to
// (https://www.twilio.com/docs/voice/answering-machine-detection).
func isMachine(answeredBy string) bool {
	return strings.HasPrefix(answeredBy, "machine") || answeredBy == "fax"
}

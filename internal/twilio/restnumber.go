package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const (
	// maxRESTList is how much of any answer is read, in bytes: one with a list of numbers
	// is the longest. A number takes some 2,000.
	maxRESTList    = 512 << 10
	numbersOnPage  = 100
	mostPages      = 50
	maxRESTSetting = 2048 // characters of one setting
)

// IncomingNumber is a telephone number of the account, and what Twilio does with a call
// to it (https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource).
type IncomingNumber struct {
	SID    string
	Number string // E.164
	Voice  bool   // it can be called

	VoiceURL, VoiceMethod       string // what is asked when a call comes in
	FallbackURL, FallbackMethod string // and when that fails
	Callback, CallbackMethod    string // what is told when a call is over
	// Application and Trunk are SIDs. A number with one of them does not ask its VoiceURL.
	Application, Trunk string
}

// errNoNumbers says that an answer of status 2xx is no list of numbers.
var errNoNumbers = errors.New("the answer is no list of numbers")

// IncomingNumbers returns the account's telephone numbers, or if number is not empty,
// which then is in E.164, that one, if the account has it.
func (r *REST) IncomingNumbers(ctx context.Context, number string) ([]IncomingNumber, error) {
	query := url.Values{"PageSize": {fmt.Sprint(numbersOnPage)}}
	if number != "" {
		query.Set("PhoneNumber", number)
	}
	var all []IncomingNumber
	for range mostPages {
		var page numbersPage
		request := restRequest{
			method: http.MethodGet, path: "/IncomingPhoneNumbers.json?" + query.Encode(), repeatable: true, read: page.parse,
		}
		if _, err := r.send(ctx, request); err != nil {
			return nil, fmt.Errorf("list the account's numbers: %w", err)
		}
		for _, n := range page.numbers {
			if number == "" || n.Number == number { // the filter also takes parts of numbers
				all = append(all, n)
			}
		}
		if page.next == "" {
			return all, nil
		}
		// Of the next page's address only the query is used: never a host of the answer's.
		_, text, _ := strings.Cut(page.next, "?")
		next, err := url.ParseQuery(text)
		if err != nil || text == "" {
			return nil, fmt.Errorf("list the account's numbers: %w", errNoNumbers)
		}
		query = next
	}
	return nil, fmt.Errorf("list the account's numbers: there are more than %d pages", mostPages)
}

// numbersPage is a part of the list of numbers.
type numbersPage struct {
	numbers []IncomingNumber
	next    string // where the next part is; empty behind the last
}

// parse reads the JSON of a part.
func (p *numbersPage) parse(body []byte) error {
	var wire struct {
		Next    string `json:"next_page_uri"`
		Numbers *[]struct {
			SID            string `json:"sid"`
			Number         string `json:"phone_number"`
			VoiceURL       string `json:"voice_url"`
			VoiceMethod    string `json:"voice_method"`
			FallbackURL    string `json:"voice_fallback_url"`
			FallbackMethod string `json:"voice_fallback_method"`
			Callback       string `json:"status_callback"`
			CallbackMethod string `json:"status_callback_method"`
			Application    string `json:"voice_application_sid"`
			Trunk          string `json:"trunk_sid"`
			Capabilities   struct {
				Voice bool `json:"voice"`
			} `json:"capabilities"`
		} `json:"incoming_phone_numbers"`
	}
	// What went wrong is not passed on: it may quote the answer.
	if len(body) > maxRESTList || json.Unmarshal(body, &wire) != nil || wire.Numbers == nil {
		return errNoNumbers
	}
	*p = numbersPage{next: wire.Next}
	for _, n := range *wire.Numbers {
		if !isSID(n.SID) || n.Number == "" {
			return errNoNumbers
		}
		p.numbers = append(p.numbers, IncomingNumber{
			SID: n.SID, Number: plainText(n.Number, 32), Voice: n.Capabilities.Voice,
			VoiceURL: plainText(n.VoiceURL, maxRESTSetting), VoiceMethod: plainText(n.VoiceMethod, 16),
			FallbackURL: plainText(n.FallbackURL, maxRESTSetting), FallbackMethod: plainText(n.FallbackMethod, 16),
			Callback: plainText(n.Callback, maxRESTSetting), CallbackMethod: plainText(n.CallbackMethod, 16),
			Application: plainText(n.Application, 64), Trunk: plainText(n.Trunk, 64),
		})
	}
	return nil
}

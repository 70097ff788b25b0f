package twiliosim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The error numbers of Twilio's REST API for its IncomingPhoneNumbers.
const (
	codeSettingURL      = 21402
	codeSettingMethod   = 21403
	codeSettingFallback = 21405 // a fallback URL without a URL
)

const (
	numberSource  = 1 << 31 // of the ids of numbers, beside those of calls
	numbersOnPage = 50
	mostOnPage    = 1000
)

// number is a telephone number of the account, as Twilio's REST API shows it
// (https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource).
type number struct {
	SID            string          `json:"sid"`
	Account        string          `json:"account_sid"`
	FriendlyName   string          `json:"friendly_name"`
	PhoneNumber    string          `json:"phone_number"`
	Capabilities   map[string]bool `json:"capabilities"`
	VoiceURL       string          `json:"voice_url"`
	VoiceMethod    string          `json:"voice_method"`
	FallbackURL    string          `json:"voice_fallback_url"`
	FallbackMethod string          `json:"voice_fallback_method"`
	Callback       string          `json:"status_callback"`
	CallbackMethod string          `json:"status_callback_method"`
	Application    string          `json:"voice_application_sid"`
	Trunk          *string         `json:"trunk_sid"`
	CallerLookup   bool            `json:"voice_caller_id_lookup"`
	Receives       string          `json:"voice_receive_mode"`
	SMSURL         string          `json:"sms_url"`
	SMSMethod      string          `json:"sms_method"`
	SMSFallback    string          `json:"sms_fallback_url"`
	SMSFallbackVia string          `json:"sms_fallback_method"`
	SMSApplication string          `json:"sms_application_sid"`
	Address        *string         `json:"address_sid"`
	AddressNeeds   string          `json:"address_requirements"`
	Identity       *string         `json:"identity_sid"`
	Bundle         *string         `json:"bundle_sid"`
	Emergency      string          `json:"emergency_status"`
	EmergencyAt    *string         `json:"emergency_address_sid"`
	EmergencyState string          `json:"emergency_address_status"`
	Beta           bool            `json:"beta"`
	Origin         string          `json:"origin"`
	Status         string          `json:"status"`
	Type           string          `json:"type"`
	APIVersion     string          `json:"api_version"`
	Created        string          `json:"date_created"`
	Updated        string          `json:"date_updated"`
	URI            string          `json:"uri"`

	Subresources map[string]string `json:"subresource_uris"`
}

// numbers are those of the account, in the order in which they were given.
type numbers struct {
	mu  sync.Mutex
	all []*number
}

func (cfg *Config) checkNumbers() error {
	for i, n := range cfg.Numbers {
		if !isNumber(n) || !strings.HasPrefix(n, "+") {
			return fmt.Errorf("number %q is none in E.164, such as +15550100", n)
		}
		if slices.Contains(cfg.Numbers[:i], n) {
			return fmt.Errorf("number %s is there twice", n)
		}
	}
	return nil
}

// makeNumbers gives the account its numbers, of which nothing is set yet.
func (r *rest) makeNumbers() {
	cfg := &r.phone.cfg
	now := time.Now().UTC().Format(time.RFC1123Z)
	ids := rand.New(rand.NewPCG(cfg.Seed, numberSource))
	for _, text := range cfg.Numbers {
		n := &number{
			SID: newSID("PN", ids), Account: cfg.Account, FriendlyName: text, PhoneNumber: text,
			Capabilities: map[string]bool{"voice": true, "sms": true, "mms": false, "fax": false},
			VoiceMethod:  http.MethodPost, FallbackMethod: http.MethodPost, CallbackMethod: http.MethodPost,
			SMSMethod: http.MethodPost, SMSFallbackVia: http.MethodPost, Receives: "voice", AddressNeeds: "none",
			Emergency: "Inactive", EmergencyState: "unregistered", Origin: "twilio", Status: "in-use", Type: "local",
			APIVersion: apiVersion, Created: now, Updated: now,
		}
		path := "/" + apiVersion + "/Accounts/" + cfg.Account + "/IncomingPhoneNumbers/" + n.SID
		n.URI, n.Subresources = path+".json", map[string]string{"assigned_add_ons": path + "/AssignedAddOns.json"}
		r.numbers.all = append(r.numbers.all, n)
	}
}

// list serves the account's numbers, those that a filter takes, page by page. Numbers are
// neither bought nor given back here.
func (r *rest) list(w http.ResponseWriter, req *http.Request) *restError {
	if req.Method != http.MethodGet {
		return &restError{http.StatusMethodNotAllowed, codeMethod, "Method not allowed"}
	}
	query := req.URL.Query()
	size, page := numbersOnPage, 0
	for name, to := range map[string]*int{"PageSize": &size, "Page": &page} {
		if text := query.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || name == "PageSize" && n < 1 {
				return badRequest(codePage, "%s %q is out of range", name, text)
			}
			*to = n
		}
	}
	size = min(size, mostOnPage)
	found := r.numbers.find(func(n *number) bool {
		return takes(query.Get("PhoneNumber"), n.PhoneNumber) && (query.Get("FriendlyName") == "" || query.Get("FriendlyName") == n.FriendlyName)
	})
	start := min(page*size, len(found))
	shown := found[start:min(start+size, len(found))]
	at := func(page int) string {
		query.Set("PageSize", strconv.Itoa(size))
		query.Set("Page", strconv.Itoa(page))
		return req.URL.Path + "?" + query.Encode()
	}
	var next, previous *string
	if start+len(shown) < len(found) {
		uri := at(page + 1)
		next = &uri
	}
	if page > 0 {
		uri := at(page - 1)
		previous = &uri
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"incoming_phone_numbers": shown, "page": page, "page_size": size, "start": start, "end": start + max(len(shown)-1, 0),
		"uri": at(page), "first_page_uri": at(0), "next_page_uri": next, "previous_page_uri": previous,
	})
	return nil
}

// codePage is a page that cannot be.
const codePage = 20001

// takes reports whether a filter takes a number: a part of it, in which * stands for any
// digits (https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource).
func takes(filter, number string) bool {
	for part := range strings.SplitSeq(filter, "*") {
		_, rest, found := strings.Cut(number, part)
		if !found {
			return false
		}
		number = rest
	}
	return true
}

// find returns copies of the numbers that a filter takes.
func (ns *numbers) find(filter func(*number) bool) []number {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	found := []number{} // an empty list in JSON, not null
	for _, n := range ns.all {
		if filter(n) {
			found = append(found, *n)
		}
	}
	return found
}

// number serves one number: read by GET, its settings changed by POST.
func (r *rest) number(w http.ResponseWriter, req *http.Request) *restError {
	sid, isJSON := strings.CutSuffix(req.PathValue("number"), ".json")
	if !isJSON {
		return notFound(req)
	}
	r.numbers.mu.Lock()
	at := slices.IndexFunc(r.numbers.all, func(n *number) bool { return n.SID == sid })
	if at < 0 {
		r.numbers.mu.Unlock()
		return notFound(req)
	}
	changed, failed := *r.numbers.all[at], (*restError)(nil)
	switch req.Method {
	case http.MethodGet:
	case http.MethodPost:
		if failed = changed.change(req.PostForm); failed == nil {
			changed.Updated = time.Now().UTC().Format(time.RFC1123Z)
			*r.numbers.all[at] = changed
		}
	default:
		failed = &restError{http.StatusMethodNotAllowed, codeMethod, "Method not allowed"}
	}
	r.numbers.mu.Unlock()
	if failed == nil {
		writeJSON(w, http.StatusOK, changed)
	}
	return failed
}

// change takes over the settings in a form. A parameter that is there and empty clears.
func (n *number) change(form url.Values) *restError {
	for name, to := range map[string]*string{
		"FriendlyName": &n.FriendlyName, "VoiceApplicationSid": &n.Application, "VoiceReceiveMode": &n.Receives,
	} {
		if form.Has(name) {
			*to = form.Get(name)
		}
	}
	if form.Has("TrunkSid") {
		n.Trunk = orNull(form.Get("TrunkSid"))
	}
	for name, to := range map[string]*string{
		"VoiceUrl": &n.VoiceURL, "VoiceFallbackUrl": &n.FallbackURL, "StatusCallback": &n.Callback, "SmsUrl": &n.SMSURL, "SmsFallbackUrl": &n.SMSFallback,
	} {
		if !form.Has(name) {
			continue
		}
		*to = form.Get(name)
		if u, err := url.Parse(*to); *to != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			return badRequest(codeSettingURL, "%s is not valid: %s", name, *to)
		}
	}
	for name, to := range map[string]*string{
		"VoiceMethod": &n.VoiceMethod, "VoiceFallbackMethod": &n.FallbackMethod, "StatusCallbackMethod": &n.CallbackMethod,
		"SmsMethod": &n.SMSMethod, "SmsFallbackMethod": &n.SMSFallbackVia,
	} {
		if !form.Has(name) {
			continue
		}
		if *to = form.Get(name); *to != http.MethodGet && *to != http.MethodPost {
			return badRequest(codeSettingMethod, "%s is not valid: %s", name, *to)
		}
	}
	if n.FallbackURL != "" && n.VoiceURL == "" {
		return badRequest(codeSettingFallback, "Cannot set VoiceFallbackUrl without setting Url")
	}
	return nil
}

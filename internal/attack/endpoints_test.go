package attack

import (
	"strings"
	"time"
)

// endpointKinds are what every path that Twilio's webhooks go to must refuse. What is
// at the end of some is sealed by the gateway; here it is somebody's guess.
func endpointKinds() []kind {
	var all []kind
	for _, path := range []string{"/resume", "/status-callback", "/updatecall", "/updatecall/AAAA", "/dialled/AAAA", "/whisper/AAAA"} {
		at := func(name, want string, spoil func(w *webhook)) {
			all = append(all, spoiled(path+": "+name, want, func(w *webhook) {
				w.target = path
				spoil(w)
			}))
		}
		at("no signature", "403", func(w *webhook) { w.signed = func(string) []string { return nil } })
		at("signed with a guessed key", "403", func(w *webhook) { w.key = "guessed" })
		at("signed for the webhook of incoming calls", "403", func(w *webhook) { w.address = publicURL + "/twiml" })
		at("signed for a path above", "403", func(w *webhook) { w.address = publicURL + "/" })
		at("another call than signed", "403", func(w *webhook) { w.setAfterSigning("CallSid", "CA66666666666666666666666666666666") })
		at("another status than signed", "403", func(w *webhook) { w.setAfterSigning("CallStatus", "completed") })
		at("another account, signed rightly", "403", func(w *webhook) { w.set("AccountSid", otherAccount) })
		at("no CallSid", "400", func(w *webhook) { w.drop("CallSid") })
		at("CallSid with a line break", "400", func(w *webhook) { w.set("CallSid", "CA1\nlevel=ERROR") })
		at("JSON", "415", func(w *webhook) { w.kind, w.body, w.raw = "application/json", "{}", true })
		at("a form of 64 KiB and a byte", "413", func(w *webhook) { w.body, w.raw = strings.Repeat("a", 64<<10+1), true })
		at("by GET", "405", func(w *webhook) { w.method = "GET" })
		at("by GET with the form in the query", "405", func(w *webhook) {
			w.method, w.target = "GET", path+"?"+encode(w.form)
			w.form = nil
		})
	}
	return all
}

// ticketKinds are webhooks with Twilio's signature whose address was not sealed by the
// gateway, or not for this. Their answers lead nowhere.
func ticketKinds() []kind {
	dialled := func(name string, ticket func(a *attacker) string) kind {
		return kind{name: "of a placed call, " + name, want: "200 hangup", try: func(a *attacker) string {
			w := newWebhook("/twiml?dial="+ticket(a), a.sid)
			w.set("Direction", "outbound-api")
			w.set("To", "+15550300")
			return a.post(w)
		}}
	}
	leadsTo := func(name, want, path string) kind {
		return spoiled(name, want, func(w *webhook) {
			w.target = path + seal("another key of tokens", streamPurpose, validClaims("CA1").plain())
		})
	}
	return []kind{
		dialled("with a line's name for a ticket", func(*attacker) string { return lineName }),
		dialled("with a ticket of another key", func(a *attacker) string {
			return seal("another key of tickets", ticketPurpose, ticket(lineName, "+15550300").plain())
		}),
		dialled("with a ticket for another number", func(a *attacker) string {
			return seal(tokenKey, ticketPurpose, ticket(lineName, "+15550301").plain())
		}),
		dialled("with a ticket of a line that there is not", func(a *attacker) string {
			return seal(tokenKey, ticketPurpose, ticket("trips", "+15550300").plain())
		}),
		dialled("with an old ticket", func(a *attacker) string {
			c := ticket(lineName, "+15550300")
			c.expires = time.Now().Add(-time.Hour)
			return seal(tokenKey, ticketPurpose, c.plain())
		}),
		dialled("with the token of a stream", func(a *attacker) string { return a.token(a.newSID()) }),
		leadsTo("a hand-over of another key", "200 hangup", "/dialled/"),
		leadsTo("a whisper of another key", "200 twiml", "/whisper/"),
	}
}

// ticket is what names the line of a call that the gateway places.
func ticket(line, to string) claims {
	c := validClaims("")
	c.line, c.to = line, to
	return c
}

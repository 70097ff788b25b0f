package call

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The session attributes by which a bot says what becomes of the caller. Targets and
// redirects are named as in the configuration: no number and no address is ever taken
// from a bot, as it may say what a caller has said.
const (
	TransferAttribute = "lexline_transfer" // name of a target
	RedirectAttribute = "lexline_redirect" // name of a redirect
	HangUpAttribute   = "lexline_hangup"   // anything but "", "no" and "false"
	ContextAttribute  = "lexline_context"  // what the caller wanted, in place of intent and slots
)

// Handover says when a caller is handed over to somebody else in place of a hang-up,
// or before the bot is done. Targets and redirects are names of the configuration,
// which a call passes on in Next and knows nothing else of. The zero value hands
// nobody over.
type Handover struct {
	Targets   []string          // that the bot may name in TransferAttribute
	Redirects []string          // that it may name in RedirectAttribute
	Intents   map[string]string // target by the intent with which callers ask for it
	Key       byte              // pressed alone it asks for KeyTo; 0: no key does
	KeyTo     string
	KeySlots  []string // while the bot asks for one of these slots, Key is a digit like any other

	// Who callers are handed over to in place of the goodbye: when the bot has failed
	// too often, when they have said nothing too often, and when the call has gone on
	// for too long. Empty, or they did not take this call before: nobody.
	Failed, Silent, TooLong string

	Goodbye string // the intent with which callers end the call, once it is fulfilled; empty: none

	Hidden []string // slots whose values nobody is told
}

// Returned is a hand-over of this call that came to nothing. The zero value is none.
type Returned struct {
	Target string // who did not take the call
	Intent string // that was in force when the call was handed over
}

// Fruitless are the hand-overs of this call that came to nothing, so that the caller
// is back with the bot: by target, the latest first, behind them zero values. Of more
// than fit the oldest are forgotten.
type Fruitless [4]Returned

// With returns f and one more.
func (f Fruitless) With(r Returned) Fruitless {
	with, n := Fruitless{r}, 1
	for _, old := range f {
		if old.Target != r.Target && n < len(with) {
			with[n] = old
			n++
		}
	}
	return with
}

// to returns the hand-over to a target that came to nothing, and whether there is one.
func (f Fruitless) to(target string) (Returned, bool) {
	for _, r := range f {
		if target != "" && r.Target == target {
			return r, true
		}
	}
	return Returned{}, false
}

// after returns how a call ends with this answer, once its last words were heard, and
// whether it does. back are the hand-overs from which the caller has come back.
//
// Session attributes outlive a hand-over that came to nothing. The one that led to it
// counts again only in an answer that closes the intent it was set in: then the caller
// has asked once more.
func (h *Handover) after(a *Answer, back Fruitless) (end Termination, ends bool) {
	transfer, redirect := a.Attributes[TransferAttribute], a.Attributes[RedirectAttribute]
	failed, tried := back.to(transfer)
	again := a.Closed && a.Intent == failed.Intent
	switch {
	case slices.Contains(h.Targets, transfer) && (!tried || again):
		return transferred(transfer), true
	case slices.Contains(h.Redirects, redirect):
		return Termination{Result: Success, Reason: Redirected, Next: Next{Kind: NextRedirect, Target: redirect}}, true
	case h.Intents[a.Intent] != "" && a.reached():
		return transferred(h.Intents[a.Intent]), true
	case isSet(a.Attributes[HangUpAttribute]):
		return Termination{Result: Success, Reason: BotHungUp}, true
	}
	goodbye := h.Goodbye != "" && a.Intent == h.Goodbye && a.State == "Fulfilled"
	return Termination{Result: Success, Reason: BotClosed}, a.Closed || goodbye
}

func transferred(to string) Termination {
	return Termination{Result: Success, Reason: Transferred, Next: transferTo(to)}
}

// unasked is the hand-over to a target for which nobody has asked, in place of a
// goodbye. One that came to nothing is not tried again: a call that nothing else ends
// would go round for ever.
func unasked(target string, back Fruitless) Next {
	if _, tried := back.to(target); tried {
		return Next{}
	}
	return transferTo(target)
}

// transferTo is the hand-over to a target, or a hang-up if there is none.
func transferTo(target string) Next {
	if target == "" {
		return Next{}
	}
	return Next{Kind: NextTransfer, Target: target}
}

// unknown returns the attribute in which the bot names a target or a redirect that is
// not there; empty if it names none.
func (h *Handover) unknown(a *Answer) string {
	if name := a.Attributes[TransferAttribute]; name != "" && !slices.Contains(h.Targets, name) {
		return TransferAttribute
	}
	if name := a.Attributes[RedirectAttribute]; name != "" && !slices.Contains(h.Redirects, name) {
		return RedirectAttribute
	}
	return ""
}

// reached reports whether the caller has said all that the intent in force needs:
// it was or can be fulfilled, or the bot closes the dialog in it without calling it
// failed. It has failed when they have said no to the bot's confirmation.
func (a *Answer) reached() bool {
	switch a.State {
	case "Fulfilled", "ReadyForFulfillment":
		return true
	case "Failed":
		return false
	}
	return a.Closed
}

func isSet(value string) bool {
	switch strings.ToLower(value) {
	case "", "no", "false":
		return false
	}
	return true
}

// context tells whoever goes on what the caller wanted: in the bot's own words, if it
// has put some into ContextAttribute, else by the intent in force and the values they
// gave, in the order of their slots' names.
func (h *Handover) context(a *Answer) string {
	switch {
	case a == nil:
		return ""
	case a.Attributes[ContextAttribute] != "":
		return bounded(a.Attributes[ContextAttribute], MaxContext)
	case a.Intent == "":
		return ""
	}
	var b strings.Builder
	b.WriteString(a.Intent)
	slots := make([]string, 0, len(a.Slots))
	for slot := range a.Slots {
		if !h.hides(slot) {
			slots = append(slots, slot)
		}
	}
	slices.Sort(slots)
	for _, slot := range slots {
		b.WriteString("; " + slot + ": " + a.Slots[slot])
	}
	return bounded(b.String(), MaxContext)
}

// hides reports whether nobody is told a slot's value: it is hidden itself, or the slot
// that it is a part of, or one of its parts, whose value is in its own.
func (h *Handover) hides(slot string) bool {
	return slices.ContainsFunc(h.Hidden, func(hidden string) bool {
		return slot == hidden || strings.HasPrefix(slot, hidden+".") || strings.HasPrefix(hidden, slot+".")
	})
}

// bounded returns text as valid UTF-8 of at most n bytes.
func bounded(text string, n int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

package main

import (
	"fmt"
	"strings"
)

// keptOut is something that the door did not let in, or lost.
type keptOut struct {
	N         int64
	One, Many string // what it is called
}

// doorKept lists all that the door may keep out or lose, with how often it did: the same
// for people at a terminal and at the page.
func doorKept(s statusAnswer) []keptOut {
	d := s.Door
	return []keptOut{
		{d.Busy, "call refused as all lines were busy", "calls refused as all lines were busy"},
		{d.RejectedCalls - d.Busy, "call to a number of no line", "calls to numbers of no line"},
		{d.TurnedAway, "call turned away while stopping", "calls turned away while stopping"},
		{d.GivenUp, "call given up as its streams kept getting lost", "calls given up as their streams kept getting lost"},
		{d.RejectedSignatures, "request without Twilio's signature", "requests without Twilio's signature"},
		{d.RejectedTokens, "stream without a good token", "streams without a good token"},
		{d.RejectedAccounts, "request for another account", "requests for another account"},
		{d.RejectedRequests, "malformed request", "malformed requests"},
		{d.StartFailures, "stream that did not start", "streams that did not start"},
		{d.BrokenStreams, "stream that broke a protocol", "streams that broke a protocol"},
		{d.Suspected, "stream silent for a while", "streams silent for a while"},
		{d.LostStreams, "stream lost", "streams lost"},
		{d.Replaced, "stream replaced by a newer one of its call", "streams replaced by newer ones of their calls"},
		{d.Panics, "call ended by a fault of lexline's own", "calls ended by faults of lexline's own"},
		{d.NotesFailed, "note for other gateways not left or not read", "notes for other gateways not left or not read"},
		{s.Limits.Crowded, "connection crowded out", "connections crowded out"},
	}
}

// doorWords tells what was kept out, of what there was.
func doorWords(s statusAnswer) string {
	var parts []string
	for _, kept := range doorKept(s) {
		if kept.N > 0 {
			parts = append(parts, count(kept.N, kept.One, kept.Many))
		}
	}
	if len(parts) == 0 {
		return "Door: nothing was kept out.\n"
	}
	return "Door: " + strings.Join(parts, ", ") + ".\n"
}

// storeFault is what is wrong with the store of records, in whole sentences; empty if
// nothing is, or there is none.
func storeFault(s statusAnswer) string {
	r := s.Records
	if r.Store == "" || r.OK {
		return ""
	}
	text := fmt.Sprintf("Since %s (%s) %s takes none: %s", clockTime(r.Since, s.Now), span(s.Now.Sub(r.Since)), r.Store, sentence(r.Error))
	return text + fmt.Sprintf(" %s to be written, %s.", count(int64(r.Waiting), "record waits", "records wait"), count(r.Dropped, "was dropped", "were dropped"))
}

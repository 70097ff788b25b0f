package lex

import "lexline/internal/vad"

// expects returns what a caller is expected to say to what the bot has just asked:
// yes or no to a confirmation, and of the kind that is known of a slot. What is
// known of a sub-slot (https://docs.aws.amazon.com/lexv2/latest/dg/composite-slots.html)
// goes before what is known of the slot that it is a part of.
func (d dialogAction) expects(answers map[string]vad.Answer) vad.Answer {
	switch d.Type {
	case "ConfirmIntent":
		return vad.ShortAnswer
	case "ElicitSlot":
		if answer, ok := answers[d.SlotToElicit+"."+d.SubSlot.Name]; ok {
			return answer
		}
		return answers[d.SlotToElicit]
	}
	return vad.AnyAnswer
}

// expects returns what the caller is expected to say to the latest answer.
func (s *Session) expects() vad.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialog.DialogAction.expects(s.client.answers)
}

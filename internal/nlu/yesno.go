package nlu

import (
	"strings"
	"sync"
)

// Answers to a yes-or-no question. The first groups are those that a grammar
// offers; typed texts may use any of them.
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-confirmation.html
var (
	yesPhrases = []string{
		"yes", "yeah", "yep", "yes please", "sure", "okay", "correct", "that is correct", "that's right",
		"that is right", "right", "of course", "absolutely", "sounds good", "that sounds good", "go ahead",
		"yes it does", "yes that is right", "yes that's right", "i do", "it does", "yes i do",
	}
	noPhrases = []string{
		"no", "nope", "no thanks", "no thank you", "not really", "wrong", "that is wrong", "that's wrong",
		"no it does not", "no it doesn't", "incorrect", "no way", "i don't", "it doesn't",
	}
	yesTyped = []string{
		"y", "ok", "k", "ya", "yup", "aye", "affirmative", "certainly", "definitely", "fine", "perfect", "great",
		"sounds okay", "it is", "all right", "alright", "do it", "please do", "i have it", "i can agree", "i agree",
		"that's fine", "that is fine", "that works", "very well", "why not", "no problem", "confirm", "confirmed",
	}
	noTyped = []string{
		"n", "nah", "naw", "negative", "never", "not at all", "forget it", "i'll decline", "i decline", "decline",
		"do not", "don't", "please don't", "absolutely not", "of course not", "certainly not", "definitely not",
		"not correct", "not right", "i do not", "it does not", "it is not", "not quite", "i don't think so",
		"i do not think so", "that is not right", "that's not right",
	}
	maybePhrases = []string{
		"maybe", "perhaps", "it's possible", "possibly", "sometimes", "i might", "that could be right", "probably",
	}
	unknownPhrases = []string{
		"i don't know", "i do not know", "don't know", "dunno", "unknown", "no idea", "not sure", "i'm not sure",
		"i am not sure", "not sure about it", "who knows",
	}
)

// answers maps the key of each phrase to a value of AMAZON.Confirmation.
var answers = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for value, lists := range map[string][][]string{
		"Yes": {yesPhrases, yesTyped}, "No": {noPhrases, noTyped},
		"Maybe": {maybePhrases}, "Don't know": {unknownPhrases},
	} {
		for _, list := range lists {
			for _, text := range list {
				m[key(tokenize(text))] = value
			}
		}
	}
	return m
})

// ParseYesNo reads the answer to a confirmation prompt. "Yes, that sounds
// okay" is Yes; an answer with both a yes and a no in it is Neither, and so is
// everything else.
func ParseYesNo(text string) YesNo {
	switch confirmation(tokenize(text)) {
	case "Yes":
		return Yes
	case "No":
		return No
	}
	return Neither
}

func resolveConfirmation(p phrase, _ environment) (Value, bool) {
	value := confirmation(p)
	return single(p, value), value != ""
}

// confirmation returns Yes, No, Maybe, Don't know or "".
func confirmation(p phrase) string {
	answers := answers()
	if value := answers[key(p)]; value != "" {
		return value // "okay" is one and a filler as well
	}
	p = p.without(fillers, fillers)
	if value := answers[key(p)]; value != "" {
		return value
	}
	// A longer answer counts if it begins with a clear word, goes on with
	// nothing but ordinary talk, and does not contradict itself.
	words := p.words()
	if len(words) == 0 || len(words) > 8 {
		return ""
	}
	value := answers[words[0]]
	if value != "Yes" && value != "No" {
		return ""
	}
	if rest := strings.Join(words[1:], " "); answers[rest] != "" && answers[rest] != value {
		return ""
	}
	for _, w := range words[1:] {
		if other := answers[w]; other != "" && other != value || !agreeing(w) {
			return ""
		}
	}
	return value
}

// agreeing says whether a word may follow a yes or a no without changing it.
func agreeing(word string) bool {
	switch word {
	case "not", "don't", "but", "except", "change":
		return false
	}
	_, clear := answers()[word]
	return clear || common(word) || word == "sounds" || word == "okay" || word == "good" || word == "like"
}

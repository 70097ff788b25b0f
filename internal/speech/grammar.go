package speech

import (
	"errors"
	"regexp"
	"strings"
)

// Grammar says what can be said: a text in the JSpeech Grammar Format
// (https://www.w3.org/TR/jsgf/) with exactly one public rule, whose words are
// among those the Recognizer was made with.
type Grammar struct {
	Name string // for errors
	JSGF string
}

// phones are the sounds of the model: the CMU set without stress.
var phones = strings.Fields(`AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L
	M N NG OW OY P R S SH T TH UH UW V W Y Z ZH`)

// rejectPrefix begins the names of words that are one phone long. A run of them
// competes with the grammar's sentences for anything else that is said: without
// it every utterance is forced into the grammar.
const rejectPrefix = "__"

// RejectionWords are the words of the rejection alternative that is added to every
// grammar: a decoder needs them beside those of its setup.
func RejectionWords() []WordForm {
	forms := make([]WordForm, len(phones))
	for i, phone := range phones {
		forms[i] = WordForm{rejectPrefix + strings.ToLower(phone), phone}
	}
	return forms
}

var publicRule = regexp.MustCompile(`\bpublic\s*<([^<>]+)>\s*=`)

// withRejection adds the rejection alternative beside the grammar's public rule.
func withRejection(jsgf string) (string, error) {
	found := publicRule.FindAllStringSubmatchIndex(jsgf, -1)
	if len(found) != 1 {
		return "", errors.New("a grammar needs exactly one public rule")
	}
	name := jsgf[found[0][2]:found[0][3]]
	var b strings.Builder
	b.WriteString(jsgf[:found[0][0]])
	b.WriteString("<" + name + "> =")
	b.WriteString(jsgf[found[0][1]:])
	b.WriteString("\n<lexline_other> = (")
	for i, form := range RejectionWords() {
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString(form.Word)
	}
	b.WriteString(")+;\npublic <lexline_heard> = <" + name + "> | <lexline_other>;\n")
	return b.String(), nil
}

// rejected reports whether words are of the rejection alternative.
func rejected(words string) bool { return strings.Contains(words, rejectPrefix) }

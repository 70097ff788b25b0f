package nlu

import (
	"bufio"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
)

// walker makes random sentences of a grammar. It reads the grammar's text, as a
// recogniser does.
type walker struct {
	t      *testing.T
	rules  map[string][]string // tokens of the body by rule name
	public []string
	random *rand.Rand
}

func newWalker(t *testing.T, jsgf string, seed uint64) *walker {
	t.Helper()
	header, rest, ok := strings.Cut(jsgf, ";\ngrammar lexline;\n")
	if !ok || header != "#JSGF V1.0" {
		t.Fatalf("grammar begins with %.40q", jsgf)
	}
	w := &walker{t: t, rules: map[string][]string{}, random: rand.New(rand.NewPCG(seed, 7))}
	separate := strings.NewReplacer("(", " ( ", ")", " ) ", "[", " [ ", "]", " ] ", "|", " | ", "+", " + ", "<", " <", ">", "> ")
	for line := range strings.Lines(rest) {
		name, body, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(line), ";"), " = ")
		if !ok {
			t.Fatalf("not a rule: %q", line)
		}
		tokens := strings.Fields(separate.Replace(body))
		name, public := strings.CutPrefix(name, "public ")
		w.rules[name] = tokens
		if public {
			w.public = tokens
		}
	}
	if w.public == nil {
		t.Fatalf("no public rule in %s", jsgf)
	}
	return w
}

// say makes a sentence of a rule.
func (w *walker) say(rule string) string {
	tokens, ok := w.rules[rule]
	if !ok {
		w.t.Fatalf("rule %s is not defined", rule)
	}
	return strings.Join(w.choose(tokens), " ")
}

// choose makes one of the alternatives that the tokens list.
func (w *walker) choose(tokens []string) []string {
	var options [][]string
	depth, from := 0, 0
	for i, token := range tokens {
		switch token {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		case "|":
			if depth == 0 {
				options = append(options, tokens[from:i])
				from = i + 1
			}
		}
	}
	options = append(options, tokens[from:])
	return w.sequence(options[w.random.IntN(len(options))])
}

func (w *walker) sequence(tokens []string) (words []string) {
	for i := 0; i < len(tokens); i++ {
		first, from := tokens[i], i
		if first == "(" || first == "[" {
			i = w.closing(tokens, i)
		}
		times := 1
		if i+1 < len(tokens) && tokens[i+1] == "+" {
			times += w.random.IntN(5)
		}
		for range times {
			switch {
			case first == "[" && w.random.IntN(2) == 0:
			case first == "(" || first == "[":
				words = append(words, w.choose(tokens[from+1:i])...)
			case strings.HasPrefix(first, "<"):
				words = append(words, strings.Fields(w.say(first))...)
			case first == "|" || first == ")" || first == "]":
				w.t.Fatalf("unexpected %s in %q", first, tokens)
			case first != "+":
				words = append(words, first)
			}
		}
	}
	return words
}

// closing returns the place of the bracket that closes the one at i.
func (w *walker) closing(tokens []string, i int) int {
	var open []string
	for ; i < len(tokens); i++ {
		switch tokens[i] {
		case "(", "[":
			open = append(open, map[string]string{"(": ")", "[": "]"}[tokens[i]])
		case ")", "]":
			if len(open) == 0 || open[len(open)-1] != tokens[i] {
				w.t.Fatalf("brackets do not match in %q", tokens)
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				return i
			}
		}
	}
	w.t.Fatalf("bracket is not closed in %q", tokens)
	return 0
}

// dialogStates lists every state of a locale's dialogs.
func dialogStates(l *botdef.Locale) []State {
	list := []State{{}}
	for _, in := range l.Intents {
		list = append(list, State{Elicit: ConfirmIntent, Intent: in.Name, Contexts: []string{"chosen"}})
		for _, s := range in.Slots {
			list = append(list, State{Elicit: ElicitSlot, Intent: in.Name, Slot: s.Name})
		}
	}
	return list
}

// kindWords names the built-in types in words that the dictionary has.
var kindWords = map[string]string{
	"AlphaNumeric": "code", "City": "city", "Confirmation": "answer", "Country": "country", "Date": "day",
	"Duration": "stay", "EmailAddress": "email", "FirstName": "first name", "FreeFormInput": "complaint",
	"LastName": "last name", "Number": "number", "Percentage": "share", "PhoneNumber": "telephone", "State": "state",
	"StreetName": "street", "Time": "hour", "UKPostalCode": "postal code",
}

// everyType is a locale with a slot of each built-in type.
func everyType() *botdef.Locale {
	in := &botdef.Intent{Name: "Everything"}
	for _, name := range slices.Sorted(maps.Keys(builtinTypes)) {
		slot := strings.TrimPrefix(name, "AMAZON.")
		in.Slots = append(in.Slots, &botdef.Slot{Name: slot, Type: name})
		in.Utterances = append(in.Utterances, "my "+kindWords[slot]+" is {"+slot+"}")
	}
	return &botdef.Locale{ID: "en_US", Threshold: 0.4, Intents: []*botdef.Intent{in, {Name: "FallbackIntent", Parent: botdef.FallbackSignature}}}
}

func testLocales(t testing.TB) map[string]*botdef.Locale {
	return map[string]*botdef.Locale{
		"OrderFlowers": loadLocale(t, "OrderFlowers"), "BookTrip": loadLocale(t, "BookTrip"),
		"bank": bank(), "every type": everyType(),
	}
}

// TestEverySentenceOfAGrammarIsUnderstood walks random sentences of the grammar
// of every state: what a recogniser can hear must mean what its rule says.
func TestEverySentenceOfAGrammarIsUnderstood(t *testing.T) {
	for name, l := range testLocales(t) {
		m := NewModel(l)
		for _, state := range dialogStates(l) {
			jsgf, words := m.Grammar(state)
			w := newWalker(t, jsgf, 1)
			for _, rule := range w.public {
				if rule == "|" {
					continue
				}
				sentences := 40
				if rule != "<answer>" && state.Elicit != ElicitIntent {
					sentences = 5 // the same rules as at the start
				}
				for range sentences {
					text := w.say(rule)
					if err := understood(m, state, rule, text); err != nil {
						t.Errorf("%s, %+v, %s: %q: %v", name, state, rule, text, err)
					}
					for word := range strings.FieldsSeq(text) {
						if _, listed := slices.BinarySearch(words, word); !listed {
							t.Errorf("%s: %q of %q is not among the words", name, word, text)
						}
					}
				}
			}
		}
	}
}

func understood(m *Model, state State, rule, text string) error {
	if rule == "<yesno>" {
		if ParseYesNo(text) == Neither {
			return fmt.Errorf("neither yes nor no")
		}
		return nil
	}
	if rule == "<answer>" {
		s := m.locale.Intent(state.Intent).Slot(state.Slot)
		v, ok := m.Resolve(s, text, wednesday)
		if !ok || v.Original == "" || v.Interpreted == "" && len(v.Resolved) < 2 {
			return fmt.Errorf("resolves to %+v, %v", v, ok)
		}
		return nil
	}
	best := m.Rank(text, state, wednesday)[0]
	if "<intent_"+best.Intent.Name+">" != rule {
		return fmt.Errorf("is taken for %s", best.Intent.Name)
	}
	return nil
}

// TestPlaceholdersAreFilled says each utterance with random values in it: each
// slot must get the value that its words alone would give.
func TestPlaceholdersAreFilled(t *testing.T) {
	const sentences = 20
	for name, l := range testLocales(t) {
		m := NewModel(l)
		for _, in := range l.Intents {
			for _, u := range in.Utterances {
				g := &grammar{model: m, rules: map[string]string{}}
				if _, ok := g.utterance(in, u); !ok {
					continue
				}
				w := newWalker(t, g.text([]string{"yes"}), 2)
				for range sentences {
					want := map[string]Value{}
					text := placeholder.ReplaceAllStringFunc(u, func(p string) string {
						s := in.Slot(strings.Trim(p, "{}"))
						words := w.say("<" + m.slotType(s).rule + ">")
						want[s.Name], _ = m.Resolve(s, words, wednesday)
						return words
					})
					got := m.Rank(text, State{Contexts: in.InputContexts}, wednesday)[0]
					if got.Intent != in || !cmp.Equal(want, got.Slots) {
						t.Errorf("%s: %q said as %q is %s (-want +got slots):\n%s", name, u, text, got.Intent.Name, cmp.Diff(want, got.Slots))
					}
				}
			}
		}
	}
}

func TestWordsCoverAllGrammars(t *testing.T) {
	for name, l := range testLocales(t) {
		m := NewModel(l)
		all := m.Words()
		for _, state := range dialogStates(l) {
			_, words := m.Grammar(state)
			for _, word := range words {
				if _, ok := slices.BinarySearch(all, word); !ok {
					t.Errorf("%s: %q of the grammar for %+v is not in Words", name, word, state)
				}
			}
		}
	}
}

func TestGrammarHoldsTheState(t *testing.T) {
	m := NewModel(loadLocale(t, "OrderFlowers"))
	has := func(state State, rule string) bool {
		jsgf, _ := m.Grammar(state)
		return strings.Contains(jsgf, "\n"+rule+" = ")
	}
	slot := State{Elicit: ElicitSlot, Intent: "OrderFlowers", Slot: "PickupTime"}
	tests := []struct {
		state State
		rule  string
		want  bool
	}{
		{State{}, "<answer>", false},
		{State{}, "<yesno>", true},
		{State{}, "<intent_HelpIntent>", true},
		{State{}, "<intent_CancelIntent>", true},
		{State{}, "<intent_OrderFlowers>", true},
		{State{}, "<intent_FallbackIntent>", false},
		{slot, "<answer>", true},
		{slot, "<time>", true},
		{slot, "<intent_HelpIntent>", true},
		{State{Elicit: ElicitSlot, Intent: "OrderFlowers", Slot: "None"}, "<answer>", false},
		{State{Elicit: ElicitSlot, Intent: "None", Slot: "None"}, "<answer>", false},
	}
	for _, test := range tests {
		if got := has(test.state, test.rule); got != test.want {
			t.Errorf("grammar for %+v has %s: %v, want %v", test.state, test.rule, got, test.want)
		}
	}
	other := NewModel(bank())
	shut, _ := other.Grammar(State{})
	open, _ := other.Grammar(State{Contexts: []string{"chosen"}})
	if strings.Contains(shut, "<intent_Close>") || !strings.Contains(open, "<intent_Close>") {
		t.Error("an intent is in the grammar although its context is not active, or the other way round")
	}
	if strings.Contains(shut, "<intent_Report>") {
		t.Error("an utterance with a free-form slot is in the grammar")
	}
}

func TestPatternRule(t *testing.T) {
	tests := []struct {
		pattern, want string
		ok            bool
	}{
		{"[A-C]{2}[1-2]", "(a. | b. | c.) (a. | b. | c.) (one | two)", true},
		{"X[0]{1,3}", "(x.) (zero | oh) [(zero | oh) [(zero | oh)]]", true},
		{"(AB|C)?", "[((a.) (b.) | (c.))]", true},
		{"^7$", "(seven)", true},
		{".", "", false},
		{"[0-9]+", "", false},
		{"[$]", "", false},
		{"[", "", false},
	}
	for _, test := range tests {
		got, ok := patternRule(test.pattern)
		if !ok {
			got = ""
		}
		if got = strings.Join(strings.Fields(got), " "); got != test.want || ok != test.ok {
			t.Errorf("patternRule(%q) = %q, %v; want %q, %v", test.pattern, got, ok, test.want, test.ok)
		}
	}
}

func TestSpoken(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Order 2 roses, please!", "order two roses please"},
		{"open until 5 p.m.", "open until five p m"},
		{"ten am", "ten a m"},
		{"I am done", "i am done"},
		{"what's new?", "what's new"},
		{"10% off", "ten percent off"},
	}
	for _, test := range tests {
		if got := spoken(key(tokenize(test.text))); got != test.want {
			t.Errorf("%q is spoken %q, want %q", test.text, got, test.want)
		}
	}
}

// needProgram finds an outside program or file. Where it is missing the test is
// skipped, but never in CI.
func needProgram(t *testing.T, what string, err error) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("%s is missing: %v", what, err)
	default:
		t.Skipf("%s is missing: %v", what, err)
	}
}

// TestWordsAreInTheDictionary looks every word up that a recogniser may have to
// know in the dictionary of Debian's pocketsphinx-en-us.
func TestWordsAreInTheDictionary(t *testing.T) {
	f, err := os.Open("/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict")
	needProgram(t, "package pocketsphinx-en-us", err)
	defer f.Close()
	known := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		word, _, _ := strings.Cut(lines.Text(), " ")
		known[word] = true
	}
	locales := testLocales(t)
	delete(locales, "bank") // it has names that nobody knows
	for name, l := range locales {
		var unknown []string
		for _, word := range NewModel(l).Words() {
			if !known[word] {
				unknown = append(unknown, word)
			}
		}
		if diff := cmp.Diff([]string(nil), unknown); diff != "" {
			t.Errorf("%s: words without a pronunciation (-want +got):\n%s", name, diff)
		}
	}
}

// TestRecogniserAcceptsTheGrammars compiles every grammar with the tool of
// Debian's sphinxbase-utils.
func TestRecogniserAcceptsTheGrammars(t *testing.T) {
	program, err := exec.LookPath("sphinx_jsgf2fsg")
	needProgram(t, "sphinx_jsgf2fsg (package sphinxbase-utils)", err)
	for name, l := range testLocales(t) {
		m := NewModel(l)
		for _, state := range dialogStates(l) {
			jsgf, _ := m.Grammar(state)
			dir := t.TempDir()
			in, out := filepath.Join(dir, "in.gram"), filepath.Join(dir, "out.fsg")
			if err := os.WriteFile(in, []byte(jsgf), 0o644); err != nil {
				t.Fatal(err)
			}
			text, err := exec.CommandContext(t.Context(), program, "-jsgf", in, "-fsg", out, "-compile", "yes").CombinedOutput()
			if info, statErr := os.Stat(out); err != nil || statErr != nil || info.Size() < 100 {
				t.Errorf("%s, %+v: the grammar is refused: %v\n%s", name, state, err, text)
			}
		}
	}
}

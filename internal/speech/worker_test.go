package speech

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeDecoder hears the same in everything, and keeps what it was given.
type fakeDecoder struct {
	heard    Hypothesis
	err      error
	grammars []string
	samples  []int
}

func (d *fakeDecoder) Engine() string { return "fake 1.0" }

func (d *fakeDecoder) Decode(grammar string, pcm []int16) (Hypothesis, error) {
	d.grammars, d.samples = append(d.grammars, grammar), append(d.samples, len(pcm))
	return d.heard, d.err
}

// conversation runs a worker over what its master says and returns the worker's
// first answer, what it heard, and how it ended.
func conversation(t *testing.T, setup Setup, open func(Setup) (Decoder, error), utterances ...[]byte) (greeting hello, answers []heard, err error) {
	t.Helper()
	var in, out bytes.Buffer
	if err := writeJSON(&in, setupMessage, setup); err != nil {
		t.Fatal(err)
	}
	for _, utterance := range utterances {
		if err := writeMessage(&in, utteranceMessage, utterance); err != nil {
			t.Fatal(err)
		}
	}
	err = ServeWorker(&in, &out, open)
	if err := readJSON(&out, helloMessage, &greeting); err != nil {
		t.Fatalf("the worker's hello = %v", err)
	}
	for out.Len() > 0 {
		var answer heard
		if err := readJSON(&out, heardMessage, &answer); err != nil {
			t.Fatalf("the worker's answer %d = %v", len(answers), err)
		}
		answers = append(answers, answer)
	}
	return greeting, answers, err
}

func TestWorkerAnswersUntilItsInputEnds(t *testing.T) {
	decoder := &fakeDecoder{heard: Hypothesis{Words: "yes", Score: -7}}
	want := Setup{Version: protocolVersion, Model: "model", Words: []WordForm{{"yes", "Y EH S"}}, Adaptation: "1\n"}
	var got Setup
	greeting, answers, err := conversation(t, want,
		func(s Setup) (Decoder, error) { got = s; return decoder, nil },
		putUtterance("public <a> = yes;", make([]int16, 100)),
		[]byte("no utterance"),
		putUtterance("<a> = yes;", make([]int16, 100)),
		putUtterance("public <b> = no;", nil),
	)
	if err != nil || greeting != (hello{Version: protocolVersion, Engine: "fake 1.0"}) {
		t.Errorf("worker said %+v and ended with %v; want its engine and a good end", greeting, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the decoder's setup (-sent +got):\n%s", diff)
	}
	if len(answers) != 4 {
		t.Fatalf("%d answers %+v; want one for each of 4 utterances", len(answers), answers)
	}
	for i, wrong := range []string{"", "utterance of 8 bytes", "exactly one public rule", ""} {
		words := map[bool]string{true: "yes"}[wrong == ""]
		if answers[i].Words != words || !strings.Contains(answers[i].Error, wrong) {
			t.Errorf("answer %d = %+v; want the words %q and the error %q", i, answers[i], words, wrong)
		}
	}
	if silence := 2 * 2 * leadIn8k; !slices.Equal(decoder.samples, []int{200 + silence, silence}) {
		t.Errorf("the decoder got %v samples; want twice those of 8 kHz and %d of silence", decoder.samples, silence)
	}
	if len(decoder.grammars) != 2 || !strings.Contains(decoder.grammars[0], "<lexline_other>") {
		t.Errorf("the decoder got grammars %q; want two with a rejection alternative", decoder.grammars)
	}
}

func TestWorkerTellsWhatItDoesNotUnderstand(t *testing.T) {
	utterance := putUtterance("public <a> = yes;", make([]int16, 100))
	tests := []struct {
		name    string
		decoder fakeDecoder
		want    heard
	}{
		{"in the grammar", fakeDecoder{heard: Hypothesis{"yes", -5}}, heard{Hypothesis: Hypothesis{"yes", -5}}},
		{"outside the grammar", fakeDecoder{heard: Hypothesis{"__ah __b", -5}}, heard{Hypothesis: Hypothesis{"", -5}}},
		{"nothing", fakeDecoder{}, heard{}},
		{"a fault", fakeDecoder{err: errors.New("no such word")}, heard{Error: "no such word"}},
	}
	for _, test := range tests {
		_, answers, err := conversation(t, Setup{Version: protocolVersion}, func(Setup) (Decoder, error) { return &test.decoder, nil }, utterance)
		if err != nil || !slices.Equal(answers, []heard{test.want}) {
			t.Errorf("%s: answers %+v, %v; want %+v", test.name, answers, err, test.want)
		}
	}
}

func TestWorkerWithoutDecoder(t *testing.T) {
	tests := []struct {
		name    string
		version int
		want    string
	}{
		{"no engine", protocolVersion, "not installed"},
		{"another version", 99, "version 1, its master 99"},
	}
	for _, test := range tests {
		greeting, answers, err := conversation(t, Setup{Version: test.version},
			func(Setup) (Decoder, error) { return nil, errors.New("not installed") }, []byte("unread"))
		if err != nil || !strings.Contains(greeting.Absent, test.want) || greeting.Engine != "" || len(answers) != 0 {
			t.Errorf("%s: worker said %+v, then %v, %v; want it absent because %q", test.name, greeting, answers, err, test.want)
		}
	}
}

func TestWorkerLeavesAMasterThatMakesNoSense(t *testing.T) {
	setup := func() *bytes.Buffer {
		var in bytes.Buffer
		if err := writeJSON(&in, setupMessage, Setup{Version: protocolVersion}); err != nil {
			t.Fatal(err)
		}
		return &in
	}
	open := func(Setup) (Decoder, error) { return &fakeDecoder{}, nil }
	tests := []struct{ name, in, want string }{
		{"no setup", "", "read the setup"},
		{"a setup that is no JSON", "s\x00\x00\x00\x01{", "read the setup"},
		{"text for an utterance", setup().String() + "hello, worker", "read an utterance"},
		{"half an utterance", setup().String() + "u\x00\x00\x00\x09abc", "read an utterance"},
	}
	for _, test := range tests {
		err := ServeWorker(strings.NewReader(test.in), &bytes.Buffer{}, open)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: worker ended with %v; want %q", test.name, err, test.want)
		}
	}
}

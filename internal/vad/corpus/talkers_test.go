package corpus

import (
	"slices"
	"strings"
	"testing"
)

// voiceOf returns the person behind a talker, as far as sounds go: accents and
// sizes of one voice are one.
func voiceOf(t Talker) string {
	if t.Engine == EspeakNG {
		_, variant, _ := strings.Cut(t.Voice, "+")
		return EspeakNG + " " + variant
	}
	same := map[string]string{"kal_diphone": "kal", "kal16": "kal", "hindi_NSK_diphone": "nsk", "telugu_NSK_diphone": "nsk"}
	if person, ok := same[t.Voice]; ok {
		return person
	}
	return t.Voice
}

func TestTalkersAreInOneSplit(t *testing.T) {
	splits := make(map[string]Split)
	names := make(map[string]bool)
	count := make(map[Split]int)
	for _, talker := range Talkers() {
		voice := voiceOf(talker)
		if s, ok := splits[voice]; ok && s != talker.Split {
			t.Errorf("%s is %v, and its voice %q is in %v as well", talker.Name, talker.Split, voice, s)
		}
		splits[voice] = talker.Split
		if names[talker.Name] {
			t.Errorf("%s is there twice", talker.Name)
		}
		names[talker.Name] = true
		count[talker.Split]++
		if talker.Human && talker.Split != Development {
			t.Errorf("%s is recorded from a person and in %v: weights would depend on it", talker.Name, talker.Split)
		}
	}
	if count[Training] < 60 || count[Development] < 12 {
		t.Errorf("%v talkers, want at least 60 for training and 12 for development", count)
	}
}

// TestTalkersKeepOut names what others judge detectors with, and voices that are
// no voices.
func TestTalkersKeepOut(t *testing.T) {
	languages := []string{"de", "pl", "tr", "pt", "nl", "sv", "fi"}
	voices := []string{"slt_hts", "lp_diphone", "dita", "machac", "suo", "hy_fi"}
	robots := []string{"robo", "robot", "demonic", "announcer", "fast"}
	for _, talker := range Talkers() {
		if slices.Contains(languages, talker.Language) {
			t.Errorf("%s speaks %s", talker.Name, talker.Language)
		}
		for _, word := range slices.Concat(voices, robots) {
			if strings.Contains(strings.ToLower(talker.Voice), word) {
				t.Errorf("%s has the voice of %s", talker.Name, word)
			}
		}
	}
}

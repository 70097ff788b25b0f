package corpus

import (
	"bytes"
	"strings"
	"testing"
)

func TestFestivalScript(t *testing.T) {
	tests := []struct {
		name   string
		talker Talker
		text   string
		want   string
	}{
		{
			"quotes",
			Talker{Voice: "kal_diphone", Language: "en"},
			`say "no" \ now`,
			"(voice_kal_diphone)\n" + `(utt.save.wave (utt.synth (Utterance Text "say \"no\" \\ now")) "0.wav" 'riff)` + "\n",
		},
		{
			"another size, in ISO 8859-2",
			Talker{Voice: "czech_ph", Language: "cs", Size: 80},
			"růží",
			"(voice_czech_ph)\n(Parameter.set 'Duration_Stretch (* 1.250 (Parameter.get 'Duration_Stretch)))\n" +
				"(utt.save.wave (utt.synth (Utterance Text \"r\xf9\xbe\xed\")) \"0.wav\" 'riff)\n",
		},
		{
			"UTF-8",
			Talker{Voice: "msu_ru_nsh_clunits", Language: "ru"},
			"Да.",
			"(voice_msu_ru_nsh_clunits)\n(utt.save.wave (utt.synth (Utterance Text \"Да.\")) \"0.wav\" 'riff)\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.talker.festivalScript([]string{tt.text})
			if err != nil || !bytes.Equal(got, []byte(tt.want)) {
				t.Errorf("script is\n%q, %v, want\n%q", got, err, tt.want)
			}
		})
	}
	_, err := Talker{Name: "festival/pc_diphone", Language: "it"}.festivalScript([]string{"è €5"})
	if err == nil || !strings.Contains(err.Error(), "festival/pc_diphone") || !strings.Contains(err.Error(), "€") {
		t.Errorf("a letter that the encoding lacks: error %v, want one that names talker and letter", err)
	}
}

// TestAskedDependsOnEverything: what the key of the cache does not see is never
// made anew.
func TestAskedDependsOnEverything(t *testing.T) {
	espeak := Talker{Engine: EspeakNG, Voice: "en-us+m1", Pitch: 50, Speed: 160}
	pitch, speed := espeak, espeak
	pitch.Pitch, speed.Speed = 51, 161
	small := Talker{Engine: Flite, Voice: "rms", Size: 80}
	smaller := small
	smaller.Size = 79
	seen := make(map[string]Talker)
	for _, talker := range []Talker{espeak, pitch, speed, small, smaller} {
		asked, err := talker.asked([]string{"yes"})
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[asked]; ok {
			t.Errorf("%+v and %+v are asked the same: %s", talker, other, asked)
		}
		seen[asked] = talker
	}
}

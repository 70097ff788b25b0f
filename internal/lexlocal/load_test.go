package lexlocal

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"lexline/internal/audio"
	"lexline/internal/botdef"
)

// BenchmarkUtterance answers utterances of two seconds in sessions of their own,
// as load tests do: known clips, and a tone for a voice.
func BenchmarkUtterance(b *testing.B) {
	scripted, err := parseScript([]byte(`{"clips":[{"id":"a","file":"a","words":"I would like to order some flowers"},{"id":"b","file":"b","words":"roses"}]}`),
		func(name string) ([]byte, error) { return clipOf(uint64(name[0])), nil })
	if err != nil {
		b.Fatal(err)
	}
	s, err := New(Config{Region: "us-east-1", Bots: []*botdef.Bot{loadBot(b, "OrderFlowers")}, Recognizer: scripted})
	if err != nil {
		b.Fatal(err)
	}
	pause := bytes.Repeat([]byte{audio.MuLawSilence}, 6000)
	speech := lpcm(pause, clipOf('a'), pause)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		r := httptest.NewRequest(http.MethodPost, "/bots/FLOWERSBOT/botAliases/TSTALIASID/botLocales/en_US/sessions/CA"+strconv.Itoa(n)+"/utterance", bytes.NewReader(speech))
		r.Header.Set("Content-Type", lpcm8k)
		r.Header.Set("Response-Content-Type", "audio/pcm; sample-rate=8000")
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != http.StatusOK || w.Body.Len() == 0 {
			b.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
}

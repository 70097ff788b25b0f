package connectsim

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestLookUp(t *testing.T) {
	mux := http.NewServeMux()
	answer := func(path, text string) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, text)
		})
	}
	answer("/bots", `{"botSummaries":[{"botId":"OTHERBOT01","botName":"BookTrip"},{"botId":"FLOWERSBOT","botName":"OrderFlowers"},{"botId":"EMPTYBOT01","botName":"Empty"}]}`)
	answer("/bots/FLOWERSBOT/botaliases", `{"botAliasSummaries":[{"botAliasId":"TSTALIASID","botAliasName":"TestBotAlias"},{"botAliasId":"VERONE0001","botAliasName":"ver_one"}]}`)
	answer("/bots/EMPTYBOT01/botaliases", `{"botAliasSummaries":[]}`)
	server := httptest.NewServer(mux)
	defer server.Close()
	tests := []struct {
		bot, alias string
		want       Bot
		fault      string
	}{
		{"OrderFlowers", "ver_one", Bot{"FLOWERSBOT", "VERONE0001"}, ""},
		{"Flowers", "ver_one", Bot{}, "look up the alias ver_one of the bot Flowers in us-east-1: there is no such bot; there is BookTrip, OrderFlowers, Empty"},
		{"OrderFlowers", "prod", Bot{}, "look up the alias prod of the bot OrderFlowers in us-east-1: there is no such alias; there is TestBotAlias, ver_one"},
		{"Empty", "prod", Bot{}, "look up the alias prod of the bot Empty in us-east-1: there is no such alias; there is none at all"},
	}
	for _, tt := range tests {
		got, err := LookUp(t.Context(), server.URL, "us-east-1", tt.bot, tt.alias)
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if got != tt.want || fault != tt.fault {
			t.Errorf("LookUp(%s, %s) = %+v, %q; want %+v, %q", tt.bot, tt.alias, got, fault, tt.want, tt.fault)
		}
	}
}

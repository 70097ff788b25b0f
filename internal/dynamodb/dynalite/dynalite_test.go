package dynalite

import (
	"net/http"
	"strings"
	"testing"
)

func TestStart(t *testing.T) {
	var endpoint string
	t.Run("runs", func(t *testing.T) {
		endpoint = Start(t)
		CreateTable(t, endpoint, "lexDR")
		put := map[string]any{"TableName": "lexDR", "Item": map[string]any{"connectRegion": map[string]any{"S": "us-east-1"}}}
		if _, err := Call(t.Context(), endpoint, "PutItem", put); err != nil {
			t.Error(err)
		}
		get := map[string]any{"TableName": "lexDR", "Key": map[string]any{"connectRegion": map[string]any{"S": "us-east-1"}}}
		if text, err := Call(t.Context(), endpoint, "GetItem", get); err != nil || !strings.Contains(string(text), "us-east-1") {
			t.Errorf("GetItem = %s, %v; want the item that was put", text, err)
		}
		wrong := map[string]any{"TableName": "lexDR", "Key": map[string]any{"region": map[string]any{"S": "us-east-1"}}}
		if text, err := Call(t.Context(), endpoint, "GetItem", wrong); err == nil {
			t.Errorf("GetItem by another key = %s; want an error", text)
		}
	})
	if endpoint == "" {
		t.Skip("dynalite is not there")
	}
	if resp, err := http.Get(endpoint); err == nil { //nolint:noctx // it is refused at once
		resp.Body.Close()
		t.Errorf("GET %s after the test that started it: status %d; want nobody there", endpoint, resp.StatusCode)
	}
}

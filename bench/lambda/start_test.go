package main

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/internal/connectsim"
	"lexline/internal/dynamodb/dynalite"
)

// TestInitErrors starts the program as nobody should.
func TestInitErrors(t *testing.T) {
	w := testWorld(t, "http://127.0.0.1:1")
	tests := []struct {
		name, handler string
		vars          []string
		text          []string
	}{
		{"handler", "lambda_handler", nil, []string{"lexDRTest", "lexDRGetRegion", "lambda_handler"}},
		{"variables", "lexDRTest", []string{"TABLE_NAME=", "TEST_METHOD=ping", "SECONDARY_REGION=x"}, []string{"TABLE_NAME", "TEST_METHOD", "SECONDARY_REGION"}},
	}
	for _, tt := range tests {
		f, err := w.start(t.Context(), tt.handler, time.Minute, nil, tt.vars...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Invoke(t.Context(), []byte("{}"))
		_ = f.Close()
		var fault *connectsim.FunctionError
		if !errors.As(err, &fault) || fault.Type != "Lexline.Configuration" {
			t.Errorf("%s: Invoke = %v; want the program to say that it is not configured", tt.name, err)
			continue
		}
		for _, text := range tt.text {
			if !strings.Contains(fault.Message, text) {
				t.Errorf("%s: %v; want it to name %s", tt.name, fault, text)
			}
		}
	}
}

// TestConnectionsGone cuts what a frozen function holds open: its next answer is of
// the table all the same.
func TestConnectionsGone(t *testing.T) {
	database := dynalite.Start(t)
	dynalite.CreateTable(t, database, tableName)
	w := testWorld(t, database)
	f, err := w.start(t.Context(), "lexDRGetRegion", time.Minute, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// Of a function that does not try again no answer but the first is new; of ours one
	// may be old if this machine stands still for longer than it waits.
	news := 0
	for i := range 10 {
		name := []string{home, other}[i%2]
		if err := emptyTable(t.Context(), database, name); err != nil {
			t.Fatal(err)
		}
		if answered(f.Invoke(t.Context(), []byte(event))) == name {
			news++
		}
		w.table.server.CloseClientConnections()
	}
	if news < 8 {
		t.Errorf("%d of 10 answers were what the table said; want all, or nearly", news)
	}
}

// TestNothingConfigured has flows answered by a function without any variable, some
// at once.
func TestNothingConfigured(t *testing.T) {
	w := testWorld(t, "http://127.0.0.1:1")
	var mu sync.Mutex
	var log strings.Builder
	f, err := connectsim.StartFunction(t.Context(), connectsim.FunctionConfig{
		Bootstrap: w.bootstrap, Handler: "lexDRGetRegion", Region: other, Timeout: time.Minute, InitTimeout: time.Minute,
		Log: func(line []byte) {
			mu.Lock()
			defer mu.Unlock()
			log.Write(line)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got := answered(f.Invoke(t.Context(), []byte(`{"Details":{"Parameters":{"region":"canary-4711"}}}`))); got != other {
				t.Errorf("answer %s; want %s, where it runs", got, other)
			}
		})
	}
	all.Wait()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "TABLE_NAME is missing") || strings.Contains(text, "canary") {
		t.Errorf("log %s; want it said that TABLE_NAME is missing, and nothing of the events", text)
	}
}

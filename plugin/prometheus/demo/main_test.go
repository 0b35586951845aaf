package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDemoShowsAConference(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	urls, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- run(ctx, "127.0.0.1:0", func(url string) { urls <- url }) }()
	var url string
	select {
	case url = <-urls:
	case err := <-done:
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		text := get(t, url+"/metrics")
		if strings.Contains(text, `jellyfish_client_peers{status="connected",type="webrtc"} 1`) && strings.Contains(text, `jellyfish_client_connection_phase{phase="live"} 1`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no peer has joined:\n%s", text)
		}
	}
	if text := get(t, url+"/readyz"); !strings.HasPrefix(text, "ok: connection: live") {
		t.Errorf("readyz: %s", text)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func get(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestListing(t *testing.T) {
	server := runJellyfish(t, 3, 2)
	l := newListing(server.address)
	defer l.close()
	if n, err := l.parse(t.Context()); n != 3 || err != nil {
		t.Errorf("parsed %d rooms, %v, want 3", n, err)
	}
	if size, err := l.discard(t.Context()); size < 600 || err != nil {
		t.Errorf("discarded %d bytes, %v, want at least 600", size, err)
	}
}

func TestListingFails(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	malformed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{")) }))
	defer malformed.Close()

	l := newListing(strings.TrimPrefix(gone.URL, "http://"))
	defer l.close()
	_, err := l.discard(t.Context())
	expectError(t, "discard", err, "GET /room: 404")
	_, err = l.parse(t.Context())
	expectError(t, "parse", err, "GET /room: 404")

	l = newListing(strings.TrimPrefix(malformed.URL, "http://"))
	defer l.close()
	_, err = l.parse(t.Context())
	expectError(t, "malformed", err, "unexpected end of JSON input")
}

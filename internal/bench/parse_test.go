package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func TestListIsReadByAll(t *testing.T) {
	s := runSender(t)
	c := listOf(30, 4)
	if err := c.prepare(s); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.programs {
		if got, err := p.turn(t.Context(), s); err != nil || got.elapsed <= 0 || got.allocs < 1 {
			t.Errorf("%s: %+v, error %v", p.name, got, err)
		}
	}
	if err := s.list(29, 4); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.programs[:2] {
		_, err := p.turn(t.Context(), s)
		expectError(t, p.name, err, "read 29 rooms with 116 peers")
	}
}

func TestPlainRoomsAreEqual(t *testing.T) {
	s := runSender(t)
	if err := s.list(3, 2); err != nil {
		t.Fatal(err)
	}
	plain, err := listing{s.address}.parse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client, err := rooms.New(roomsConfig(s.address))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	list, err := client.List(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("%d rooms, error %v", len(list), err)
	}
	for i, r := range list {
		for j, p := range r.Peers {
			other := plain.Data[i].Peers[j]
			if r.ID != plain.Data[i].ID || p.ID != other.ID || string(p.Status) != other.Status || string(p.Metadata) != string(other.Metadata) {
				t.Errorf("peer %+v of room %s, by encoding/json %+v", p, r.ID, other)
			}
		}
	}
}

func TestListingFails(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	malformed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{")) }))
	defer malformed.Close()

	l := listing{strings.TrimPrefix(gone.URL, "http://")}
	_, err := l.discard(t.Context())
	expectError(t, "discard", err, "GET /room: 404")
	_, err = l.parse(t.Context())
	expectError(t, "parse", err, "GET /room: 404")
	_, err = listing{strings.TrimPrefix(malformed.URL, "http://")}.parse(t.Context())
	expectError(t, "malformed", err, "unexpected end of JSON input")
}

func TestReportsAreParsed(t *testing.T) {
	for _, p := range parseMetrics(10_000).programs {
		if got, err := p.turn(t.Context(), nil); err != nil || got.elapsed <= 0 {
			t.Errorf("%s: %+v, error %v", p.name, got, err)
		}
	}
}

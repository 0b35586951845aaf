package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// listing asks a server for its rooms without the library.
type listing struct {
	address string
	http    *http.Client
}

func newListing(address string) listing {
	return listing{address, &http.Client{Transport: &http.Transport{}}}
}

func (l listing) close() { l.http.CloseIdleConnections() }

// get returns the answer's body.
func (l listing) get(ctx context.Context) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.address+"/room", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+jellyfishtest.Token)
	answer, err := l.http.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("GET /room: %s", answer.Status)
	}
	return answer.Body, nil
}

// discard returns the size of the list when all of it has come.
func (l listing) discard(ctx context.Context) (int64, error) {
	body, err := l.get(ctx)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	return io.Copy(io.Discard, body)
}

// plainRooms are rooms as a program reads them that takes them as they come.
type plainRooms struct {
	Data []struct {
		ID         string          `json:"id"`
		Config     json.RawMessage `json:"config"`
		Components json.RawMessage `json:"components"`
		Peers      []struct {
			ID       string          `json:"id"`
			Type     string          `json:"type"`
			Status   string          `json:"status"`
			Metadata json.RawMessage `json:"metadata"`
			Tracks   json.RawMessage `json:"tracks"`
		} `json:"peers"`
	} `json:"data"`
}

// parse reads the list with encoding/json, and returns how many rooms it has.
func (l listing) parse(ctx context.Context) (int, error) {
	body, err := l.get(ctx)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return 0, err
	}
	var list plainRooms
	err = json.Unmarshal(text, &list)
	return len(list.Data), err
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A room's address is the server's, and components have their files.
func TestRooms(t *testing.T) {
	address := serve(t)
	var created struct {
		Data struct {
			Address string `json:"jellyfish_address"`
			Room    struct{ ID string }
		}
	}
	post(t, address, "/room", `{"videoCodec":"h264"}`, &created)
	if created.Data.Address != address {
		t.Errorf("the room is at %q, want %q", created.Data.Address, address)
	}
	for _, component := range []string{
		`{"type":"file","options":{"filePath":"video.h264"}}`,
		`{"type":"file","options":{"filePath":"audio.ogg"}}`,
		`{"type":"sip","options":{"registrarCredentials":{"address":"a","username":"u","password":"p"}}}`,
		`{"type":"hls"}`,
	} {
		post(t, address, "/room/"+created.Data.Room.ID+"/component", component, &struct{}{})
	}
}

// serve runs the program for the duration of the test and returns its address.
func serve(t *testing.T, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	in, out := io.Pipe()
	ended := make(chan error)
	go func() { ended <- run(ctx, append(args, "-addr", "127.0.0.1:0"), out) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
}

// post makes a call that must get status 201.
func post(t *testing.T, address, path, body string, answer any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer development")
	request.Header.Set("Content-Type", "application/json")
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("%s %s: got %s, want 201", path, body, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		t.Fatal(err)
	}
}

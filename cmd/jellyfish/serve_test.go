//go:build unix

package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// get returns the answer to a request to a running "jellyfish serve".
func get(t *testing.T, url, password string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if password != "" {
		request.SetBasicAuth("me", password)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// startServe starts the program and returns where it listens.
func startServe(t *testing.T, args ...string) (p *program, url string) {
	t.Helper()
	p = start(t, access(serve(t)), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	p.until(t, "listening on ")
	return p, regexp.MustCompile(`http://\S+/`).FindString(p.log.String())
}

func TestServe(t *testing.T) {
	p, url := startServe(t)
	wait(t, func() bool {
		status, _ := get(t, url+"readyz", "")
		return status == http.StatusOK
	}, func() string { return "never ready" })
	for path, want := range map[string]string{
		"":        "<title>",
		"metrics": "jellyfish_client_",
		"healthz": "",
	} {
		if status, body := get(t, url+path, ""); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("/%s: status %d, want 200 and %q in\n%s", path, status, want, body)
		}
	}
	p.interrupt(t)
	if strings.Contains(p.out.String()+p.log.String(), "development") {
		t.Errorf("the token is printed:\n%s%s", p.out, p.log)
	}
}

func TestServeAsksForAPassword(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("pass-5f1d\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, url := startServe(t, "--password-file", file)
	for password, want := range map[string]int{"": 401, "wrong": 401, "pass-5f1d": 200} {
		if status, _ := get(t, url, password); status != want {
			t.Errorf("password %q: status %d, want %d", password, status, want)
		}
	}
}

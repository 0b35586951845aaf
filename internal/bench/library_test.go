package main

import (
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A consumer that reads only when all was sent finds a Gap, and with it what is
// left adds up. Another subscription on the same connection tells when.
func TestLibraryCountsWhatItMissed(t *testing.T) {
	s := runSender(t)
	if err := s.prepare(peerConnected().name); err != nil {
		t.Fatal(err)
	}
	notifier, err := stream.Open(t.Context(), stream.Config{ServerAddress: s.address, ServerAPIToken: stream.NewSecret(token)})
	if err != nil {
		t.Fatal(err)
	}
	defer notifier.Close()
	var sides [2]*librarySide
	for i := range sides {
		sub, err := notifier.Subscribe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sides[i] = &librarySide{sub: sub}
	}
	prompt, late := sides[0], sides[1]

	const n = 40_000 // More than a subscription holds.
	if err := s.send(n, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := prompt.receive(n, &pace{}); err != nil {
		t.Fatal(err)
	}
	seen, err := late.receive(n, &pace{})
	if err != nil {
		t.Fatal(err)
	}
	if err := seen.complete(n); err != nil || seen.missed == 0 {
		t.Errorf("seen %+v, error %v; want some missed", seen, err)
	}
}

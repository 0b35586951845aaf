package watch_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// What random programs found, each as small as possible.

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The first notification after a request counts as well: the response can be older.
func TestRoomThatEndsDuringItsListIsGone(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{RoomID: "r"})
		s.client = clientOf(t, s.server.Address(), &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			answer, err := s.server.HTTPClient().Transport.RoundTrip(r)
			time.Sleep(time.Second)
			return answer, err
		})})
		view, err := watch.Start(s.Context(), s.client, s.notifier, watch.Config{})
		s.must(err)
		synctest.Wait()
		s.must(s.server.CrashRoom(id))
		<-view.Synced()
		if n := view.Rooms().Len(); n != 0 {
			s.Errorf("%d rooms, want none: it crashed before the list was there", n)
		}
		time.Sleep(time.Minute) // The request in progress ignores its context.
	})
}

// A server that refuses to list gets no more requests than one that is down.
func TestRefusedListIsRetriedSlowly(t *testing.T) {
	inScene(t, func(s *scene) {
		var asked atomic.Int64
		refuse := roundTripper(func(r *http.Request) (*http.Response, error) {
			if asked.Add(1) > 1000 {
				return nil, errors.New("too often")
			}
			return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		})
		s.client = clientOf(t, s.server.Address(), &http.Client{Transport: refuse})
		view, err := watch.Start(s.Context(), s.client, s.notifier, watch.Config{})
		s.must(err)
		time.Sleep(time.Minute)
		if n := asked.Load(); n < 5 || n > 30 {
			s.Errorf("asked %d times in a minute", n)
		}
		if n := view.Nodes()[0]; !errors.Is(n.Err, rooms.ErrInvalid) || n.StaleSince.IsZero() {
			s.Errorf("%+v doesn't tell that it refuses", n)
		}
	})
}

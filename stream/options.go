package stream

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// Option changes what a subscription receives, and how much of it waits for a
// slow consumer. An option that can't be used makes subscribing fail with a
// [*ConfigError] that names it.
type Option func(*settings)

type settings struct {
	metrics bool
	filter  filter
	bound   bound
	err     error // Of the first option that can't be used.
}

func newSettings(options []Option) (settings, error) {
	s := settings{bound: defaultBound()}
	for _, option := range options {
		if option != nil {
			option(&s)
		}
	}
	return s, s.err
}

func defaultBound() bound {
	return bound{channel: channelBuffer, items: queuedItems, bytes: queuedBytes}
}

func (s *settings) refuse(option string, err error) {
	if err != nil && s.err == nil {
		s.err = &ConfigError{option, err}
	}
}

// WithMetrics asks for metrics reports, which then come on
// [Subscription.Metrics], once a second from each node of the server's cluster.
// Who reads nothing but metrics keeps what waits of the notifications small with
// WithBound(1, 0).
func WithMetrics() Option {
	return func(s *settings) { s.metrics = true }
}

// InRooms keeps a subscription to the notifications about these rooms, which
// need not exist yet. Given again, it adds rooms. At least one room must be
// given, and none may be empty. Gaps come all the same.
func InRooms(ids ...string) Option {
	return func(s *settings) { s.refuse("InRooms", s.filter.addRooms(ids)) }
}

// OfKinds keeps a subscription to these kinds of notifications. Given again, it
// adds kinds. At least one kind must be given, each one that the server can
// send, or [decode.KindUnknown]. Gaps come all the same.
func OfKinds(kinds ...decode.Kind) Option {
	return func(s *settings) { s.refuse("OfKinds", s.filter.addKinds(kinds)) }
}

// WithBound sets how many notifications, and how many bytes of them as measured
// on the wire, may wait behind the channel before the oldest give way; 0 means
// the default of 16,384, or 4 MiB.
func WithBound(notifications, bytes int) Option {
	return func(s *settings) {
		if notifications < 0 || bytes < 0 {
			s.refuse("WithBound", errors.New("is negative"))
			return
		}
		if notifications > 0 {
			s.bound.items = notifications
		}
		if bytes > 0 {
			s.bound.bytes = bytes
		}
	}
}

// filter is what a subscription wants to receive. It is data, not a function, so
// that no user's code runs on the reader.
type filter struct {
	rooms []string // None means all, and what belongs to no room.
	kinds kindSet  // Empty means all.
}

// kindSet has a bit for each kind that can be asked for.
type kindSet uint64

func (s kindSet) has(k decode.Kind) bool { return s == 0 || s&(1<<uint(k)) != 0 }

// accepts tells whether a notification is wanted.
func (f *filter) accepts(n decode.Notification) bool {
	if len(f.rooms) > 0 {
		room, ok := decode.RoomOf(n)
		if !ok || !slices.Contains(f.rooms, room) {
			return false
		}
	}
	return f.kinds.has(n.Kind())
}

func (f *filter) addRooms(ids []string) error {
	if len(ids) == 0 {
		return errors.New("no room given")
	}
	for _, id := range ids {
		if id == "" {
			return errors.New("empty room id")
		}
		f.rooms = append(f.rooms, id)
	}
	slices.Sort(f.rooms)
	f.rooms = slices.Compact(f.rooms)
	return nil
}

func (f *filter) addKinds(kinds []decode.Kind) error {
	if len(kinds) == 0 {
		return errors.New("no kind given")
	}
	for _, k := range kinds {
		if err := checkKind(k); err != nil {
			return err
		}
		f.kinds |= 1 << uint(k)
	}
	return nil
}

// checkKind refuses what would never come, or comes unasked.
func checkKind(k decode.Kind) error {
	switch k {
	case decode.KindUnknown:
		return nil
	case decode.KindGap:
		return errors.New("gaps can't be asked for: they come to every subscription")
	case decode.KindMetricsReport:
		return errors.New("metrics reports are no notifications: use WithMetrics")
	}
	if _, known := decode.ParseKind(k.String()); !known {
		return fmt.Errorf("no notification has the kind %v", k)
	}
	return nil
}

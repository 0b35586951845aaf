package stream

import (
	"errors"

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

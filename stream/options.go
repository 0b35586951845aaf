package stream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// Option configures a subscription. An invalid option makes subscribing fail with an
// [*InputError] that names it.
type Option func(*settings)

type settings struct {
	metrics bool
	filter  filter
	bound   bound
	err     error // Of the first invalid option.
}

func newSettings(options []Option) (settings, error) {
	s := settings{bound: defaultBound()}
	for _, option := range options {
		if option != nil {
			option(&s)
		}
	}
	if s.filter.metricsOnly && (s.filter.byRoom || s.filter.kinds != 0) {
		s.refuse(input.New("OnlyMetrics", "must not be given with InRooms or OfKinds: reports have neither rooms nor kinds"))
	}
	return s, s.err
}

func defaultBound() bound {
	return bound{channel: channelBuffer, items: queuedItems, bytes: queuedBytes, rooms: waitingRooms}
}

func (s *settings) refuse(err *input.Error) {
	if s.err == nil {
		s.err = err
	}
}

// withoutMetrics refuses metrics for subscriptions that have no channel for them.
func (s *settings) withoutMetrics(what string) error {
	switch {
	case s.filter.metricsOnly:
		return input.New("OnlyMetrics", "must not be given: %s", what)
	case s.metrics:
		return input.New("WithMetrics", "must not be given: %s", what)
	}
	return nil
}

// WithMetrics also subscribes to metrics reports, which are delivered on
// [Subscription.Metrics], once a second from each node of the server's cluster.
//
// A server that has no metrics closes the connection instead of confirming. If it does
// so with a close frame that doesn't say that it is going away or restarts (codes 1001,
// 1012 and 1013), subscribing fails with [ErrNoMetrics], the address counts as without
// metrics for the lifetime of the notifier, and the connection is made again without
// them: other subscriptions see an outage. Hosted Fishjam has no metrics: with a
// FishjamID the error is returned at once and nothing is sent.
func WithMetrics() Option {
	return func(s *settings) { s.metrics = true }
}

// OnlyMetrics subscribes to metrics reports, like [WithMetrics], and to nothing else:
// the channel of notifications carries neither notifications nor Gaps, and is closed
// when the subscription ends. [InRooms] and [OfKinds] must not be given with it.
func OnlyMetrics() Option {
	return func(s *settings) { s.metrics, s.filter.metricsOnly = true, true }
}

// InRooms limits a subscription to notifications about these rooms, which need not
// exist yet. If it is given several times, the rooms add up. At least one id is
// required; ids must be non-empty UTF-8, as room ids always are. Gaps are delivered
// regardless.
func InRooms(ids ...string) Option {
	return func(s *settings) {
		if len(ids) == 0 {
			s.refuse(input.New("InRooms", "must name at least one room"))
			return
		}
		if err := checkRooms("InRooms", ids); err != nil {
			s.refuse(err)
			return
		}
		s.filter.byRoom = true
		s.filter.rooms = unique(append(s.filter.rooms, ids...))
	}
}

// OfKinds limits a subscription to these kinds of notifications. If it is given
// several times, the kinds add up. At least one kind is required, each a kind that
// the server can send, or [decode.KindUnknown]. Gaps are delivered regardless.
func OfKinds(kinds ...decode.Kind) Option {
	return func(s *settings) {
		if len(kinds) == 0 {
			s.refuse(input.New("OfKinds", "must name at least one kind"))
		}
		for _, k := range kinds {
			if err := checkKind(k); err != nil {
				s.refuse(input.New("OfKinds", "%w", err))
				return
			}
			s.filter.kinds |= 1 << uint(k)
		}
	}
}

// WithBound sets the limits of the queue behind the channel: the number of
// notifications and their size in bytes as measured on the wire. Beyond them the
// oldest are dropped; 0 means the default of 16,384, or 4 MiB.
func WithBound(notifications, bytes int) Option {
	return func(s *settings) {
		if notifications < 0 || bytes < 0 {
			s.refuse(input.New("WithBound", "must not be negative"))
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

// filter is what a subscription wants to receive. It is data, not a function, so that
// the reader runs none of the user's code.
type filter struct {
	byRoom      bool     // Only notifications of these rooms are wanted, if there are any.
	rooms       []string // Sorted.
	kinds       kindSet  // Empty means all.
	metricsOnly bool     // No notifications are wanted at all.
}

// kindSet has a bit for each kind that can be asked for.
type kindSet uint64

// kindsInSet is how many kinds a kindSet has room for; their numbers are smaller.
const kindsInSet = 64

func (s kindSet) has(k decode.Kind) bool { return s == 0 || s&(1<<uint(k)) != 0 }

// accepts reports whether a notification is wanted.
func (f *filter) accepts(n decode.Notification) bool {
	if f.metricsOnly {
		return false
	}
	if f.byRoom {
		room, ok := decode.RoomOf(n)
		if _, wanted := slices.BinarySearch(f.rooms, room); !ok || !wanted {
			return false
		}
	}
	return f.kinds.has(n.Kind())
}

// String describes the filter, such as `rooms "a", "b", kinds room_deleted`.
func (f *filter) String() string {
	if f.metricsOnly {
		return "metrics only"
	}
	const most = 5 // The rest of a long list is given as a number.
	var rooms, kinds []string
	for _, id := range f.rooms[:min(most, len(f.rooms))] {
		rooms = append(rooms, fmt.Sprintf("%q", id))
	}
	if more := len(f.rooms) - most; more > 0 {
		rooms = append(rooms, fmt.Sprintf("%d more", more))
	}
	for k := range decode.Kind(kindsInSet) {
		if f.kinds != 0 && f.kinds.has(k) {
			kinds = append(kinds, k.String())
		}
	}
	text := "every room"
	switch {
	case len(rooms) > 0:
		text = "rooms " + strings.Join(rooms, ", ")
	case f.byRoom:
		text = "no room"
	}
	if len(kinds) > 0 {
		text += "; kinds " + strings.Join(kinds, ", ")
	}
	return text
}

// checkRooms refuses ids that no room can have: texts in protobuf are UTF-8.
func checkRooms(field string, ids []string) *input.Error {
	for _, id := range ids {
		switch {
		case id == "":
			return input.New(field, "must not contain an empty room id")
		case !utf8.ValidString(id):
			return input.New(field, "must not contain %q, which is not UTF-8: no room has such an id", id)
		}
	}
	return nil
}

// unique returns the distinct ids, in order.
func unique(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// checkKind refuses kinds that the server never sends, or that are delivered anyway.
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

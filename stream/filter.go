package stream

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

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

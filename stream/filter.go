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

func (f *filter) addRooms(ids []string) error {
	if len(ids) == 0 {
		return errors.New("no room given")
	}
	for _, id := range ids {
		if id == "" {
			return errors.New("empty room id")
		}
		if !slices.Contains(f.rooms, id) {
			f.rooms = append(f.rooms, id)
		}
	}
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

// onlyType makes the filter that of one notification type, given by a value.
func (f *filter) onlyType(n decode.Notification) error {
	if n == nil {
		return errors.New("not one notification type")
	}
	if f.kinds != 0 {
		return errors.New("OfKinds is given as well")
	}
	return f.addKinds([]decode.Kind{n.Kind()})
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

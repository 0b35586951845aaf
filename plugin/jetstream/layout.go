package jetstream

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Layout says where in a NATS system the notifications of one server are. Bridges,
// workers and feeds must be given the same one. The zero value is its defaults.
type Layout struct {
	// Prefix is the first token of all subjects and the stream's name, of letters,
	// digits, - and _; empty means "jellyfish". Several servers need one each.
	Prefix string
	// Partitions is how many parts the rooms are dealt to, each of which one worker
	// of a group handles at a time; 0 means 16. It is fixed when the stream is made.
	Partitions int
	// MaxAge is how long the stream keeps what is in it, handled or not; 0 means
	// 24 h. What a group of workers hasn't handled by then is gone; it gets a Gap.
	MaxAge time.Duration
	// Replicas is on how many servers of a NATS cluster the stream is; 0 means 1.
	Replicas int
}

const (
	defaultPartitions = 16
	maxPartitions     = 1024
	metadataKey       = "jellyfish-partitions"
	// dedupeWindow is as short as may be: the expected sequence keeps repeats out,
	// and NATS holds the ids of this time in memory.
	dedupeWindow = 2 * time.Second
)

var prefixPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// withDefaults returns the layout with nothing left out, or what is wrong with it.
func (l Layout) withDefaults() (Layout, error) {
	if l.Prefix == "" {
		l.Prefix = "jellyfish"
	}
	if l.Partitions == 0 {
		l.Partitions = defaultPartitions
	}
	if l.MaxAge == 0 {
		l.MaxAge = 24 * time.Hour
	}
	if l.Replicas == 0 {
		l.Replicas = 1
	}
	switch {
	case !prefixPattern.MatchString(l.Prefix):
		return l, invalid("Prefix", "must consist of letters, digits, - and _")
	case l.Partitions < 0 || l.Partitions > maxPartitions:
		return l, invalid("Partitions", "must be from 1 to %d", maxPartitions)
	case l.MaxAge < 0:
		return l, invalid("MaxAge", "must not be negative")
	case l.Replicas < 0:
		return l, invalid("Replicas", "must not be negative")
	}
	return l, nil
}

func invalid(field, format string, args ...any) error {
	return &stream.InputError{Field: field, Err: fmt.Errorf(format, args...)}
}

func (l Layout) streamName() string  { return l.Prefix }
func (l Layout) leaseBucket() string { return l.Prefix + "-lease" }
func (l Layout) deadName() string    { return l.Prefix + "-dead" }

// everything is what the stream takes.
func (l Layout) everything() string { return l.Prefix + ".>" }

// gapSubject is that of Gaps, which all partitions get: one record, so that none is
// ever written for some of them only.
func (l Layout) gapSubject() string { return l.Prefix + ".all." + noRoom + ".gap" }

// controlSubject is that of records for bridges alone.
func (l Layout) controlSubject(what string) string {
	return l.Prefix + ".control." + noRoom + "." + what
}

// partitionFilters are the subjects of what a partition's worker gets.
func (l Layout) partitionFilters(partition int) []string {
	return []string{l.Prefix + "." + strconv.Itoa(partition) + ".>", l.Prefix + ".all.>"}
}

// noRoom is the token of what belongs to no room. No text's base64 has one character.
const noRoom = "_"

// subject returns where a notification goes. What belongs to no room goes one way,
// as if it were one room's.
func (l Layout) subject(n decode.Notification) string {
	room, _ := decode.RoomOf(n)
	token := noRoom
	if room != "" {
		token = base64.RawURLEncoding.EncodeToString([]byte(room))
	}
	kind := n.Kind().String()
	if u, ok := n.(decode.Unknown); ok {
		kind = "unknown-" + strconv.Itoa(int(u.Number))
	}
	return l.Prefix + "." + strconv.Itoa(l.Partition(room)) + "." + token + "." + kind
}

// Partition returns the partition of a room; that of the empty id has what belongs
// to no room.
func (l Layout) Partition(room string) int {
	if l.Partitions <= 0 {
		l.Partitions = defaultPartitions
	}
	h := fnv.New32a()
	h.Write([]byte(room))
	return int(h.Sum32() % uint32(l.Partitions))
}

// roomOfSubject returns the room in a subject, empty where there is none.
func roomOfSubject(subject string) string {
	tokens := strings.Split(subject, ".")
	if len(tokens) < 3 || tokens[2] == noRoom {
		return ""
	}
	room, err := base64.RawURLEncoding.DecodeString(tokens[2])
	if err != nil {
		return ""
	}
	return string(room)
}

// ensure returns the stream, which it makes where there is none.
func (l Layout) ensure(ctx context.Context, js jetstream.JetStream) (jetstream.Stream, error) {
	s, err := l.ensureStream(ctx, js, jetstream.StreamConfig{
		Name:        l.streamName(),
		Description: "notifications of a Jellyfish server; only bridges publish here",
		Subjects:    []string{l.everything()},
		Duplicates:  dedupeWindow,
	})
	if err != nil {
		return nil, err
	}
	if got := s.CachedInfo().Config.Metadata[metadataKey]; got != strconv.Itoa(l.Partitions) {
		return nil, fmt.Errorf("jetstream: stream %s has %q partitions, not %d: %w", l.streamName(), got, l.Partitions, ErrLayout)
	}
	return s, nil
}

// ensureDead makes the stream of dead letters where there is none.
func (l Layout) ensureDead(ctx context.Context, js jetstream.JetStream) error {
	_, err := l.ensureStream(ctx, js, jetstream.StreamConfig{
		Name:        l.deadName(),
		Description: "notifications that no worker could handle",
		Subjects:    []string{l.deadName() + ".>"},
	})
	return err
}

func (l Layout) ensureStream(ctx context.Context, js jetstream.JetStream, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	s, err := js.Stream(ctx, cfg.Name)
	if err == nil {
		return s, nil
	}
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("jetstream: look up stream %s: %w", cfg.Name, err)
	}
	cfg.MaxAge, cfg.Replicas, cfg.AllowDirect = l.MaxAge, l.Replicas, true
	cfg.Metadata = map[string]string{metadataKey: strconv.Itoa(l.Partitions)}
	if s, err = js.CreateStream(ctx, cfg); errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		s, err = js.Stream(ctx, cfg.Name) // Another made it meanwhile.
	}
	if err != nil {
		return nil, fmt.Errorf("jetstream: create stream %s: %w", cfg.Name, err)
	}
	return s, nil
}

// ErrLayout means that the stream was made with another number of partitions than the
// [Layout] says.
var ErrLayout = errors.New("layout differs from the stream's")

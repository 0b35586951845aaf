package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// streamConfig is the configuration to receive notifications.
func streamConfig(address string) stream.Config {
	return stream.Config{ServerAddress: address, ServerAPIToken: stream.NewSecret(token)}
}

// roomsConfig is the configuration to call the server. A list may be long and take
// long.
func roomsConfig(address string) rooms.Config {
	return rooms.Config{ServerAddress: address, ServerAPIToken: rooms.NewSecret(token), Timeout: time.Minute, ReadLimit: 1 << 30}
}

// library is a program that uses the library.
type library struct {
	cancel   context.CancelFunc
	notifier *stream.Notifier
	subs     []*stream.Subscription

	consumers int                       // How many of the subscriptions are read, each by its own goroutine.
	due       func(consumer, n int) int // How many of n messages one consumer receives.
	everyone  bool                      // Whether every consumer receives each message.
}

// openLibrary connects a program with one subscription for each list of options. By
// default the first one is read, and receives all messages.
func openLibrary(ctx context.Context, cfg stream.Config, subscriptions ...[]stream.Option) (*library, error) {
	ctx, cancel := context.WithCancel(ctx)
	notifier, err := stream.Open(ctx, cfg)
	if err != nil {
		cancel()
		return nil, err
	}
	l := &library{cancel: cancel, notifier: notifier, consumers: 1, due: func(_, n int) int { return n }}
	for _, options := range subscriptions {
		sub, err := notifier.Subscribe(ctx, options...)
		if err != nil {
			l.close()
			return nil, err
		}
		l.subs = append(l.subs, sub)
	}
	return l, nil
}

// close returns when all subscriptions have ended.
func (l *library) close() {
	l.cancel()
	l.notifier.Close()
	for _, sub := range l.subs {
		for range sub.Notifications() {
		}
	}
}

func connectLibrary(ctx context.Context, address string) (receiver, error) {
	return orNil(openLibrary(ctx, streamConfig(address), nil))
}

// connectConsumers divides the rooms among consumers.
func connectConsumers(ctx context.Context, address string, rooms, consumers int) (receiver, error) {
	var options [][]stream.Option
	for ids := range slices.Chunk(roomIDs(rooms), rooms/consumers) {
		options = append(options, []stream.Option{stream.InRooms(ids...)})
	}
	l, err := openLibrary(ctx, streamConfig(address), options...)
	if err != nil {
		return nil, err
	}
	l.consumers = len(l.subs)
	l.due = func(consumer, n int) int {
		each := rooms / consumers
		return n/rooms*each + min(max(n%rooms-consumer*each, 0), each)
	}
	return l, nil
}

// connectBroadcast connects consumers of everything.
func connectBroadcast(ctx context.Context, address string, consumers int) (receiver, error) {
	l, err := openLibrary(ctx, streamConfig(address), make([][]stream.Option, consumers)...)
	if err != nil {
		return nil, err
	}
	l.consumers, l.everyone = consumers, true
	return l, nil
}

// connectKinds connects n subscriptions by kind, one of them to the kind that is sent.
func connectKinds(ctx context.Context, address string, n int) (receiver, error) {
	others := []decode.Kind{
		decode.KindRoomCreated, decode.KindRoomDeleted, decode.KindRoomCrashed,
		decode.KindPeerDisconnected, decode.KindPeerCrashed, decode.KindComponentCrashed,
		decode.KindTrackAdded, decode.KindTrackRemoved, decode.KindTrackMetadataUpdated,
		decode.KindHLSPlayable, decode.KindHLSUploaded, decode.KindHLSUploadCrashed,
	}
	options := [][]stream.Option{{stream.OfKinds(decode.KindPeerConnected)}}
	for i := range n - 1 {
		options = append(options, []stream.Option{stream.OfKinds(others[i%len(others)])})
	}
	return orNil(openLibrary(ctx, streamConfig(address), options...))
}

// receive returns the number of messages missed by the consumer that missed the most,
// or by all of them together.
func (l *library) receive(n int, p *pace) (int, error) {
	together := &slowest{reached: make([]int, l.consumers), tell: p.tell}
	missed := make([]int, l.consumers)
	var group errgroup.Group
	for i, sub := range l.subs[:l.consumers] {
		own := p
		if l.everyone {
			own = together.paceOf(i, p)
		}
		group.Go(func() (err error) {
			missed[i], err = count(sub, l.due(i, n), own)
			return err
		})
	}
	err := group.Wait()
	if l.everyone {
		return slices.Max(missed), err
	}
	total := 0
	for _, m := range missed {
		total += m
	}
	return total, err
}

// count receives until everything due was received or missed.
func count(sub *stream.Subscription, due int, p *pace) (missed int, err error) {
	for received := 0; received+missed < due; {
		n, ok := <-sub.Notifications()
		if !ok {
			return missed, fmt.Errorf("%w: %w", errEnded, sub.Err())
		}
		passed := 1
		if gap, ok := n.(stream.Gap); !ok {
			received++
		} else if passed, err = lostIn(gap); err != nil {
			return missed, err
		} else {
			missed += passed
		}
		if err := p.received(passed); err != nil {
			return missed, err
		}
	}
	return missed, nil
}

// lostIn returns how many messages a Gap stands for. An outage is an error: none
// is expected.
func lostIn(gap stream.Gap) (int, error) {
	if !gap.Exact() {
		return 0, fmt.Errorf("%v", gap)
	}
	return int(gap.Dropped), nil
}

func (l *library) take(n int, record func(stamp string)) error { return takeInTurn(n, l.stamp, record) }

// stamp returns the stamp of the next message.
func (l *library) stamp() (string, error) {
	n := <-l.subs[0].Notifications()
	peer, ok := n.(decode.PeerConnected)
	if !ok {
		return "", fmt.Errorf("received %v, subscription: %v", n, l.subs[0].Err())
	}
	return peer.PeerID, nil
}

// outage waits for the Gap of one outage.
func (l *library) outage() error {
	n := <-l.subs[0].Notifications()
	if gap, ok := n.(stream.Gap); !ok || gap.Outages != 1 {
		return fmt.Errorf("received %v, subscription: %v", n, l.subs[0].Err())
	}
	return nil
}

// follow receives n changes of peers.
func (l *library) follow(n int) error {
	for n > 0 {
		notification, ok := <-l.subs[0].Notifications()
		if !ok {
			return fmt.Errorf("%w: %w", errEnded, l.subs[0].Err())
		}
		switch notification := notification.(type) {
		case decode.PeerConnected, decode.PeerDisconnected:
			n--
		case decode.PeerMetadataUpdated: // It follows each connect.
		default:
			return fmt.Errorf("received %T", notification)
		}
	}
	return nil
}

// libraryMetrics is a program that reads the library's metrics.
type libraryMetrics struct{ *library }

func connectLibraryMetrics(ctx context.Context, address string) (receiver, error) {
	l, err := openLibrary(ctx, streamConfig(address), []stream.Option{stream.WithMetrics()})
	if err != nil {
		return nil, err
	}
	return libraryMetrics{l}, nil
}

func (l libraryMetrics) receive(n int, p *pace) (missed int, err error) {
	for received := 0; received+missed < n; received++ {
		report, ok := <-l.subs[0].Metrics()
		if !ok {
			return missed, fmt.Errorf("%w: %w", errEnded, l.subs[0].Err())
		}
		missed += int(report.Skipped)
		if err := checkReport(report.MetricsReport); err != nil {
			return missed, err
		}
		if err := p.received(1 + int(report.Skipped)); err != nil {
			return missed, err
		}
	}
	return missed, nil
}

// checkReport reads one room of a report, and compares the number in it.
func checkReport(report decode.MetricsReport) error {
	room, _, err := report.Room(metricsRoom)
	if err != nil {
		return err
	}
	peer, _ := room.Endpoint(metricsPeer)
	track, _ := peer.Track(metricsTrack)
	bytes, _ := track.Int(decode.InboundRTPBytesReceived)
	return checkNumber(bytes)
}

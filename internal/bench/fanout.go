package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// fanOutPayloads is a multiple of each number of rooms, so that each room gets
// its turn as often as any other.
const fanOutPayloads = 4000

// fanOut compares one connection with a subscription to each of some rooms, and
// a consumer to each, with the plain loop, which has one consumer for all.
func fanOut(name string, rooms int) comparison {
	return comparison{
		name:     name,
		messages: 200_000,
		window:   notificationWindow,
		payloads: func() [][]byte { return roomPayloads(rooms) },
		library: func(ctx context.Context, address string) (receiver, error) {
			return subscribeRooms(ctx, address, rooms)
		},
		plain: connectPlain,
	}
}

func roomPayloads(rooms int) [][]byte {
	ids, peers := roomIDs(rooms), newIdentifiers()
	payloads := make([][]byte, fanOutPayloads)
	for i := range payloads {
		payloads[i] = encode(&pb.ServerMessage{Content: &pb.ServerMessage_PeerConnected{
			PeerConnected: &pb.PeerConnected{RoomId: ids[i%rooms], PeerId: peers.next()},
		}})
	}
	return payloads
}

func roomIDs(rooms int) []string {
	identifiers := newIdentifiers()
	ids := make([]string, rooms)
	for i := range ids {
		ids[i] = identifiers.next()
	}
	return ids
}

// roomsSide is a program with a consumer for each room.
type roomsSide struct {
	notifier *stream.Notifier
	subs     []*stream.Subscription
}

func subscribeRooms(ctx context.Context, address string, rooms int) (receiver, error) {
	n, err := stream.Open(ctx, stream.Config{ServerAddress: address, ServerAPIToken: stream.NewSecret(token)})
	if err != nil {
		return nil, err
	}
	r := &roomsSide{notifier: n}
	for _, id := range roomIDs(rooms) {
		sub, err := n.Subscribe(ctx, stream.InRooms(id))
		if err != nil {
			n.Close()
			return nil, err
		}
		r.subs = append(r.subs, sub)
	}
	return r, nil
}

func (r *roomsSide) receive(n int, p *pace) (tally, error) {
	seen := make([]tally, len(r.subs))
	var consumers errgroup.Group
	for i, sub := range r.subs {
		due := n / len(r.subs)
		if i < n%len(r.subs) {
			due++
		}
		consumers.Go(func() (err error) {
			seen[i], err = count(sub, due, p)
			return err
		})
	}
	err := consumers.Wait()
	var total tally
	for _, t := range seen {
		total.received += t.received
		total.missed += t.missed
	}
	return total, err
}

// count receives until all that is due was received or missed.
func count(sub *stream.Subscription, due int, p *pace) (tally, error) {
	var seen tally
	for seen.received+seen.missed < due {
		passed := 1
		switch n := (<-sub.Notifications()).(type) {
		case decode.PeerConnected:
			seen.received++
		case stream.Gap:
			if !n.Exact() {
				return seen, fmt.Errorf("%v", n)
			}
			passed = int(n.Dropped)
			seen.missed += passed
		default:
			return seen, fmt.Errorf("received %v, subscription: %v", n, sub.Err())
		}
		if err := p.received(passed); err != nil {
			return seen, err
		}
	}
	return seen, nil
}

func (r *roomsSide) close() { r.notifier.Close() }

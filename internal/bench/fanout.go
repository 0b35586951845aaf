package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// fanOutPayloads is a multiple of each number of rooms, so that each room gets
// its turn as often as any other.
const fanOutPayloads = 4000

// fanOut compares one connection with a subscription to each of some rooms, and
// a consumer to each, with the plain loop, which has one consumer for all.
func fanOut(rooms int) comparison {
	return comparison{
		name:     fmt.Sprintf("Fan-out to %d rooms", rooms),
		messages: 200_000,
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
	n, err := stream.Open(ctx, stream.Config{ServerAddress: address, ServerAPIToken: token})
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

func (r *roomsSide) receive(n int, _ *pace) (tally, error) {
	seen := make([]tally, len(r.subs))
	var consumers sync.WaitGroup
	for i, sub := range r.subs {
		due := n / len(r.subs)
		if i < n%len(r.subs) {
			due++
		}
		consumers.Go(func() { seen[i] = count(sub, due) })
	}
	consumers.Wait()
	var total tally
	for _, t := range seen {
		total.received += t.received
		total.missed += t.missed
	}
	return total, r.notifier.State().Err
}

// count receives until all that is due was received or missed.
func count(sub *stream.Subscription, due int) tally {
	var seen tally
	for n := range sub.Notifications() {
		switch n := n.(type) {
		case decode.PeerConnected:
			seen.received++
		case stream.Gap:
			seen.missed += int(n.Dropped)
		}
		if seen.received+seen.missed >= due {
			break
		}
	}
	return seen
}

func (r *roomsSide) close() { r.notifier.Close() }

// Package watch keeps a live view of the rooms of a Jellyfish server, or of all
// nodes of a cluster, that heals itself.
//
// A server replays nothing: after an outage a subscriber knows that it missed
// something, but not what. [Start] subscribes first, then has the rooms listed,
// applies what was notified of meanwhile, and from then on follows the
// notifications. After every [stream.Gap] it has the rooms listed again and finds
// out the difference.
//
//	notifier, err := stream.Open(ctx, stream.Config{…})
//	client, err := rooms.New(rooms.Config{…})
//	view, err := watch.Start(ctx, client, notifier, watch.Config{})
//	select {
//	case <-view.Synced():
//	case <-view.Done():
//		return view.Err()
//	}
//	room, ok := view.Room("lobby")
//
// # What holds
//
//  1. [View.Rooms] and [View.Room] show one moment: all of a notification or of a
//     list, or nothing of it. They never wait for the network.
//  2. [View.Changes] gives every difference between the states of the view, once,
//     in an order in which they can be applied one after the other: whoever does
//     that from nothing has the state of the view.
//  3. A change is observed, with the notification that told of it, or inferred
//     from a list. What is inferred is what became of things, not what happened:
//     a peer that left and came back during an outage changes nothing.
//  4. When the server comes to rest and answers, the view becomes equal to what it
//     lists.
//  5. The view waits for no consumer: one that lags is given the difference instead
//     of the history. Beyond the rooms that there are, it keeps up to 64 MiB of
//     notifications while lists are under way, and for each consumer up to 33,000
//     earlier versions of rooms, fewer of large ones, which share what stayed the
//     same.
//
// # What notifications don't tell
//
// Some things are known from lists only, and looked up: the configuration and the
// node of a new room, which is there at once and gets them a moment later; a
// component, at the first sign of it, since nothing tells that one was added or
// removed; the playlist of an HLS component. What gives no sign at all is
// corrected by a periodic list, 5 minutes apart by default: a component without
// tracks, a room that a server before 0.5.0 purged, a peer that one before 0.5.0
// was told to expect or to remove, the rooms of another node of the cluster that
// was killed, once it answers again.
//
// An answer and the notifications of the same moment come by different ways. What
// an answer brings first is inferred, though a notification tells of it too. One
// that was on its way while a list was made can be older than the list: the view
// may then go back and forth by a few changes, within the milliseconds that it
// takes until both are in.
//
// # Clusters
//
// One notifier receives the notifications of all nodes, but a node lists only its
// own rooms. Name the nodes in [Config], each once. Those on which the client
// creates rooms are learnt, and then asked with its token. A room that no known
// node has is shown for some 20 seconds after it was notified of.
//
// A node that can't be reached doesn't keep the view from following the others:
// its rooms stay as they were last known, and [View.Nodes] says since when they
// are stale. Two nodes can have a room with the same id, for a moment when it is
// made anew on another, or for long: RoomID and Node together tell them apart.
//
// # Sources
//
// A [*stream.Notifier] tells of everything. A [*stream.Webhook] serves as well
// where all rooms are created with its URL; since nobody tells of a webhook that
// didn't arrive, choose a shorter ListInterval there.
package watch

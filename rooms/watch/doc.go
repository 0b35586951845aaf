// Package watch keeps a live view of the rooms of a Jellyfish server, or of all
// nodes of a cluster, that heals itself.
//
// A server replays nothing: after an outage a subscriber knows that it missed
// something, but not what. [Start] subscribes first, then has the rooms listed,
// applies what was notified of meanwhile, and from then on follows the
// notifications. After a [stream.Gap] it has the rooms listed again and finds out
// the difference.
//
//	notifier, err := stream.Open(ctx, stream.Config{…})
//	client, err := rooms.New(rooms.Config{…})
//	view, err := watch.Start(ctx, client, notifier, watch.Config{})
//	if err := view.WaitSynced(ctx); err != nil {
//		return err
//	}
//	room, ok := view.Room("lobby")
//
// # What holds
//
//  1. [View.Rooms] and [View.Room] show one moment: all of a notification or of a
//     list, or nothing of it. They never wait for the network.
//  2. [View.Changes] gives every difference between the states of the view, once,
//     in an order in which they can be applied one after the other: whoever does
//     that from nothing has the state of the view. Each says what the room was as
//     of that change. [View.EachRoom] gives the same room by room.
//  3. A change is observed, with the notification that told of it, or inferred
//     from a list. What is inferred is what became of things, not what happened:
//     a peer that left and came back during an outage changes nothing.
//  4. When the servers come to rest and answer, the view becomes equal to what the
//     named nodes list. What may be missing until then, [View.Nodes] tells: since
//     when, and why.
//  5. The view waits for no consumer: one that lags is given the difference instead
//     of the history.
//
// # What notifications don't tell
//
// Some things are known from lists only, and looked up: the configuration and the
// node of a new room, which is there at once and gets them a moment later; a
// component, at the first sign of it, since nothing tells that one was added or
// removed; the playlist of an HLS component. What gives no sign at all is
// corrected by a periodic list, 5 minutes apart by default: a component without
// tracks, a room that a server before 0.5.0 purged, a peer that one before 0.5.0
// was told to expect or to remove.
//
// A restart forgets every room, and nothing tells of it but a lost connection. So
// each node but the one that the notifier is connected to is asked for its uptime
// every 15 seconds; one that has restarted is stale since its last good answer, and
// listed. Servers before 0.4.0 have no health call: there the periodic list finds
// it out.
//
// An answer and the notifications of the same moment come by different ways. What
// an answer brings first is inferred, though a notification tells of it too. One
// that was on its way while a list was made can be older than the list: the view
// may then go back and forth by a few changes, within the milliseconds that it
// takes until both are in. For a minute after its end a room's id is opened by its
// creation alone, so that a peer's last words don't bring it back.
//
// # Clusters
//
// One notifier receives the notifications of all nodes, but a node lists only its
// own rooms. Name the nodes, all of them, in [Config.Nodes], or with [View.SetNodes]
// as they come and go. No other server is ever asked, or given the token. Each
// address must lead to one node: [ErrBalanced] and [ErrSameServer] in [Node.Err]
// tell of one that doesn't, as far as that can be seen.
//
// A room that no named node has is shown as far as notifications tell, with an
// empty Node, until its end or a Gap; meanwhile [View.Nodes] has an entry without
// an address, with [ErrNotNamed].
//
// A node that can't be reached doesn't keep the view from following the others:
// its rooms stay as they were last known. One that refuses the token is asked
// again once, with a fresh one, and then at the list interval; the view ends with
// [rooms.ErrUnauthorized] when the last two answers of every node were refusals.
//
// Two nodes can have a room with the same id, for a moment when it is made anew on
// another, or for long: RoomID and Node together tell them apart. Nobody can tell
// which of them a notification means, so both nodes are asked.
//
// # Bounds
//
// One request to a node is under way at a time. Failing requests are repeated after
// a random wait below a ceiling that doubles from 100 ms to 30 s, and not before a
// Retry-After of up to 2 minutes has passed. The first Gap is followed by a list at
// once; while Gaps keep coming, with less than 5 s between them, lists wait in the
// same way. Bursts of lookups become one list, at most one a second.
//
// Beyond the rooms that there are, the view keeps up to 64 MiB of notifications
// while lists are under way, 16 MiB of rooms that no node has, a MiB of ids to look
// up a node, and for each consumer up to 33,000 earlier versions of rooms, fewer of
// large ones, which share what stayed the same. Metadata that a list spells
// differently than a notification is compared by its meaning up to 64 KiB, and 4
// MiB a list; beyond that it counts as a change.
//
// # Sources
//
// A [*stream.Notifier] tells of everything. A [*stream.Webhook] serves as well
// where all rooms are created with its URL; since nobody tells of a webhook that
// didn't arrive, choose a shorter ListInterval there.
package watch

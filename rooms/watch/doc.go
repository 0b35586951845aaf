// Package watch keeps a live view of the rooms of a Jellyfish server, of all nodes of a
// cluster, or of hosted Fishjam, that corrects itself after outages.
//
// A server doesn't replay notifications: after an outage a subscriber knows that some
// are missing, but not which. [Start] subscribes first, then lists the rooms, applies
// the notifications that arrived meanwhile, and from then on follows the
// notifications. After a [stream.Gap] it lists the rooms again and determines the
// difference.
//
//	notifier, err := stream.Open(ctx, stream.Config{…})
//	client, err := rooms.New(rooms.Config{…})
//	view, err := watch.Start(ctx, client, notifier, watch.Config{})
//	if err := view.WaitSynced(ctx); err != nil {
//		return err
//	}
//	room, ok := view.Room("lobby")
//
// # Guarantees
//
//  1. [View.Rooms] and [View.Room] return a consistent snapshot: a notification or a
//     listing is applied completely or not at all. They never wait for the network.
//  2. [View.Changes] delivers every difference between the states of the view, once,
//     in an order in which the changes can be applied: applying them to an empty state
//     yields the state of the view. Each has the room as of that change.
//     [View.EachRoom] delivers the same room by room.
//  3. A change is either observed, with the notification that caused it, or inferred
//     from a listing. Inferred changes show the net result, not the history: a peer
//     that left and came back during an outage is not a change.
//  4. Once the servers are idle and respond, the view equals what the configured nodes
//     list. Until then, [View.Nodes] says which parts may be stale, since when, and
//     why.
//  5. The view doesn't wait for consumers: a slow one gets the difference instead of
//     the history.
//
// # Changes without notifications
//
// Some things are only known from the server's REST API, and the view looks them up:
// the configuration and the node of a new room, which appears at once and gets them a
// moment later; a component, at the first sign of it, since the server sends no
// notification when one is added or removed; the playlist of an HLS component. Changes
// without any notification are picked up by a periodic listing, every 5 minutes by
// default: a component without tracks, a room purged by a server before 0.5.0, a peer
// added to or deleted from such a server.
//
// A restart loses all rooms, and its only sign is a lost connection. So the view polls
// the uptime of each node, except the one that the notifier is connected to, every 15
// seconds; a node that has restarted is stale since its last good response, and is
// listed again. Servers before 0.4.0 have no health check: there the periodic listing
// notices it.
//
// Responses and notifications take different paths. A change that a response brings
// first is inferred, even if a notification follows. A notification that was in
// transit while a listing was made can be older than the listing: the view may then go
// back and forth by a few changes, for the milliseconds until both have arrived. For a
// minute after a room's end its id is opened only by a new creation, so that late
// notifications don't bring it back.
//
// # Clusters
//
// One notifier receives the notifications of all nodes, but a node lists only its own
// rooms. List all nodes in [Config.Nodes], or use [View.SetNodes] if they come and go.
// No other server is contacted or given the token. Each address must lead to one node:
// [ErrBalanced] and [ErrSameServer] in [Node.Err] report one that doesn't, as far as
// that can be detected.
//
// A room that is on none of these nodes is shown as known from notifications, with an
// empty Node, until its end or a Gap; meanwhile [View.Nodes] has an entry without an
// address and with [ErrNotNamed].
//
// An unreachable node doesn't keep the view from following the others: its rooms stay
// as last known. A node that refuses the token is tried again once, with a fresh
// token, and then at the list interval; the view ends with [rooms.ErrUnauthorized] when
// the last two responses of every node were refusals.
//
// Two nodes can have rooms with the same id, briefly when a room is created again on
// another node, or permanently: RoomID and Node together distinguish them. Since a
// notification doesn't say which of them it is about, the room is looked up on both.
//
// # Hosted Fishjam
//
// [StartFishjam] keeps the same view of the rooms and livestreams of a Fishjam id, with
// the same guarantees. There are no nodes to configure, and no health checks: a lost
// connection or a failed request is the only sign of trouble.
//
// A livestream is a [Room] whose [Room.IsLivestream] is true, with its Streamers and
// Viewers, which have changes of their own: [StreamerChange] and [ViewerChange]. Lists
// don't say whether a viewer is connected, only notifications do; so that is unknown at
// first, and again after a Gap.
//
// Notifications don't have everything that a list has: a new peer's metadata and
// subscribe mode, and the tokens of streamers and viewers, are looked up, at most four
// times a second. Some changes have no notification at all, and are picked up by the
// periodic listing: a streamer or viewer that was added or deleted without being
// connected, and what a peer is subscribed to.
//
// # Limits
//
// There is at most one request to a node at a time. Failed requests are repeated after
// a random wait below a ceiling that doubles from 100 ms to 30 s, and not before a
// Retry-After of up to 2 minutes has passed. The first Gap is followed by a listing at
// once; while Gaps keep coming, less than 5 s apart, listings are delayed in the same
// way. Bursts of lookups are combined into one listing, at most one a second.
//
// Besides the current rooms, the view keeps up to 64 MiB of notifications during
// listings, 16 MiB of rooms on unknown nodes, 1 MiB of ids to look up per node, and for
// each consumer up to 33,000 earlier versions of rooms (fewer if they are large), which
// share unchanged parts. Metadata that a listing spells differently than a
// notification is compared as JSON up to 64 KiB, and 4 MiB per listing; beyond
// that it counts as a change.
//
// # Sources
//
// A [*stream.Notifier] receives all notifications. A [*stream.Webhook] can be used if
// all rooms are created with its URL, or if it is the one in Fishjam's dashboard; since
// lost webhook requests can't be detected, choose a shorter ListInterval then. Fishjam
// repeats requests: a notification that arrives twice is one change.
package watch

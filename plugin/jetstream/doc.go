// Package jetstream puts a Jellyfish server's notifications into a stream of NATS
// JetStream, for programs of more than one process: several bridges, of which one
// publishes and the others stand by, and workers that share the rooms.
//
// The server sends everything to everyone who listens, and numbers nothing, so that
// two replicas that subscribe act twice. Here a [Bridge] listens in each of two or
// more processes, and each notification is in the stream once. A [Worker] gets a
// share of the rooms:
//
//	worker, err := jetstream.NewWorker(ctx, conn, jetstream.WorkerConfig{})
//	…
//	for d := range worker.Deliveries() {
//		handle(d.Notification) // What a subscription delivers, stream.Gap included.
//		d.Ack()
//	}
//
// [Feed] puts the stream into a [stream.Relay], of which subscriptions, room feeds and
// live views are made.
//
// # The stream
//
//  1. Only bridges may write to it. A message's subject is
//     PREFIX.PARTITION.ROOM.KIND, with the room's id in base64url, or _ for what has
//     none; its body is that of the server's webhook, the protobuf message. A Gap is
//     one message, PREFIX.all._.gap, in JSON. Messages under PREFIX.control are the
//     bridges' own. (TestBodiesAreReadBack, TestAGapGoesToEveryPartition)
//  2. Each room's notifications are in the stream in the server's order. Where some
//     are missing or may be, a Gap stands before the next. (TestProcesses)
//  3. At any time one bridge can write: each message names the number and the
//     message that it must follow. Who is refused reads what is there, and goes on or
//     stands by. A lease in a key-value bucket says who should try; no promise
//     depends on it. (TestTheFenceHoldsForWhatIsInFlight)
//
// # When the leader changes
//
//  4. A leader whose context ends takes nothing more from its source, publishes all
//     that it has, and hands over. A bridge that has heard everything for Window goes
//     on from there: nothing is missing or twice, and there is no Gap. (TestPlannedTakeoverLeavesNothingOut)
//  5. When a leader dies, or no bridge is ready at a handover, the next begins with a
//     Gap, and then publishes what it has heard and the stream lacks. As long as one
//     bridge that hears lives, nothing is missing there in practice; the Gap says that
//     nobody knows. (TestTakeoverFromADeadLeaderLeavesAGap, TestProcesses)
//  6. A leader that was paused, or cut off, can't write when it is back. (TestProcesses)
//  7. A NATS server that is away, or restarts, costs time and no notification, as long
//     as the bridges' lists and their sources' queues hold what comes. Run it with
//     "sync_interval: always" in its jetstream section: otherwise it can lose what
//     it has acknowledged, to a loss of power for example. Where that shows, a Gap
//     is written. (TestProcesses; of the loss there is no test)
//  8. What the source misses is a Gap in the stream, in its place. A leader that
//     loses its connection to Jellyfish goes on leading. (TestTheSourcesGapIsInItsPlace)
//
// # Workers
//
//  9. A group's workers get everything at least once. All rooms of a partition come
//     in the stream's order, one delivery after the other, also where one is
//     delivered again: the next comes when it is acknowledged. (TestARoomsOrderSurvivesRedelivery)
//  10. A partition is one worker's at a time, by the server's pinned consumers. Two may
//     still handle a notification at once, for as long as an acknowledgement takes,
//     or when one takes longer than AckWait: a store that refuses a lower
//     [Delivery.Sequence] than the room's last is safe from that. (TestWorkersShareTheRooms)
//  11. A Gap is delivered in every partition. (TestAGapGoesToEveryPartition)
//  12. What isn't acknowledged in any of its attempts goes to the stream of dead
//     letters, and a Gap for its room is delivered in its place. (TestDeadLetter)
//  13. What the stream has let go of, by its MaxAge, before a group has handled it is a
//     Gap when a worker takes the partition on. While one is at it, nothing tells. (TestWhatTheStreamHasLetGoOfIsAGap)
//  14. Everyone is refused who has another [Layout] than the stream. (TestAnotherLayoutIsRefused)
//
// # What isn't promised
//
//  15. Order between rooms when the leader changes: the sockets of two bridges may
//     differ in it.
//  16. To tell two equal bodies of a room apart. A peer that connects twice within
//     Window, while the leader changes with a Gap, may be in the stream once.
//  17. Exactly once. After a Gap what was before it may come again.
//  18. Metrics reports. They aren't bridged.
package jetstream

// Package jetstream puts a Jellyfish server's notifications into a stream of NATS
// JetStream, for programs with several processes: bridges, one of which publishes
// while the others stand by, and workers that share the rooms.
//
// The server sends every notification to every subscriber, and doesn't number them,
// so two replicas would both act on each. Here a [Bridge] subscribes in each of two
// or more processes, and each notification is in the stream once. A [Worker] gets a
// share of the rooms:
//
//	worker, err := jetstream.NewWorker(ctx, conn, jetstream.WorkerConfig{})
//	…
//	for d := range worker.Deliveries() {
//		handle(d.Notification) // What a subscription delivers, stream.Gap included.
//		d.Ack()
//	}
//
// [Feed] puts the stream into a [stream.Relay], a source for subscriptions, room
// feeds and live views.
//
// # The stream
//
//  1. Only bridges may write to it. A message's subject is
//     PREFIX.PARTITION.ROOM.KIND, with the room's id in base64url, or _ for what has
//     none; its body is that of the server's webhook, the protobuf message. A Gap is
//     one message, PREFIX.all._.gap, in JSON. Messages under PREFIX.control are the
//     bridges' own. (TestBodiesAreReadBack, TestAGapGoesToEveryPartition)
//  2. Each room's notifications are in the stream in the server's order. If some are
//     or may be missing, a Gap precedes the next one. (TestProcesses)
//  3. At any time one bridge can write: each message names the sequence number and
//     the message that it must follow. A bridge that is refused reads the stream, and
//     continues or stands by. A lease in a key-value bucket says which bridge should
//     try; no guarantee depends on it. (TestTheFenceHoldsForWhatIsInFlight)
//
// # When the leader changes
//
//  4. A leader whose context ends stops receiving from its source, publishes
//     everything it has, and hands over. A bridge that has received everything for
//     Window continues from there: nothing is lost or duplicated, and there is no
//     Gap. (TestPlannedTakeoverLeavesNothingOut)
//  5. When a leader dies, or no bridge is ready at a handover, the next one begins
//     with a Gap, and then publishes what it has received and the stream lacks. As
//     long as one connected bridge survives, nothing is missing there in practice,
//     but the Gap says that this can't be known.
//     (TestTakeoverFromADeadLeaderLeavesAGap, TestProcesses)
//  6. A leader that was paused, or cut off, can't write when it is back. (TestProcesses)
//  7. A NATS server that is unreachable or restarts causes a delay and no loss, as
//     long as the bridges' lists and their sources' queues have room. Run it with
//     "sync_interval: always" in its jetstream section: otherwise it can lose what it
//     has acknowledged, such as in a power failure. If that is detected, a Gap is
//     written. (TestProcesses; of the loss there is no test)
//  8. Losses of the source are a Gap in the stream, in place. A leader that loses its
//     connection to Jellyfish remains the leader. (TestTheSourcesGapIsInItsPlace)
//
// # Workers
//
//  9. A group's workers get everything at least once. The rooms of a partition are
//     delivered in the stream's order, one delivery at a time, even if one is
//     redelivered: the next follows when it is acknowledged.
//     (TestARoomsOrderSurvivesRedelivery)
//  10. A partition is one worker's at a time, by the server's pinned consumers. Two may
//     still handle a notification at once, for as long as an acknowledgement takes,
//     or when one takes longer than AckWait: a store that refuses a lower
//     [Delivery.Sequence] than the room's last is safe from that. (TestWorkersShareTheRooms)
//  11. A Gap is delivered in every partition. (TestAGapGoesToEveryPartition)
//  12. A message that isn't acknowledged in any of its attempts goes to the stream of
//     dead letters, and a Gap for its room is delivered in its place. (TestDeadLetter)
//  13. Messages that the stream has expired, by its MaxAge, before a group has handled
//     them are a Gap when a worker takes over the partition. While a worker has the
//     partition, this isn't detected. (TestWhatTheStreamHasLetGoOfIsAGap)
//  14. Bridges and workers with another [Layout] than the stream's are refused.
//     (TestAnotherLayoutIsRefused)
//
// # What isn't guaranteed
//
//  15. Order between rooms when the leader changes: the sockets of two bridges may
//     differ in it.
//  16. Distinguishing two equal bodies of a room. A peer that connects twice within
//     Window, while the leader changes with a Gap, may be in the stream once.
//  17. Exactly once. After a Gap, messages from before it may be repeated.
//  18. Metrics reports, which aren't bridged.
package jetstream

// Package dashboard is a web page that shows the state of a Jellyfish server:
// connection and nodes, rooms, peers and tracks, traffic, and notifications as they
// arrive, with charts of the last 15 minutes.
//
// A [Handler] is mounted as net/http/pprof is:
//
//	page, err := dashboard.New(ctx, dashboard.Config{View: view, Source: notifier})
//	mux.Handle("/jellyfish/", page)
//
// It needs one live view and one subscription, for any number of browsers. Everything
// that the page needs is embedded; nothing is fetched from elsewhere.
//
// # Guarantees
//
//  1. The page is read-only: it accepts only GET and HEAD. Tokens, webhook URLs and
//     components' properties are never sent to it.
//  2. Without a password it accepts only clients on the loopback interface, unless
//     Config.AllowAnyone is set. Requests for unknown hosts are refused, which
//     prevents DNS rebinding, and so are cross-site requests.
//  3. Ids, names, metadata and reasons are untrusted. They are shown as text, never
//     as markup, and the Content-Security-Policy allows only the page's own scripts.
//  4. Where notifications are missing, the charts, time lines and the list of
//     notifications show a Gap. What isn't known is shown as unknown, never as 0.
//  5. A slow browser doesn't affect others: updates are encoded once for all, and a
//     browser that lags behind is disconnected. It reconnects automatically and gets
//     the full state again.
//  6. Memory grows with the number of rooms and peers: some 60 MiB with 5,000 rooms
//     of two peers. History goes back 15 minutes and is bounded by count as well:
//     1,000 notifications, 256 Gaps, charts of 16,384 peers and tracks, and up to 256
//     entries of a room's time line, fewer if there are many rooms. A room can be
//     viewed for 5 minutes after its end.
//
// # Traffic
//
// Rates come from the server's metrics reports, which a *stream.Webhook doesn't have.
// Bits per second are measured by ICE for a peer and a room, and by RTP for a track.
// Loss is the share of packets to a peer that were retransmitted. Servers up to
// Fishjam 0.6.3 report neither jitter nor round trip times; if a report has metrics
// whose names end in jitter or round_trip_time, they are shown unchanged.
package dashboard

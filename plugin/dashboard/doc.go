// Package dashboard is a web page on which a Jellyfish server is looked at: its
// connection and nodes, rooms, peers and tracks, traffic, and the notifications as
// they come, with the last 15 minutes as charts.
//
// A [Handler] is mounted as net/http/pprof is:
//
//	page, err := dashboard.New(ctx, dashboard.Config{View: view, Source: notifier})
//	mux.Handle("/jellyfish/", page)
//
// It needs one live view and makes one subscription, however many browsers look.
// Everything that the page needs is embedded; nothing is fetched from elsewhere.
//
// # What holds
//
//  1. The page is read-only: it answers GET and HEAD alone. No token, webhook URL,
//     or component's property reaches it.
//  2. Without a password it answers clients on the loopback interface alone, unless
//     Config.AllowAnyone says otherwise. Hosts that it wasn't told of are refused,
//     so that no foreign page reaches it by rebinding a name, and so are requests
//     that another site's page makes.
//  3. Ids, names, metadata and reasons come from outside. They are shown as text:
//     the page makes no markup of strings, and its Content-Security-Policy allows no
//     script but its own files.
//  4. Where notifications are missing, the charts, time lines and the list of
//     notifications show a Gap. What isn't known is shown as unknown, never as 0.
//  5. A slow browser costs nobody anything: what is sent is encoded once for all,
//     and a browser that lags behind is disconnected. It comes back by itself and is
//     given everything anew.
//  6. Memory grows with the number of rooms and peers: some 60 MiB with 5,000 rooms
//     of two peers. History goes back 15 minutes and is bounded by count as well:
//     1,000 notifications, 256 Gaps, charts of 16,384 peers and tracks, and up to 256
//     entries of a room's time line, fewer where there are many rooms. A room can be
//     looked at for 5 minutes after its end.
//
// # Traffic
//
// Rates come from the server's metrics reports, which a *stream.Webhook doesn't
// have. Bits per second are those of ICE for a peer and a room, those of RTP for a
// track. Loss is the share of the packets sent to a peer that had to be sent again.
// Servers up to Fishjam 0.6.3 report neither jitter nor round trip times; where a
// report has metrics whose names end in jitter or round_trip_time, they are shown
// as they are.
package dashboard

// Package prometheus shows a Jellyfish client's notifications, connection and rooms
// as Prometheus metrics, and tells a load balancer or Kubernetes how it is.
//
//	collector, err := prometheus.New(ctx, prometheus.Config{Notifier: notifier, View: view, WebRTC: true})
//	http.Handle("GET /metrics", collector.Handler())
//	http.Handle("GET /healthz", collector.Healthz())
//	http.Handle("GET /readyz", collector.Readyz())
//
// A Collector is also a collector of
// [github.com/prometheus/client_golang/prometheus], to be registered with others.
// Its metrics are made when they are asked for, from what the library counts anyway:
// a notification costs nothing more.
//
// # Names
//
// All names begin with jellyfish_client_, since they are what this client sees. The
// metrics that a Jellyfish server itself has on port 9568 begin with jellyfish_, and
// some would have the same name. The README lists all of them, and beside it are a
// dashboard for Grafana and rules for alerts.
//
// # How many there are
//
// The number of series doesn't depend on how many rooms and peers there are. There
// is one series for each kind of notification, one for each node and subscription
// that the program names, up to 1,000 of each, and nothing by room unless
// [Config].SingleRooms asks for the largest few.
//
// # Histograms of rooms
//
// The sizes and ages of rooms are histograms of the rooms that there are at that
// moment. They go down as well as up: take histogram_quantile of them as they are,
// without rate.
//
// # WebRTC
//
// Servers report once a second what each peer and track has counted since it began.
// The metrics add up how much that has grown since this client first saw the peer or
// track, so that they only grow, whoever leaves. What is transferred before the first
// report of a peer or a track, about a second, isn't in them.
//
// No server from Jellyfish 0.2.0 to Fishjam 0.6.3 reports lost packets or jitter. Loss
// shows in packets that are sent again, and in what is asked for again by a NACK.
// Where a server reports inbound-rtp.packets_lost or inbound-rtp.jitter, in seconds,
// as WebRTC's own statistics have them, these are shown as well.
package prometheus

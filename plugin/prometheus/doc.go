// Package prometheus exports a Jellyfish client's notifications, connection and rooms
// as Prometheus metrics, and has health checks for load balancers and Kubernetes.
//
//	collector, err := prometheus.New(ctx, prometheus.Config{Notifier: notifier, View: view, WebRTC: true})
//	http.Handle("GET /metrics", collector.Handler())
//	http.Handle("GET /healthz", collector.Healthz())
//	http.Handle("GET /readyz", collector.Readyz())
//
// A Collector is also a collector of
// [github.com/prometheus/client_golang/prometheus], which can be registered with
// others. Metrics are collected on each scrape, from the library's own counters:
// there is no extra cost per notification.
//
// # Names
//
// All names begin with jellyfish_client_, since they are what this client observes.
// The metrics that a Jellyfish server itself exports on port 9568 begin with
// jellyfish_, and some names would collide. The README lists all of them; next to it
// are a Grafana dashboard and alerting rules.
//
// # Cardinality
//
// The number of series doesn't depend on how many rooms and peers there are. There
// is one series for each kind of notification, one for each node and subscription
// that the program names, up to 1,000 of each, and nothing by room unless
// [Config].SingleRooms asks for the largest few.
//
// # Histograms of rooms
//
// The sizes and ages of rooms are histograms of the current rooms. They go down as
// well as up: use histogram_quantile on them directly, without rate.
//
// # WebRTC
//
// Servers report once a second what each peer and track has counted since it began.
// The metrics sum the growth since this client first saw the peer or track, so that
// they never decrease when one leaves. What is transferred before the first report of
// a peer or a track, about a second, isn't included.
//
// No server from Jellyfish 0.2.0 to Fishjam 0.6.3 reports lost packets or jitter.
// Loss is visible in retransmitted packets and in NACKs. Where a server reports
// inbound-rtp.packets_lost or inbound-rtp.jitter, in seconds, as in WebRTC's
// statistics API, these are exported as well. Hosted Fishjam has no such reports:
// leave [Config].WebRTC false there, or [New] returns stream.ErrNoMetrics.
//
// # Hosted Fishjam
//
// Give the collector a notifier with a FishjamID and a view from watch.StartFishjam.
// Agents and VAPI peers are counted among the peers, and streamers and viewers of
// livestreams have metrics of their own.
package prometheus

// Package doctor finds out step by step what of the way to a server works.
package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Verdict is what a step has shown.
type Verdict string

// The verdicts.
const (
	OK   Verdict = "ok"
	Warn Verdict = "warn"
	Fail Verdict = "fail"
)

// Finding is what a step has found out.
type Finding struct {
	Step    string  `json:"step"`
	Verdict Verdict `json:"verdict"`
	// Text is what was found, Advice what to do about it.
	Text   string `json:"text"`
	Advice string `json:"advice,omitempty"`
	// Took is how long the step took.
	Took time.Duration `json:"-"`
	// Err is why the step failed.
	Err error `json:"-"`
}

// stepLimit is how long a step may take.
const stepLimit = 10 * time.Second

// visit is the way to a server.
type visit struct {
	server *server.Server
	tell   func(Finding) error
	where  *url.URL
	proxy  *url.URL
	client *rooms.Client   // Of a Jellyfish server.
	hosted *fishjam.Client // Of hosted Fishjam.
	// reached tells that something listens there; unauthorized that the token was
	// refused, and failed that a step has.
	reached, unauthorized, failed bool
	cause                         error
}

// Examine takes all steps to a server and tells what each has found. The error is
// that of the first step that failed, or of telling.
func Examine(ctx context.Context, s *server.Server, tell func(Finding) error) error {
	v := &visit{server: s, tell: tell}
	if s.FishjamID != "" {
		return v.examineFishjam(ctx)
	}
	steps := []func(context.Context) Finding{v.address, v.proxied, v.resolve, v.dial, v.secure, v.health, v.clock, v.rest, v.subscribe}
	for _, step := range steps {
		if err := v.take(ctx, step); err != nil {
			return err
		}
	}
	for _, node := range s.Nodes[1:] {
		if err := v.take(ctx, func(ctx context.Context) Finding { return v.node(ctx, node) }); err != nil {
			return err
		}
	}
	return v.cause
}

// skipped is a step that there is no use in taking.
var skipped = Finding{}

func (v *visit) take(ctx context.Context, step func(context.Context) Finding) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	began := time.Now()
	found := step(limited)
	if found == skipped {
		return nil
	}
	found.Took = time.Since(began)
	if found.Verdict == Fail {
		v.failed = true
		if v.cause == nil {
			v.cause = found.Err
		}
	}
	return v.tell(found)
}

func (v *visit) address(context.Context) Finding {
	const step = "address"
	client, err := v.server.RESTClient()
	if err != nil {
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: err, Advice: "give --address host:port, or a URL"}
	}
	v.client = client
	scheme, _, given := strings.Cut(v.server.Address, "://")
	return v.at(client.Address(), v.server.TLS || given && (scheme == "https" || scheme == "wss"))
}

// at takes an address as where the server is.
func (v *visit) at(address string, secure bool) Finding {
	const step = "address"
	v.where = &url.URL{Scheme: "http", Host: address}
	if host, prefix, ok := strings.Cut(address, "/"); ok {
		v.where.Host, v.where.Path = host, "/"+prefix
	}
	text := address + ", without TLS"
	if secure {
		v.where.Scheme = "https"
		text = address + ", with TLS"
	}
	host := v.where.Hostname()
	local := host == "localhost" || net.ParseIP(host).IsLoopback()
	if !secure && !local {
		return Finding{Step: step, Verdict: Warn, Text: text, Advice: "the token goes over the network readably: use --tls if the server has it"}
	}
	return Finding{Step: step, Verdict: OK, Text: text}
}

// proxied finds the proxy that the environment names.
func (v *visit) proxied(context.Context) Finding {
	const step = "proxy"
	if v.where == nil {
		return skipped
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: v.where})
	switch {
	case err != nil:
		return Finding{Step: step, Verdict: Fail, Text: "HTTP_PROXY or HTTPS_PROXY can't be used", Err: &failure.ConnectError{Err: errors.New("no proxy")}, Advice: "write it as http://host:port"}
	case proxy == nil:
		return Finding{Step: step, Verdict: OK, Text: "none"}
	}
	v.proxy = proxy
	return Finding{Step: step, Verdict: OK, Text: proxy.Redacted() + "; NO_PROXY takes hosts out"}
}

// next returns the host and port that are connected to: the server or the proxy.
func (v *visit) next() (host, port string) {
	at := v.where
	if v.proxy != nil {
		at = v.proxy
	}
	port = at.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080"}[at.Scheme]
	}
	if port == "" {
		port = "80"
	}
	return at.Hostname(), port
}

func (v *visit) resolve(ctx context.Context) Finding {
	const step = "dns"
	if v.where == nil || v.failed {
		return skipped
	}
	host, _ := v.next()
	if net.ParseIP(host) != nil {
		return Finding{Step: step, Verdict: OK, Text: host + " is an address"}
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: &failure.ConnectError{Err: err}, Advice: "is the name right, and known on this machine?"}
	}
	return Finding{Step: step, Verdict: OK, Text: host + " is " + strings.Join(addresses, ", ")}
}

func (v *visit) dial(ctx context.Context) Finding {
	const step = "connect"
	if v.where == nil || v.failed {
		return skipped
	}
	host, port := v.next()
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: &failure.ConnectError{Err: err}, Advice: "is the server running, does it listen on this port, and does a firewall let it through?"}
	}
	connection.Close()
	v.reached = true
	return Finding{Step: step, Verdict: OK, Text: "something listens at " + net.JoinHostPort(host, port)}
}

// soon is how long a certificate should be valid yet.
const soon = 14 * 24 * time.Hour

func (v *visit) secure(ctx context.Context) Finding {
	const step = "tls"
	if !v.reached || v.where.Scheme != "https" || v.proxy != nil {
		return skipped
	}
	host, port := v.next()
	config := &tls.Config{}
	if v.server.Client != nil {
		if transport, ok := v.server.Client.Transport.(*http.Transport); ok && transport.TLSClientConfig != nil {
			config = transport.TLSClientConfig.Clone()
		}
	}
	connection, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		v.reached = false
		advice := "is the certificate for this name, valid, and of an authority that is trusted? --ca-file trusts another one"
		var record tls.RecordHeaderError
		if errors.As(err, &record) {
			advice = "the server speaks no TLS there: leave --tls out, or take another port"
		}
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: &failure.ConnectError{Err: err}, Advice: advice}
	}
	defer connection.Close()
	state := connection.(*tls.Conn).ConnectionState()
	until := state.PeerCertificates[0].NotAfter
	text := fmt.Sprintf("%s, certificate valid until %s", tls.VersionName(state.Version), until.Format(time.DateOnly))
	if time.Until(until) < soon {
		return Finding{Step: step, Verdict: Warn, Text: text, Advice: "renew the certificate"}
	}
	return Finding{Step: step, Verdict: OK, Text: text}
}

func (v *visit) health(ctx context.Context) Finding {
	const step = "health"
	if !v.reached {
		return skipped
	}
	health, err := v.client.Health(ctx)
	var call *rooms.Error
	switch {
	case errors.As(err, &call) && call.Status == http.StatusNotFound:
		return Finding{Step: step, Verdict: Warn, Text: "no health call: a server before 0.4.0, or another program", Advice: "if REST works below, all is well"}
	case errors.Is(err, rooms.ErrUnauthorized):
		v.unauthorized = true
		return v.refused(step, err)
	case errors.As(err, &call) && call.Status == 0:
		v.reached = false
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: failure.Calling(err), Advice: "does the port speak HTTP, and with or without TLS as you said?"}
	case err != nil:
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: err, Advice: "look at the server's log"}
	case health.Status != "UP":
		return Finding{Step: step, Verdict: Warn, Text: "the server says that it is " + health.Status, Advice: "look at the server's log"}
	}
	text := "up for " + output.Age(health.Uptime)
	if health.Version != "" {
		text += ", version " + health.Version
	}
	if health.Distribution.Enabled && health.Distribution.NodesInCluster > len(v.server.Nodes) {
		return Finding{Step: step, Verdict: Warn, Text: fmt.Sprintf("%s, %d nodes in the cluster", text, health.Distribution.NodesInCluster),
			Advice: "name the other nodes with --node: each lists only its own rooms"}
	}
	return Finding{Step: step, Verdict: OK, Text: text}
}

func (v *visit) refused(step string, err error) Finding {
	return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: err,
		Advice: "set JELLYFISH_TOKEN, or --token-file, to the server's API token (JF_SERVER_API_TOKEN there)"}
}

// skew is how much clocks may differ before somebody wonders.
const skew = 5 * time.Second

// clock compares the time in the server's answers with that of this machine.
func (v *visit) clock(ctx context.Context) Finding {
	const step = "clock"
	if !v.reached {
		return skipped
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if v.server.Client != nil {
		client.Transport = v.server.Client.Transport
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.where.String()+"/", nil)
	if err != nil {
		return skipped
	}
	began := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return skipped // The steps after it tell better.
	}
	response.Body.Close()
	there, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return Finding{Step: step, Verdict: Warn, Text: "the server tells no time", Advice: "compare its clock yourself if times in its log look odd"}
	}
	half := began.Add(time.Since(began) / 2)
	differs := there.Add(500 * time.Millisecond).Sub(half).Round(time.Second) // Date has whole seconds.
	text := "the server's clock is right"
	if differs != 0 {
		text = fmt.Sprintf("the server's clock differs by %v", differs)
	}
	if differs.Abs() > skew {
		return Finding{Step: step, Verdict: Warn, Text: text, Advice: "set both clocks by NTP: tokens of peers expire by the server's"}
	}
	return Finding{Step: step, Verdict: OK, Text: text}
}

func (v *visit) rest(ctx context.Context) Finding {
	const step = "rest"
	if !v.reached || v.unauthorized {
		return skipped
	}
	list, err := v.client.List(ctx)
	switch {
	case errors.Is(err, rooms.ErrUnauthorized):
		v.unauthorized = true
		return v.refused("token", err)
	case err != nil:
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: failure.Calling(err), Advice: "is this a Jellyfish server, and is a prefix missing in the address?"}
	}
	return Finding{Step: step, Verdict: OK, Text: "the token is accepted; " + output.Count(len(list), "room")}
}

// metricsLimit is how long a metrics report may be waited for: they come once a
// second.
const metricsLimit = 3 * time.Second

func (v *visit) subscribe(ctx context.Context) Finding {
	const step = "subscribe"
	if !v.reached || v.unauthorized {
		return skipped
	}
	began := time.Now()
	sub, err := stream.Subscribe(ctx, v.server.Stream(), stream.WithMetrics())
	switch {
	case errors.Is(err, stream.ErrUnauthorized):
		return v.refused(step, err)
	case err != nil:
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: failure.Connecting(err),
			Advice: "does a proxy on the way let WebSockets through, at /socket/server/websocket?"}
	}
	live := time.Since(began)
	timer := time.NewTimer(metricsLimit)
	defer timer.Stop()
	select {
	case <-sub.Metrics():
		return Finding{Step: step, Verdict: OK, Text: fmt.Sprintf("live after %v, metrics after %v", live.Round(time.Millisecond), time.Since(began).Round(10*time.Millisecond))}
	case <-timer.C:
	}
	return Finding{Step: step, Verdict: Warn, Text: fmt.Sprintf("live after %v, but no metrics", live.Round(time.Millisecond)), Advice: "restart the server if you need metrics: it stops sending them when its scraper has crashed"}
}

func (v *visit) node(ctx context.Context, address string) Finding {
	step := "node " + address
	if v.client == nil || v.unauthorized {
		return skipped
	}
	client, err := v.client.At(address)
	if err != nil {
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: &failure.UsageError{Err: err}, Advice: "give --node host:port"}
	}
	list, err := client.List(ctx)
	if err != nil {
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: failure.Calling(err), Advice: "jellyfish doctor -a " + address + " looks closer"}
	}
	return Finding{Step: step, Verdict: OK, Text: output.Count(len(list), "room")}
}

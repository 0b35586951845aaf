package stream

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// eitherServer returns a client that reaches several servers in memory.
func eitherServer(servers []*jellyfishtest.Server) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			for _, s := range servers {
				if s.Address() == address {
					return s.HTTPClient().Transport.(*http.Transport).DialContext(ctx, network, address)
				}
			}
			return nil, fmt.Errorf("no server at %s", address)
		},
	}}
}

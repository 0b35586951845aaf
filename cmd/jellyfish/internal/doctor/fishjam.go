package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// examineFishjam takes all steps to hosted Fishjam.
func (v *visit) examineFishjam(ctx context.Context) error {
	for _, step := range []func(context.Context) Finding{
		v.account, v.proxied, v.resolve, v.dial, v.secure, v.clock, v.credentials, v.lists, v.subscribeFishjam,
	} {
		if err := v.take(ctx, step); err != nil {
			return err
		}
	}
	return v.cause
}

// account finds out where the account of the id is.
func (v *visit) account(context.Context) Finding {
	client, err := v.server.Fishjam()
	if err != nil {
		return Finding{Step: "address", Verdict: Fail, Text: err.Error(), Err: err, Advice: "give --fishjam the id that Fishjam's dashboard shows"}
	}
	v.hosted = client
	scheme, _, isURL := strings.Cut(v.server.FishjamID, "://")
	return v.at(client.Address(), !isURL || scheme == "https" || scheme == "wss")
}

func (v *visit) credentials(ctx context.Context) Finding {
	const step = "account"
	if !v.reached {
		return skipped
	}
	err := v.hosted.Validate(ctx)
	switch {
	case errors.Is(err, fishjam.ErrInvalidCredentials), errors.Is(err, fishjam.ErrUnauthorized):
		v.unauthorized = true
		// The exit status is that of a refused token.
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: &failure.UnauthorizedError{Err: err},
			Advice: "are FISHJAM_ID and FISHJAM_MANAGEMENT_TOKEN, or --token-file, those of the dashboard?"}
	case err != nil:
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: failure.Calling(err), Advice: "is this Fishjam, and what stands in front of it?"}
	}
	text := "id and management token are accepted"
	if d, said := v.hosted.Deprecated(); said && d.Unsupported {
		return Finding{Step: step, Verdict: Warn, Text: text + "; this version is no longer supported: " + d.Message, Advice: "update this program"}
	}
	return Finding{Step: step, Verdict: OK, Text: text}
}

func (v *visit) lists(ctx context.Context) Finding {
	const step = "rest"
	if !v.reached || v.unauthorized {
		return skipped
	}
	list, err := v.hosted.ListRooms(ctx)
	var streams []fishjam.Livestream
	if err == nil {
		streams, err = v.hosted.ListLivestreams(ctx)
	}
	if err != nil {
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: failure.Calling(err), Advice: "does Fishjam report a disturbance?"}
	}
	return Finding{Step: step, Verdict: OK, Text: fmt.Sprintf("%s, of which %s", output.Count(len(list), "room"), output.Count(len(streams), "livestream"))}
}

// subscribeFishjam subscribes without metrics, which hosted Fishjam doesn't have.
func (v *visit) subscribeFishjam(ctx context.Context) Finding {
	const step = "subscribe"
	if !v.reached || v.unauthorized {
		return skipped
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	if _, err := stream.Subscribe(ctx, v.server.Stream()); err != nil {
		return Finding{Step: step, Verdict: Fail, Text: err.Error(), Err: failure.Connecting(err),
			Advice: "does a proxy on the way let WebSockets through, at /socket/server/websocket?"}
	}
	return Finding{Step: step, Verdict: OK, Text: fmt.Sprintf("live after %v", time.Since(began).Round(time.Millisecond))}
}

// Package server provides the server that the examples connect to: the one named by the
// command line or the environment, or else one inside the program.
package server

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/conference"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Server is a server to connect to.
type Server struct {
	// Address and Token are for connecting to it.
	Address, Token string
	// Secure selects TLS.
	Secure bool

	embedded *jellyfishtest.Server // Nil for a server elsewhere.
	stop     func()                // Ends what is being played; nil if nothing is.
	playing  sync.WaitGroup
}

// Find parses a command line: the flags -addr, -token and -secure, the first two of
// which default to JELLYFISH_ADDRESS and JELLYFISH_TOKEN, and those that flags already
// has. Without an address it starts a server inside the program. Help is printed to
// out; the error is then [flag.ErrHelp], otherwise a [*usage.Error] or that of starting
// the server. The caller must call [Server.Close].
func Find(flags *flag.FlagSet, args []string, out io.Writer) (*Server, error) {
	s := new(Server)
	flags.StringVar(&s.Address, "addr", "", "`address` of a server, as in localhost:5002, or its URL (default $JELLYFISH_ADDRESS)")
	flags.StringVar(&s.Token, "token", "", "the server's API `token` (default $JELLYFISH_TOKEN)")
	flags.BoolVar(&s.Secure, "secure", false, "connect over TLS")
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(out)
		flags.Usage()
		return nil, err
	case err != nil:
		return nil, &usage.Error{Err: err}
	case flags.NArg() > 0:
		return nil, &usage.Error{Err: fmt.Errorf("unexpected argument %q: an address is given with -addr", flags.Arg(0))}
	}
	needsServer := s.Token != "" || s.Secure
	s.Address = cmp.Or(s.Address, os.Getenv("JELLYFISH_ADDRESS"))
	s.Token = cmp.Or(s.Token, os.Getenv("JELLYFISH_TOKEN"))
	switch {
	case s.Address == "" && needsServer:
		return nil, &usage.Error{Err: errors.New("-token and -secure need a server: give -addr or set JELLYFISH_ADDRESS")}
	case s.Address == "":
		return s, s.embed()
	case s.Token == "":
		return nil, &usage.Error{Err: errors.New("a server needs a token: give -token or set JELLYFISH_TOKEN")}
	}
	return s, nil
}

// embed starts a server inside the program.
func (s *Server) embed() (err error) {
	s.embedded, err = jellyfishtest.New(jellyfishtest.Config{SequentialIDs: true})
	if err != nil {
		return err
	}
	s.Address, s.Token = s.embedded.Address(), jellyfishtest.Token
	return nil
}

// Embedded reports whether the server is inside the program.
func (s *Server) Embedded() bool { return s.embedded != nil }

// Close ends a server inside the program, and what is being played on it.
func (s *Server) Close() {
	if s.stop != nil {
		s.stop()
	}
	s.playing.Wait()
	if s.embedded != nil {
		s.embedded.Close()
	}
}

// Stream returns the configuration to receive the server's notifications.
func (s *Server) Stream() stream.Config {
	return stream.Config{
		ServerAddress:  s.Address,
		ServerAPIToken: stream.NewSecret(s.Token),
		Secure:         s.Secure,
		Logger:         slog.Default(),
	}
}

// Rooms returns the configuration to call the server.
func (s *Server) Rooms() rooms.Config {
	return rooms.Config{
		ServerAddress:  s.Address,
		ServerAPIToken: rooms.NewSecret(s.Token),
		Secure:         s.Secure,
		Logger:         slog.Default(),
	}
}

// Play plays a conference on a server inside the program. The returned context ends
// when the conference is over and source has received all of it, or with ctx. With
// another server it is ctx.
func (s *Server) Play(ctx context.Context, source stream.Source) context.Context {
	if s.embedded == nil {
		return ctx
	}
	playing, end := context.WithCancel(ctx)
	s.stop = end
	s.playing.Go(func() {
		defer end()
		if err := s.play(playing, source); err != nil && playing.Err() == nil {
			slog.Error("The conference failed.", "error", err)
		}
	})
	return playing
}

// play returns when source has received the conference's last notification, the
// end of the room standup.
func (s *Server) play(ctx context.Context, source stream.Source) error {
	ended, err := stream.SubscribeTo[decode.RoomDeleted](ctx, source, stream.InRooms("standup"))
	if err != nil {
		return err
	}
	if err := conference.Play(ctx, s.embedded, s.Token); err != nil {
		return err
	}
	for e := range ended.All() {
		if e.Gap == nil {
			break
		}
	}
	return nil
}

package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// options are what the command line and the environment say.
type options struct {
	addr, token                  string
	secure, metrics, json, state bool
	rooms                        []string // None stands for all.
	kinds                        []decode.Kind
}

// parse reads the options; a call for help it answers on out.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("notifier", flag.ContinueOnError)
	flags.StringVar(&o.addr, "addr", "", "`address` of a server, as in localhost:5002, or its URL (default $JELLYFISH_ADDRESS)")
	flags.StringVar(&o.token, "token", "", "the server's API `token` (default $JELLYFISH_TOKEN)")
	flags.BoolVar(&o.secure, "secure", false, "connect over TLS")
	flags.BoolVar(&o.metrics, "metrics", false, "print metrics reports too, those of all rooms")
	flags.BoolVar(&o.json, "json", false, "print a JSON object a line, and nothing else, on the standard output")
	flags.BoolVar(&o.state, "state", false, "print a table of the rooms and who is in them, anew when it has changed")
	flags.Func("room", "only notifications about this room, with -state only this room; `ID[,ID…]`, or given again, for several", o.addRooms)
	flags.Func("kind", "only notifications of this kind, as in peer_connected; `name[,name…]`, or given again, for several", o.addKinds)
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		flags.Usage()
		return o, err
	} else if err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q: an address is given with -addr", flags.Arg(0))
	}
	return o.withEnvironment()
}

// withEnvironment adds what the command line doesn't say, and checks the whole.
func (o options) withEnvironment() (options, error) {
	tokenGiven := o.token != ""
	o.addr = cmp.Or(o.addr, os.Getenv("JELLYFISH_ADDRESS"))
	o.token = cmp.Or(o.token, os.Getenv("JELLYFISH_TOKEN"))
	switch {
	case o.state && (o.json || o.metrics || len(o.kinds) > 0):
		return o, errors.New("-state doesn't go with -json, -metrics or -kind")
	case o.addr == "" && (tokenGiven || o.secure):
		return o, errors.New("-token and -secure need a server: give -addr or set JELLYFISH_ADDRESS")
	case o.addr != "" && o.token == "":
		return o, errors.New("a server needs a token: give -token or set JELLYFISH_TOKEN")
	}
	return o, nil
}

func (o *options) addRooms(list string) error {
	ids := strings.Split(list, ",")
	if slices.Contains(ids, "") {
		return errors.New("empty room id")
	}
	o.rooms = append(o.rooms, ids...)
	return nil
}

func (o *options) addKinds(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		kind, ok := decode.ParseKind(name)
		switch {
		case !ok:
			return fmt.Errorf("no notification has the kind %q", name)
		case kind == decode.KindMetricsReport:
			return errors.New("metrics reports are asked for with -metrics")
		}
		o.kinds = append(o.kinds, kind)
	}
	return nil
}

// filtered tells whether only a part of the notifications is wanted.
func (o options) filtered() bool { return len(o.rooms)+len(o.kinds) > 0 }

// subscription returns what to subscribe to: with the conference to metrics, too,
// unless only a part of it is wanted.
func (o options) subscription() []stream.Option {
	var s []stream.Option
	if o.metrics || o.addr == "" && !o.filtered() {
		s = append(s, stream.WithMetrics())
	}
	if len(o.rooms) > 0 {
		s = append(s, stream.InRooms(o.rooms...))
	}
	if len(o.kinds) > 0 {
		s = append(s, stream.OfKinds(o.kinds...))
	}
	return s
}

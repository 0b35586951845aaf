package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
)

// options are what the command line and the environment say.
type options struct {
	addr, token   string
	secure        bool
	listen, url   string
	signingSecret string
}

// parse reads the options; a call for help it answers on out.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("webhook", flag.ContinueOnError)
	flags.StringVar(&o.addr, "addr", "", "`address` of a server, as in localhost:5002, or its URL (default $JELLYFISH_ADDRESS)")
	flags.StringVar(&o.token, "token", "", "the server's API `token` (default $JELLYFISH_TOKEN)")
	flags.BoolVar(&o.secure, "secure", false, "connect over TLS")
	flags.StringVar(&o.listen, "listen", "", "`address` to receive on, as in :8080 (default a free port that only this machine reaches)")
	flags.StringVar(&o.url, "url", "", "`URL` at which the server reaches the receiver (default where it listens)")
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		flags.Usage()
		fmt.Fprintln(out, "A secret that the server signs with is taken from $JELLYFISH_SIGNING_SECRET.")
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
	given := o.token != "" || o.secure || o.listen != "" || o.url != ""
	anyPort := o.listen == ""
	o.addr = cmp.Or(o.addr, os.Getenv("JELLYFISH_ADDRESS"))
	o.token = cmp.Or(o.token, os.Getenv("JELLYFISH_TOKEN"))
	o.signingSecret = os.Getenv("JELLYFISH_SIGNING_SECRET")
	o.listen = cmp.Or(o.listen, "127.0.0.1:0")
	switch {
	case o.addr == "" && given:
		return o, errors.New("-token, -secure, -listen and -url need a server: give -addr or set JELLYFISH_ADDRESS")
	case o.addr != "" && o.token == "":
		return o, errors.New("a server needs a token: give -token or set JELLYFISH_TOKEN")
	case o.url != "" && anyPort:
		return o, errors.New("-url needs a -listen: without it the port is another one each time")
	case o.url == "" && everywhere(o.listen):
		return o, fmt.Errorf("-listen %s needs a -url", o.listen)
	}
	return o, nil
}

// everywhere tells whether an address is that of all interfaces, at which nobody
// can be reached.
func everywhere(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && (host == "" || net.ParseIP(host).IsUnspecified())
}

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/control"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/post"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func newTrigger() *cobra.Command {
	var to destination
	var how post.Settings
	var testserver string
	var set []string
	var dry bool
	c := &cobra.Command{
		Use:   "trigger KIND",
		Short: "Send a made-up notification to a webhook receiver or a test server",
		Long: `Send one notification that has not happened: with --to to a webhook receiver,
otherwise to a "jellyfish testserver", which sends it to whoever has subscribed.
Fields that aren't set are made up; --dry-run shows them. Those within others are
named with a dot, as in track.metadata.`,
		Example: examples(
			"jellyfish trigger peer_connected --set room_id=standup --set peer_id=ada",
			`jellyfish trigger track_added --set 'track.metadata={"active":true}' --to http://localhost:4000/webhook`),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(kindNames(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := madeUp(args[0], set)
			if err != nil {
				return err
			}
			switch {
			case dry:
				return output.Object(c.OutOrStdout(), n)
			case to.given():
				return postOne(c, to, how, n)
			}
			return tell(c, testserver, n)
		},
	}
	to.addTo(c, "to")
	how.AddTo(c.Flags())
	c.Flags().StringVar(&testserver, "test-server", control.DefaultAddress, "control `ADDRESS` of a test server")
	c.Flags().StringArrayVar(&set, "set", nil, "`FIELD=VALUE`, may be given again")
	c.Flags().BoolVar(&dry, "dry-run", false, "print the notification and send nothing")
	return c
}

func postOne(c *cobra.Command, to destination, how post.Settings, n decode.Notification) error {
	poster, err := to.poster(how)
	if err != nil {
		return err
	}
	defer poster.Close()
	answer := poster.Post(c.Context(), n)
	if err := printDelivery(c.OutOrStdout(), output.Table, time.Now(), n, answer); err != nil {
		return err
	}
	switch {
	case errors.Is(answer.Err, post.ErrNotPosted):
		return answer.Err
	case answer.Err != nil:
		return &failure.ConnectError{Err: fmt.Errorf("%s: %w\nIs the receiver running there?", poster.URL(), answer.Err), Plain: true}
	case answer.Status == 401 || answer.Status == 403:
		return fmt.Errorf("%s refused it: %v\nIs the secret in the URL, or in $%s, the receiver's?", poster.URL(), answer, post.SigningVariable)
	case !answer.OK():
		return fmt.Errorf("%s refused it: %v", poster.URL(), answer)
	}
	return nil
}

func tell(c *cobra.Command, address string, n decode.Notification) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	token := cmp.Or(os.Getenv(server.TokenVariable), jellyfishtest.Token)
	answer, err := control.Tell(c.Context(), address, token, text)
	var refused *control.RefusedError
	switch {
	case errors.Is(err, control.ErrUnauthorized):
		return &failure.UnauthorizedError{Err: err}
	case errors.As(err, &refused), errors.Is(err, context.Canceled):
		return err
	case err != nil:
		return &failure.ConnectError{Err: fmt.Errorf("no test server: %w\nStart one with \"jellyfish testserver\", or name a webhook receiver with --to", err), Plain: true}
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), answer)
	return err
}

// madeUp returns a notification of a kind, whose fields are set or made up.
func madeUp(name string, set []string) (decode.Notification, error) {
	if _, ok := decode.ParseKind(name); !ok {
		return nil, failure.Usagef("no notification has the kind %q; there are %s", name, strings.Join(kindNames(), ", "))
	}
	fields, err := fieldsOf(name)
	if err != nil {
		return nil, err
	}
	for _, assignment := range set {
		field, value, ok := strings.Cut(assignment, "=")
		if !ok {
			return nil, failure.Usagef("--set %q: want FIELD=VALUE", assignment)
		}
		if err := assign(fields, strings.Split(field, "."), value); err != nil {
			return nil, failure.Usagef("--set %s: %w", field, err)
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	n, err := decode.UnmarshalNotification(text)
	if err != nil {
		return nil, failure.Usagef("%w", err)
	}
	return n, nil
}

// fieldsOf returns the fields of a kind with made-up values.
func fieldsOf(kind string) (map[string]any, error) {
	empty, err := decode.UnmarshalNotification(fmt.Appendf(nil, `{"kind":%q}`, kind))
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(empty)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	for name := range fields {
		if id, ok := strings.CutSuffix(name, "_id"); ok {
			fields[name] = id + "-1"
		}
	}
	if _, ok := fields["owner"]; ok {
		fields["owner"] = map[string]any{"type": "peer", "id": "peer-1"}
	}
	if _, ok := fields["track"]; ok {
		fields["track"] = map[string]any{"id": "peer-1:audio", "type": "audio", "metadata": nil}
	}
	if strings.HasSuffix(kind, "metadata_updated") && fields["track"] == nil {
		fields["metadata"] = map[string]any{"name": "Ada"}
	}
	return fields, nil
}

// assign gives a field a value: JSON where the field is metadata, text elsewhere.
func assign(fields map[string]any, path []string, value string) error {
	name := path[0]
	if len(path) > 1 {
		inner, ok := fields[name].(map[string]any)
		if !ok || name == "metadata" {
			return fmt.Errorf("there is no such field; there are %s", names(fields))
		}
		return assign(inner, path[1:], value)
	}
	switch _, known := fields[name]; {
	case name == "kind", !known && name != "metadata" && name != "reason":
		return fmt.Errorf("there is no such field; there are %s", names(fields))
	case name == "metadata":
		var parsed any
		if err := json.Unmarshal([]byte(value), &parsed); err != nil {
			return fmt.Errorf("want JSON, as in {\"name\":\"Ada\"}: %w", err)
		}
		fields[name] = json.RawMessage(value)
	default:
		if name == "number" {
			fields[name] = json.RawMessage(value)
			return nil
		}
		fields[name] = value
	}
	return nil
}

// names returns the names of fields, in order.
func names(fields map[string]any) string {
	list := slices.Sorted(maps.Keys(fields))
	return strings.Join(slices.DeleteFunc(list, func(name string) bool { return name == "kind" }), ", ")
}

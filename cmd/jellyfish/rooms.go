package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

func newRooms() *cobra.Command {
	c := &cobra.Command{
		Use:   "rooms",
		Short: "List, make and delete rooms",
		Example: examples(
			"jellyfish rooms list -w",
			"jellyfish rooms create standup --max-peers 12 --codec h264"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newRoomsList(), newRoomsGet(), newRoomsCreate(), newRoomsDelete())
	return c
}

func newRoomsList() *cobra.Command {
	var r calling
	var follow bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the rooms",
		Long: `List the rooms of all nodes that are named. With -w the list goes on: what
comes is printed after a +, what has changed after a *, and what goes after a -.`,
		Example: examples(
			"jellyfish rooms list -o json",
			"jellyfish rooms list -w"),
		Args: cobra.NoArgs,
	}
	c.Flags().BoolVarP(&follow, "watch", "w", false, "keep the list up to date, until Ctrl-C")
	return r.printing(c, func(c *cobra.Command, _ []string) error {
		if follow {
			return r.follow(c.Context(), c.OutOrStdout(), roomsTable, "")
		}
		list, err := r.list(c.Context())
		if err != nil {
			return err
		}
		slices.SortFunc(list, func(x, y listed) int { return cmp.Or(cmp.Compare(x.ID, y.ID), cmp.Compare(x.node, y.node)) })
		rows := [][]string{roomsTable.heading}
		for _, room := range list {
			if r.format == output.JSON {
				if err := output.Object(c.OutOrStdout(), room.json()); err != nil {
					return err
				}
			}
			rows = append(rows, roomRow(room))
		}
		if r.format == output.JSON {
			return nil
		}
		if len(list) == 0 {
			fmt.Fprintln(c.ErrOrStderr(), "no rooms; \"jellyfish rooms create\" makes one")
			return nil
		}
		return output.Columns(c.OutOrStdout(), rows)
	})
}

func newRoomsGet() *cobra.Command {
	var r calling
	c := &cobra.Command{
		Use:   "get ROOM",
		Short: "Show a room, its peers and its components",
		Example: examples(
			"jellyfish rooms get standup",
			"jellyfish rooms get standup -o json | jq .peers"),
		Args: cobra.ExactArgs(1),
	}
	return r.printing(c, func(c *cobra.Command, args []string) error {
		client, room, err := r.find(c.Context(), args[0])
		if err != nil {
			return err
		}
		out, l := c.OutOrStdout(), listed{room, client.Address()}
		if r.format == output.JSON {
			return output.Object(out, l.json())
		}
		if err := output.Columns(out, [][]string{roomsTable.heading, roomRow(l)}); err != nil {
			return err
		}
		if len(room.Peers) > 0 {
			fmt.Fprintln(out)
			if err := output.Columns(out, peerRows(room.Peers)); err != nil {
				return err
			}
		}
		if len(room.Components) > 0 {
			fmt.Fprintln(out)
			return output.Columns(out, componentRows(room.Components))
		}
		return nil
	})
}

func newRoomsCreate() *cobra.Command {
	var r calling
	var maxPeers int
	var codec, webhook string
	var purge, disconnected time.Duration
	c := &cobra.Command{
		Use:   "create [ROOM]",
		Short: "Make a room, with a generated id if none is given",
		Example: examples(
			"jellyfish rooms create standup --max-peers 12",
			"jellyfish rooms create --codec h264 --purge-after 10m -o json"),
		Args: cobra.MaximumNArgs(1),
	}
	c.Flags().IntVar(&maxPeers, "max-peers", -1, "how many peers the room takes (default any number)")
	c.Flags().StringVar(&codec, "codec", "", "the one video codec: h264 or vp8 (default any)")
	c.Flags().StringVar(&webhook, "webhook-url-file", "", "`FILE` with the URL to which notifications are posted")
	c.Flags().DurationVar(&purge, "purge-after", 0, "end the room after this time without a peer (default never)")
	c.Flags().DurationVar(&disconnected, "remove-peers-after", 0, "remove peers that weren't connected for this time (default never)")
	return r.printing(c, func(c *cobra.Command, args []string) error {
		config := rooms.RoomConfig{VideoCodec: rooms.VideoCodec(codec), PeerlessPurgeTimeout: purge, PeerDisconnectedTimeout: disconnected}
		if len(args) > 0 {
			config.RoomID = args[0]
		}
		if c.Flags().Changed("max-peers") {
			config.MaxPeers = &maxPeers
		}
		var err error
		if config.WebhookURL, err = secretFrom("--webhook-url-file", webhook); err != nil {
			return err
		}
		s, err := r.settings.Server()
		if err != nil {
			return err
		}
		callers, err := s.Callers()
		if err != nil {
			return err
		}
		created, err := callers[0].Create(c.Context(), config)
		if err != nil {
			return err
		}
		l := listed{server.Room{Room: created.Room}, created.Address}
		if r.format == output.JSON {
			return output.Object(c.OutOrStdout(), l.json())
		}
		return output.Columns(c.OutOrStdout(), [][]string{roomsTable.heading, roomRow(l)})
	})
}

// secretFrom reads a secret from a file.
func secretFrom(flag, file string) (rooms.Secret, error) {
	if file == "" {
		return rooms.Secret{}, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return rooms.Secret{}, failure.Usagef("%s: %w", flag, err)
	}
	return rooms.NewSecret(strings.TrimSpace(string(text))), nil
}

func newRoomsDelete() *cobra.Command {
	var r calling
	c := &cobra.Command{
		Use:   "delete ROOM…",
		Short: "End rooms, with all who are in them",
		Example: examples(
			"jellyfish rooms delete standup",
			"jellyfish rooms delete --yes standup webinar"),
		Args: cobra.MinimumNArgs(1),
	}
	return r.deleting(c, func(c *cobra.Command, args []string) error {
		return each(args, func(id string) error {
			client, _, err := r.find(c.Context(), id)
			if err != nil {
				return err
			}
			return deleted(c, id, client.Delete(c.Context(), id))
		})
	})
}

// each does something for each argument, up to the first that fails.
func each(args []string, do func(string) error) error {
	for _, arg := range args {
		if err := do(arg); err != nil {
			return err
		}
	}
	return nil
}

// deleted tells of what was deleted.
func deleted(c *cobra.Command, id string, err error) error {
	if err == nil {
		fmt.Fprintln(c.ErrOrStderr(), "deleted", id)
	}
	return err
}

func roomRow(l listed) []string {
	connected, audio, video := 0, 0, 0
	count := func(tracks []decode.Track) {
		for _, t := range tracks {
			if t.Type == decode.TrackTypeAudio {
				audio++
			} else {
				video++
			}
		}
	}
	for _, p := range l.Peers {
		count(p.Tracks)
		if p.Status == rooms.StatusConnected {
			connected++
		}
	}
	var types []string
	for _, c := range l.Components {
		count(c.Tracks)
		types = append(types, string(c.Type))
	}
	if l.Type != "" {
		types = append(types, livestream(l.Type, len(l.Streamers), len(l.Viewers)))
	}
	limit := "any"
	if l.Config.MaxPeers != nil {
		limit = fmt.Sprint(*l.Config.MaxPeers)
	}
	return []string{
		l.ID, dash(l.node), fmt.Sprintf("%d/%d", connected, len(l.Peers)), limit,
		fmt.Sprintf("%da %dv", audio, video), dash(strings.Join(types, ",")), cmp.Or(string(l.Config.VideoCodec), "any"),
	}
}

// livestream says which type a room of hosted Fishjam has, and how many stream and watch.
func livestream(t fishjam.RoomType, streamers, viewers int) string {
	if !t.Livestream() {
		return string(t)
	}
	return fmt.Sprintf("%s: %s, %s", t, output.Count(streamers, "streamer"), output.Count(viewers, "viewer"))
}

func dash(text string) string { return cmp.Or(text, "–") }

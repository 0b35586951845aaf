package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/board"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func newPeers() *cobra.Command {
	c := &cobra.Command{
		Use:   "peers",
		Short: "List, add and remove the peers of a room",
		Example: examples(
			"jellyfish peers list standup -w",
			"TOKEN=$(jellyfish peers create standup --token-only)"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newPeersList(), newPeersGet(), newPeersCreate(), newPeersDelete())
	return c
}

func newPeersList() *cobra.Command {
	var r calling
	var follow bool
	c := &cobra.Command{
		Use:   "list ROOM",
		Short: "List the peers of a room",
		Example: examples(
			"jellyfish peers list standup -o json",
			"jellyfish peers list standup -w"),
		Args: cobra.ExactArgs(1),
	}
	c.Flags().BoolVarP(&follow, "watch", "w", false, "keep the list up to date, until Ctrl-C")
	return r.printing(c, func(c *cobra.Command, args []string) error {
		_, room, err := r.find(c.Context(), args[0])
		if err != nil {
			return err
		}
		out := c.OutOrStdout()
		if follow {
			return r.follow(c.Context(), out, peersTable, args[0])
		}
		if r.format == output.JSON {
			for _, p := range room.Peers {
				if err := output.Object(out, newPeerJSON(room.ID, p)); err != nil {
					return err
				}
			}
			return nil
		}
		return output.Columns(out, peerRows(room.Peers))
	})
}

func newPeersGet() *cobra.Command {
	var r calling
	c := &cobra.Command{
		Use:   "get ROOM PEER",
		Short: "Show a peer and its tracks",
		Example: examples(
			"jellyfish peers get standup 5e0b…",
			"jellyfish peers get standup 5e0b… -o json | jq .metadata"),
		Args: cobra.ExactArgs(2),
	}
	return r.printing(c, func(c *cobra.Command, args []string) error {
		_, room, err := r.find(c.Context(), args[0])
		if err != nil {
			return err
		}
		at := slices.IndexFunc(room.Peers, func(p rooms.Peer) bool { return p.ID == args[1] })
		if at < 0 {
			return fmt.Errorf("room %s: %w", args[0], rooms.ErrPeerNotFound)
		}
		p := room.Peers[at]
		if r.format == output.JSON {
			return output.Object(c.OutOrStdout(), newPeerJSON(room.ID, p))
		}
		if err := output.Columns(c.OutOrStdout(), peerRows(room.Peers[at:at+1])); err != nil || len(p.Tracks) == 0 {
			return err
		}
		fmt.Fprintln(c.OutOrStdout())
		rows := [][]string{{"TRACK", "TYPE", "METADATA"}}
		for _, t := range p.Tracks {
			rows = append(rows, []string{t.ID, t.Type.String(), string(t.Metadata)})
		}
		return output.Columns(c.OutOrStdout(), rows)
	})
}

func newPeersCreate() *cobra.Command {
	var r calling
	var options rooms.PeerOptions
	var tokenOnly bool
	c := &cobra.Command{
		Use:   "create ROOM",
		Short: "Add a peer to a room, and print what its client needs",
		Long: `Add a peer to a room, and print its id, its token and where its client
connects to. Whoever has the token is the peer, for 24 hours.`,
		Example: examples(
			"jellyfish peers create standup",
			"TOKEN=$(jellyfish peers create standup --token-only)"),
		Args: cobra.ExactArgs(1),
	}
	c.Flags().BoolVar(&options.DisableSimulcast, "no-simulcast", false, "the peer sends its video in one quality only")
	c.Flags().BoolVar(&tokenOnly, "token-only", false, "print nothing but the peer's token")
	return r.printing(c, func(c *cobra.Command, args []string) error {
		client, _, err := r.find(c.Context(), args[0])
		if err != nil {
			return err
		}
		added, err := client.AddPeer(c.Context(), args[0], options)
		if err != nil {
			return err
		}
		out := c.OutOrStdout()
		switch {
		case tokenOnly:
			_, err = fmt.Fprintln(out, added.Token.Reveal())
			return err
		case r.format == output.JSON:
			return output.Object(out, struct {
				peerJSON
				Token string `json:"token"`
				URL   string `json:"websocket_url"`
			}{newPeerJSON(args[0], added.Peer), added.Token.Reveal(), added.WebSocketURL})
		}
		return output.Columns(out, [][]string{
			{"peer", added.Peer.ID}, {"token", added.Token.Reveal()}, {"url", added.WebSocketURL},
		})
	})
}

func newPeersDelete() *cobra.Command {
	var r calling
	c := &cobra.Command{
		Use:   "delete ROOM PEER…",
		Short: "Remove peers from a room, and disconnect them",
		Example: examples(
			"jellyfish peers delete standup 5e0b…",
			"jellyfish peers delete --yes standup 5e0b… 77c1…"),
		Args: cobra.MinimumNArgs(2),
	}
	return r.deleting(c, func(c *cobra.Command, args []string) error {
		client, _, err := r.find(c.Context(), args[0])
		if err != nil {
			return err
		}
		return each(args[1:], func(id string) error {
			return deleted(c, id, client.DeletePeer(c.Context(), args[0], id))
		})
	})
}

func peerRows(list []rooms.Peer) [][]string {
	rows := [][]string{peersTable.heading}
	for _, p := range list {
		rows = append(rows, peerRow(p))
	}
	return rows
}

func peerRow(p rooms.Peer) []string {
	return []string{p.ID, string(p.Status), trackTypes(p.Tracks), dash(board.Name(p.Metadata)), string(p.Metadata)}
}

// trackTypes returns the types of tracks, audio before video.
func trackTypes(tracks []decode.Track) string {
	var types []string
	for _, t := range tracks {
		types = append(types, t.Type.String())
	}
	slices.Sort(types)
	return dash(strings.Join(types, ","))
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// calling is what all commands have that call a server.
type calling struct {
	settings server.Settings
	format   output.Format
	yes      bool
}

// command adds the flags of a server to a command that calls it.
func (r *calling) command(c *cobra.Command, run func(c *cobra.Command, args []string) error) *cobra.Command {
	r.format = output.Table
	r.settings.AddTo(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		return failure.Calling(run(c, args))
	}
	return c
}

// printing adds -o as well.
func (r *calling) printing(c *cobra.Command, run func(c *cobra.Command, args []string) error) *cobra.Command {
	c.Flags().VarP(&r.format, "output", "o", "how to print: table or json")
	return r.command(c, run)
}

// deleting adds --yes instead.
func (r *calling) deleting(c *cobra.Command, run func(c *cobra.Command, args []string) error) *cobra.Command {
	c.Flags().BoolVarP(&r.yes, "yes", "y", false, "don't ask")
	return r.command(c, func(c *cobra.Command, args []string) error {
		if !r.yes {
			if err := confirm(c, "Delete "+strings.Join(args, " ")+"?"); err != nil {
				return err
			}
		}
		return run(c, args)
	})
}

// errDeclined means that a question was not answered with yes.
var errDeclined = errors.New("not deleted")

// confirm asks on the terminal.
func confirm(c *cobra.Command, question string) error {
	if in, ok := c.InOrStdin().(*os.File); !ok || !term.IsTerminal(in.Fd()) {
		return failure.Usagef("nobody is there to ask: give --yes")
	}
	fmt.Fprintf(c.ErrOrStderr(), "%s [y/N] ", question)
	line := make(chan string, 1)
	go func() { // Ends with the program if nobody answers.
		text, _ := bufio.NewReader(c.InOrStdin()).ReadString('\n')
		line <- text
	}()
	select {
	case text := <-line:
		if answer := strings.ToLower(strings.TrimSpace(text)); answer != "y" && answer != "yes" {
			return errDeclined
		}
		return nil
	case <-c.Context().Done():
		return c.Context().Err()
	}
}

// find returns a client of the node that holds a room, and the room.
func (r *calling) find(ctx context.Context, id string) (server.Caller, server.Room, error) {
	s, err := r.settings.Server()
	if err != nil {
		return nil, server.Room{}, err
	}
	clients, err := s.Callers()
	if err != nil {
		return nil, server.Room{}, err
	}
	var failed error
	for _, client := range clients {
		room, err := client.Get(ctx, id)
		if err == nil {
			return client, room, nil
		}
		if failed == nil || !errors.Is(err, rooms.ErrRoomNotFound) {
			failed = err
		}
	}
	if errors.Is(failed, rooms.ErrRoomNotFound) && len(clients) == 1 && s.FishjamID == "" {
		failed = fmt.Errorf("%w\nIn a cluster name the other nodes with --node", failed)
	}
	return nil, server.Room{}, failed
}

// list returns the rooms of all nodes. One that fails fails all.
func (r *calling) list(ctx context.Context) ([]listed, error) {
	s, err := r.settings.Server()
	if err != nil {
		return nil, err
	}
	clients, err := s.Callers()
	if err != nil {
		return nil, err
	}
	var all []listed
	for _, client := range clients {
		list, err := client.List(ctx)
		if err != nil {
			return nil, err
		}
		for _, room := range list {
			all = append(all, listed{room, client.Address()})
		}
	}
	return all, nil
}

// listed is a room and the node that has it.
type listed struct {
	server.Room
	node string
}

// The JSON of rooms has the names of the JSON of notifications.
type roomJSON struct {
	RoomID     string          `json:"room_id"`
	Node       string          `json:"node,omitempty"`
	Type       string          `json:"room_type,omitempty"` // Of hosted Fishjam.
	MaxPeers   *int            `json:"max_peers,omitempty"`
	VideoCodec string          `json:"video_codec,omitempty"`
	Peers      []peerJSON      `json:"peers"`
	Components []componentJSON `json:"components"`
	Streamers  []streamerJSON  `json:"streamers,omitempty"`
	Viewers    []viewerJSON    `json:"viewers,omitempty"`
	Problems   []string        `json:"problems,omitempty"`
}

// Tokens of livestreams aren't printed: who needs one has another made.
type streamerJSON struct {
	StreamerID string `json:"streamer_id"`
	Status     string `json:"status"`
}

type viewerJSON struct {
	ViewerID string `json:"viewer_id"`
}

type peerJSON struct {
	RoomID   string          `json:"room_id,omitempty"`
	PeerID   string          `json:"peer_id"`
	PeerType string          `json:"peer_type,omitempty"`
	Status   string          `json:"status"`
	Tracks   []decode.Track  `json:"tracks"`
	Metadata decode.Metadata `json:"metadata,omitempty"`
}

type componentJSON struct {
	RoomID      string         `json:"room_id,omitempty"`
	ComponentID string         `json:"component_id"`
	Type        string         `json:"component_type"`
	Tracks      []decode.Track `json:"tracks"`
}

func (l listed) json() roomJSON {
	j := roomJSON{
		RoomID: l.ID, Node: l.node, MaxPeers: l.Config.MaxPeers, VideoCodec: string(l.Config.VideoCodec),
		Type: string(l.Type), Peers: []peerJSON{}, Components: []componentJSON{}, Problems: l.Problems,
	}
	for _, s := range l.Streamers {
		j.Streamers = append(j.Streamers, streamerJSON{s.ID, string(s.Status)})
	}
	for _, v := range l.Viewers {
		j.Viewers = append(j.Viewers, viewerJSON{v.ID})
	}
	for _, p := range l.Peers {
		j.Peers = append(j.Peers, newPeerJSON("", p))
	}
	for _, c := range l.Components {
		j.Components = append(j.Components, newComponentJSON("", c))
	}
	return j
}

func newPeerJSON(room string, p rooms.Peer) peerJSON {
	return peerJSON{room, p.ID, p.Type, string(p.Status), listOf(p.Tracks), p.Metadata}
}

func newComponentJSON(room string, c rooms.Component) componentJSON {
	return componentJSON{room, c.ID, string(c.Type), listOf(c.Tracks)}
}

// listOf returns a list that is no null in JSON.
func listOf(tracks []decode.Track) []decode.Track {
	if tracks == nil {
		return []decode.Track{}
	}
	return tracks
}

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func newComponents() *cobra.Command {
	c := &cobra.Command{
		Use:   "components",
		Short: "List, add and remove the components of a room",
		Example: examples(
			"jellyfish components list standup",
			"jellyfish components create hls standup --persistent"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newComponentsList(), newComponentsGet(), newComponentsCreate(), newComponentsDelete())
	return c
}

func newComponentsList() *cobra.Command {
	var r calling
	var follow bool
	c := &cobra.Command{
		Use:   "list ROOM",
		Short: "List the components of a room",
		Example: examples(
			"jellyfish components list standup -o json",
			"jellyfish components list standup -w"),
		Args: cobra.ExactArgs(1),
	}
	c.Flags().BoolVarP(&follow, "watch", "w", false, "keep the list up to date, until Ctrl-C")
	return r.printing(c, func(c *cobra.Command, args []string) error {
		_, room, err := r.find(c.Context(), args[0])
		if err != nil {
			return err
		}
		if follow {
			return r.follow(c.Context(), c.OutOrStdout(), componentsTable, args[0])
		}
		return r.printComponents(c, room.ID, room.Components)
	})
}

func (r *calling) printComponents(c *cobra.Command, room string, list []rooms.Component) error {
	if r.format == output.Table {
		return output.Columns(c.OutOrStdout(), componentRows(list))
	}
	for _, component := range list {
		if err := output.Object(c.OutOrStdout(), newComponentJSON(room, component)); err != nil {
			return err
		}
	}
	return nil
}

func newComponentsGet() *cobra.Command {
	var r calling
	c := &cobra.Command{
		Use:   "get ROOM COMPONENT",
		Short: "Show a component",
		Example: examples(
			"jellyfish components get standup 1d7c…",
			"jellyfish components get standup 1d7c… -o json"),
		Args: cobra.ExactArgs(2),
	}
	return r.printing(c, func(c *cobra.Command, args []string) error {
		_, room, err := r.find(c.Context(), args[0])
		if err != nil {
			return err
		}
		at := slices.IndexFunc(room.Components, func(c rooms.Component) bool { return c.ID == args[1] })
		if at < 0 {
			return fmt.Errorf("room %s: %w", args[0], rooms.ErrComponentNotFound)
		}
		return r.printComponents(c, room.ID, room.Components[at:at+1])
	})
}

// kindOfComponent is how a type of component is added.
type kindOfComponent struct {
	name, args, short, example string
	// flags adds what there is to say of the type, and returns what makes the
	// options of that and of the arguments after the room.
	flags func(*pflag.FlagSet) func(args []string) (rooms.ComponentOptions, error)
}

var kindsOfComponent = []kindOfComponent{
	{"hls", "ROOM", "Add an HLS stream of the room", "jellyfish components create hls standup --low-latency", func(f *pflag.FlagSet) func([]string) (rooms.ComponentOptions, error) {
		var o rooms.HLSOptions
		f.BoolVar(&o.LowLatency, "low-latency", false, "make it an LL-HLS stream")
		f.BoolVar(&o.Persistent, "persistent", false, "keep the stream as a recording")
		f.DurationVar(&o.TargetWindowDuration, "window", 0, "how much of the stream can be seen at a time (default all)")
		manual := f.Bool("manual", false, "take no tracks by itself")
		return func([]string) (rooms.ComponentOptions, error) {
			o.SubscribeMode = mode(*manual)
			o.S3 = s3()
			return o, nil
		}
	}},
	{"file", "ROOM PATH", "Publish a file of the server into the room", "jellyfish components create file standup video.h264", func(f *pflag.FlagSet) func([]string) (rooms.ComponentOptions, error) {
		framerate := f.Int("framerate", 0, "frames of video a second (default 30)")
		return func(args []string) (rooms.ComponentOptions, error) {
			return rooms.FileOptions{FilePath: args[0], Framerate: *framerate}, nil
		}
	}},
	{"rtsp", "ROOM", "Publish an RTSP stream into the room", "jellyfish components create rtsp standup --source-uri-file camera.txt", func(f *pflag.FlagSet) func([]string) (rooms.ComponentOptions, error) {
		file := f.String("source-uri-file", "", "`FILE` with the stream's URI, which may hold a password")
		port := f.Int("rtp-port", 0, "the server's UDP port for the stream (default 20000)")
		return func([]string) (rooms.ComponentOptions, error) {
			uri, err := secretFrom("--source-uri-file", *file)
			if err == nil && uri.IsZero() {
				err = failure.Usagef("--source-uri-file is required")
			}
			return rooms.RTSPOptions{SourceURI: uri, RTPPort: *port}, err
		}
	}},
	{"recording", "ROOM", "Record the room's tracks", "jellyfish components create recording standup --path-prefix standup/", func(f *pflag.FlagSet) func([]string) (rooms.ComponentOptions, error) {
		prefix := f.String("path-prefix", "", "begins the name of each uploaded file")
		manual := f.Bool("manual", false, "take no tracks by itself")
		return func([]string) (rooms.ComponentOptions, error) {
			return rooms.RecordingOptions{Credentials: s3(), PathPrefix: *prefix, SubscribeMode: mode(*manual)}, nil
		}
	}},
	{"sip", "ROOM", "Bring a phone call into the room", "jellyfish components create sip standup --registrar sip.example --user jelly --password-file sip.txt", func(f *pflag.FlagSet) func([]string) (rooms.ComponentOptions, error) {
		registrar := f.String("registrar", "", "`ADDRESS` of the registrar")
		user := f.String("user", "", "the user's name there")
		file := f.String("password-file", "", "`FILE` with the user's password")
		return func([]string) (rooms.ComponentOptions, error) {
			password, err := secretFrom("--password-file", *file)
			return rooms.SIPOptions{RegistrarCredentials: rooms.SIPCredentials{Address: *registrar, Username: *user, Password: password}}, err
		}
	}},
}

func mode(manual bool) rooms.SubscribeMode {
	if manual {
		return rooms.SubscribeManual
	}
	return rooms.SubscribeAuto
}

// s3 returns where the environment says that the server uploads to.
func s3() rooms.S3Credentials {
	return rooms.S3Credentials{
		AccessKeyID:     rooms.NewSecret(os.Getenv("AWS_S3_ACCESS_KEY_ID")),
		SecretAccessKey: rooms.NewSecret(os.Getenv("AWS_S3_SECRET_ACCESS_KEY")),
		Region:          os.Getenv("AWS_S3_REGION"),
		Bucket:          os.Getenv("AWS_S3_BUCKET_NAME"),
	}
}

func newComponentsCreate() *cobra.Command {
	c := &cobra.Command{
		Use:   "create",
		Short: "Add a component to a room",
		Long: `Add a component to a room. Where the server is to upload to S3 is taken from
AWS_S3_ACCESS_KEY_ID, AWS_S3_SECRET_ACCESS_KEY, AWS_S3_REGION and
AWS_S3_BUCKET_NAME.`,
		Example: examples(
			"jellyfish components create hls standup",
			"jellyfish components create file standup video.h264"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, kind := range kindsOfComponent {
		var r calling
		of := &cobra.Command{
			Use:     kind.name + " " + kind.args,
			Short:   kind.short,
			Example: examples(kind.example, kind.example+" -o json"),
			Args:    cobra.ExactArgs(len(strings.Fields(kind.args))),
		}
		options := kind.flags(of.Flags())
		c.AddCommand(r.printing(of, func(c *cobra.Command, args []string) error {
			o, err := options(args[1:])
			if err != nil {
				return err
			}
			client, _, err := r.find(c.Context(), args[0])
			if err != nil {
				return err
			}
			added, err := client.AddComponent(c.Context(), args[0], o)
			if err != nil {
				return err
			}
			return r.printComponents(c, args[0], []rooms.Component{added})
		}))
	}
	return c
}

func newComponentsDelete() *cobra.Command {
	var r calling
	c := &cobra.Command{
		Use:   "delete ROOM COMPONENT…",
		Short: "Remove components from a room",
		Example: examples(
			"jellyfish components delete standup 1d7c…",
			"jellyfish components delete --yes standup 1d7c…"),
		Args: cobra.MinimumNArgs(2),
	}
	return r.deleting(c, func(c *cobra.Command, args []string) error {
		client, _, err := r.find(c.Context(), args[0])
		if err != nil {
			return err
		}
		return each(args[1:], func(id string) error {
			return deleted(c, id, client.DeleteComponent(c.Context(), args[0], id))
		})
	})
}

func componentRows(list []rooms.Component) [][]string {
	rows := [][]string{componentsTable.heading}
	for _, c := range list {
		rows = append(rows, componentRow(c))
	}
	return rows
}

func componentRow(c rooms.Component) []string {
	return []string{c.ID, string(c.Type), trackTypes(c.Tracks), componentState(c)}
}

// componentState returns what else there is to say of a component, without
// secrets.
func componentState(c rooms.Component) string {
	switch p := c.Properties.(type) {
	case rooms.HLSProperties:
		if p.Playable {
			return "playable"
		}
		return "not playable yet"
	case rooms.FileProperties:
		return p.FilePath
	case rooms.SIPProperties:
		return p.RegistrarCredentials.Address
	}
	return "–"
}

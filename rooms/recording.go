package rooms

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// S3Credentials say where the server uploads files, and how it authenticates. The
// zero value means no upload; otherwise all fields are required.
type S3Credentials struct {
	AccessKeyID     Secret
	SecretAccessKey Secret
	Region          string
	Bucket          string
}

// check refuses credentials that are neither zero nor complete: they crash the
// whole room.
func (c S3Credentials) check(field string) error {
	if c == (S3Credentials{}) {
		return nil
	}
	if err := c.AccessKeyID.Check(); err != nil {
		return &input.Error{Field: field + ".AccessKeyID", Err: err}
	}
	if err := c.SecretAccessKey.Check(); err != nil {
		return &input.Error{Field: field + ".SecretAccessKey", Err: err}
	}
	switch {
	case c.Region == "":
		return input.New(field+".Region", "must not be empty")
	case c.Bucket == "":
		return input.New(field+".Bucket", "must not be empty")
	}
	return nil
}

// sentS3 are credentials in the form that the server reads.
type sentS3 struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	Region          string `json:"region"`
	Bucket          string `json:"bucket"`
}

func (c S3Credentials) sent() sentS3 {
	return sentS3{c.AccessKeyID.Reveal(), c.SecretAccessKey.Reveal(), c.Region, c.Bucket}
}

func (c S3Credentials) secrets() []string {
	return []string{c.AccessKeyID.Reveal(), c.SecretAccessKey.Reveal()}
}

// RecordingOptions asks for a component that records the tracks of a room, each
// as raw RTP, and uploads them. The room needs [VideoCodecH264], and can have
// one such component. (Server 0.5.0 and later.)
type RecordingOptions struct {
	// Credentials say where to upload. They are required unless the server is
	// configured with its own, in which case it refuses them.
	Credentials S3Credentials
	// PathPrefix is the prefix of the name of each uploaded file. A server that is
	// configured with its own refuses it.
	PathPrefix string
	// SubscribeMode defaults to SubscribeAuto.
	SubscribeMode SubscribeMode
}

func (o RecordingOptions) component() (componentRequest, error) {
	if err := o.Credentials.check("RecordingOptions.Credentials"); err != nil {
		return componentRequest{}, err
	}
	return componentRequest{ComponentRecording, struct {
		Credentials   sentS3        `json:"credentials,omitzero"`
		PathPrefix    string        `json:"pathPrefix,omitzero"`
		SubscribeMode SubscribeMode `json:"subscribeMode,omitzero"`
	}{o.Credentials.sent(), o.PathPrefix, o.SubscribeMode}, o.Credentials.secrets()}, nil
}

// RecordingProperties are the properties of a Recording component.
type RecordingProperties struct {
	SubscribeMode SubscribeMode
}

func (RecordingProperties) properties() {}

func (r *reader) recording(p *RecordingProperties) {
	if string(r.Key()) == "subscribemode" {
		p.SubscribeMode = SubscribeMode(r.Word())
	} else {
		r.Skip()
	}
}

// Recordings returns the ids of the HLS streams that the node has kept, those of
// persistent HLS components that have ended: GET /recording. The id is the id of
// the room. The files of Recording components aren't included. (Server 0.3.0 and
// later.)
//
// Its error is [ErrUnauthorized].
func (c *Client) Recordings(ctx context.Context) ([]string, error) {
	var ids []string
	err := c.do(ctx, rest.Call{
		Method: http.MethodGet,
		Path:   "/recording",
		Status: []int{http.StatusOK},
		Read:   func(r *rest.Reader) bool { ids = r.Texts(); return ids != nil },
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// DeleteRecording deletes an HLS stream that the node has kept:
// DELETE /recording/{recordingID}. (Server 0.3.0 and later.)
//
// Its errors are [ErrRecordingNotFound], [ErrInvalid] for an id that can't be
// one, and [ErrUnauthorized].
func (c *Client) DeleteRecording(ctx context.Context, recordingID string) error {
	return c.do(ctx, rest.Call{
		Method: http.MethodDelete,
		Path:   "/recording/{recordingID}",
		IDs:    []string{recordingID},
		Status: []int{http.StatusNoContent},
	})
}

// RecordingURL returns the URL of a file of a recording:
// GET /recording/{recordingID}/{filename}, with [MasterPlaylist] as the file
// that players open. The node that has the recording serves it to anyone, without a
// token. Nothing is sent; the error is an [*InputError] for an empty argument.
// (Server 0.3.0 and later.)
func (c *Client) RecordingURL(recordingID, filename string) (string, error) {
	return c.url("/recording/{recordingID}/{filename}", recordingID, filename)
}

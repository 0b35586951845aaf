package rooms

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
)

// RecordingOptions asks for a component that records the tracks of a room, each
// as raw RTP, and uploads them. The room needs [VideoCodecH264], and can have
// one such component. (Server 0.5.0 and later.)
type RecordingOptions struct {
	// Credentials say where to upload to. They are required, unless the server
	// has its own, in which case they are refused.
	Credentials S3Credentials
	// PathPrefix begins the name of each uploaded file. It is refused where the
	// server has its own.
	PathPrefix string
	// SubscribeMode is SubscribeAuto if it is empty.
	SubscribeMode SubscribeMode
}

// Format prints the options without their secrets, whatever the verb.
func (o RecordingOptions) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.RecordingOptions[Credentials=%v PathPrefix=%v SubscribeMode=%v]", o.Credentials, o.PathPrefix, o.SubscribeMode)
}

// LogValue returns the options without their secrets.
func (o RecordingOptions) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

func (o RecordingOptions) component() (componentRequest, error) {
	if err := o.Credentials.check("RecordingOptions.Credentials"); err != nil {
		return componentRequest{}, err
	}
	return componentRequest{ComponentRecording, struct {
		Credentials   S3Credentials `json:"credentials,omitzero"`
		PathPrefix    string        `json:"pathPrefix,omitzero"`
		SubscribeMode SubscribeMode `json:"subscribeMode,omitzero"`
	}(o), o.Credentials.secrets()}, nil
}

// RecordingProperties are those of a Recording component.
type RecordingProperties struct {
	SubscribeMode SubscribeMode `json:"subscribeMode"`
}

func (RecordingProperties) properties() {}

// Recordings returns the ids of the HLS streams that the node has kept, those of
// persistent HLS components that have ended: GET /recording. The id is that of
// the room. What Recording components record isn't among them. (Server 0.3.0 and
// later.)
//
// Its error is [ErrUnauthorized].
func (c *Client) Recordings(ctx context.Context) ([]string, error) {
	var ids []string
	err := c.do(ctx, request{
		method: http.MethodGet,
		path:   "/recording",
		status: []int{http.StatusOK},
		data:   &ids,
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
	return c.do(ctx, request{
		method: http.MethodDelete,
		path:   "/recording/{recordingID}",
		ids:    []string{recordingID},
		status: []int{http.StatusNoContent},
	})
}

package jellyfishtest_test

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

const account = "0123abcd"

func runHosted(t *testing.T, config jellyfishtest.Config) (*jellyfishtest.Server, *fishjam.Client) {
	t.Helper()
	config.FishjamID, config.InMemory = account, true
	server := jellyfishtest.Run(t, config)
	client, err := fishjam.New(fishjam.Config{
		FishjamID: account, ManagementToken: fishjam.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return server, client
}

// The vectors of hosted Fishjam's messages, in both directions.
func TestHostedVectors(t *testing.T) {
	track := &proto.Track{Id: "trk", Type: proto.TrackType(decode.TrackTypeAudio), Metadata: "{}"}
	for text, message := range map[string]protobuf.Message{
		"0a050a03746f6b": &proto.AgentRequest{Content: &proto.AgentRequest_AuthRequest{AuthRequest: &proto.PeerAuthRequest{Token: "tok"}}},
		"12160a0b0a0374726b10021a027b7d1207080110807d1801": &proto.AgentRequest{Content: &proto.AgentRequest_AddTrack{AddTrack: &proto.AddTrack{
			Track: track, CodecParams: &proto.CodecParams{Encoding: proto.TrackEncoding_TRACK_ENCODING_PCM16, SampleRate: 16000, Channels: 1},
		}}},
		"1a050a0374726b":         &proto.AgentRequest{Content: &proto.AgentRequest_RemoveTrack{RemoveTrack: &proto.AgentTrack{TrackId: "trk"}}},
		"22090a0374726b12020001": &proto.AgentRequest{Content: &proto.AgentRequest_TrackData{TrackData: &proto.AgentTrackData{TrackId: "trk", Data: []byte{0, 1}}}},
		"2a050a0374726b":         &proto.AgentRequest{Content: &proto.AgentRequest_InterruptTrack{InterruptTrack: &proto.AgentTrack{TrackId: "trk"}}},
		"32050a0374726b":         &proto.AgentRequest{Content: &proto.AgentRequest_CaptureImage{CaptureImage: &proto.AgentTrack{TrackId: "trk"}}},
		"0a00":                   &proto.AgentResponse{Content: &proto.AgentResponse_Authenticated{Authenticated: &proto.PeerAuthenticated{}}},
		"12150a027031120b0a0374726b10021a027b7d1a020001": &proto.AgentResponse{Content: &proto.AgentResponse_TrackData{TrackData: &proto.PeerTrackData{
			PeerId: "p1", Track: track, Data: []byte{0, 1},
		}}},
		"1a150a0374726b120a696d6167652f6a7065671a02ffd8": &proto.AgentResponse{Content: &proto.AgentResponse_TrackImage{TrackImage: &proto.TrackImage{
			TrackId: "trk", ContentType: "image/jpeg", Data: []byte{0xff, 0xd8},
		}}},
	} {
		encoded, err := protobuf.MarshalOptions{Deterministic: true}.Marshal(message)
		if err != nil || hex.EncodeToString(encoded) != text {
			t.Errorf("%v is encoded as %x, want %s: %v", message, encoded, text, err)
		}
		decoded := message.ProtoReflect().New().Interface()
		raw, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := protobuf.Unmarshal(raw, decoded); err != nil || !protobuf.Equal(decoded, message) {
			t.Errorf("%s is decoded as %v, want %v: %v", text, decoded, message, err)
		}
	}
	for text, want := range map[string][]decode.Notification{
		"12080a01721201701801":         {decode.PeerConnected{RoomID: "r", PeerID: "p", PeerType: decode.PeerTypeWebRTC}},
		"82020b0a01721201701a01742002": {decode.VAD{RoomID: "r", PeerID: "p", TrackID: "t", Status: decode.VADSpeech}},
		"92020b0a0372656310011a027b7d": {decode.RecordingStatusChanged{RecordingID: "rec", Status: decode.RecordingActive, Metadata: "{}"}},
		"8a02130a0a12080a017212017018010a055a030a0172": {
			decode.PeerConnected{RoomID: "r", PeerID: "p", PeerType: decode.PeerTypeWebRTC}, decode.RoomDeleted{RoomID: "r"},
		},
	} {
		raw, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode.Append(nil, raw)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s is decoded as %v: %v", text, got, err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s is decoded as %v, want %v", text, got[i], want[i])
			}
		}
		if len(want) > 1 {
			continue // TestHostedBatchIsSigned encodes it.
		}
		if encoded, err := decode.Marshal(want[0]); err != nil || hex.EncodeToString(encoded) != text {
			t.Errorf("%v is encoded as %x, want %s: %v", want[0], encoded, text, err)
		}
	}
}

// A batch and its signature, byte for byte.
func TestHostedBatchIsSigned(t *testing.T) {
	config := jellyfishtest.Webhooks{URL: receiverURL, Hosted: true, SigningSecret: "test-secret"}
	withWebhooks(t, config, func(t *testing.T, server *jellyfishtest.Server, in inbox) {
		err := server.SendBatch(
			decode.PeerConnected{RoomID: "r", PeerID: "p", PeerType: decode.PeerTypeWebRTC}, decode.RoomDeleted{RoomID: "r"},
		)
		if err != nil {
			t.Fatal(err)
		}
		r := in.take(t)
		if got := hex.EncodeToString([]byte(r.body)); got != "8a02130a0a12080a017212017018010a055a030a0172" {
			t.Errorf("the batch is %s", got)
		}
		if got := r.Header.Get("X-Fishjam-Signature-256"); got != "sha256=3bdc11830aa502b2ee35314d7f0532a2d02c8e5865f08bc1461204af766c5eb5" {
			t.Errorf("the signature is %s", got)
		}
	})
}

// Only the account's own id and token are let in.
func TestHostedAccess(t *testing.T) {
	server, _ := runHosted(t, jellyfishtest.Config{})
	base := strings.TrimSuffix(server.URL(), account)
	for _, test := range []struct {
		path, token string
		status      int
	}{
		{account + "/room", jellyfishtest.Token, 200},
		{account + "/room", "mistaken", 401},
		{account + "/room", "", 401},
		{"other/room", jellyfishtest.Token, 404},
		{account + "/validate", jellyfishtest.Token, 200},
		{account + "/validate", "mistaken", 404},
		{account + "/validate", "", 404},
		{account + "/health", jellyfishtest.Token, 404},
	} {
		asked, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if test.token != "" {
			asked.Header.Set("Authorization", "Bearer "+test.token)
		}
		answer, err := server.HTTPClient().Do(asked)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != test.status {
			t.Errorf("%s with the token %q: %s, want %d", test.path, test.token, answer.Status, test.status)
		}
	}
	if _, err := jellyfishtest.New(jellyfishtest.Config{FishjamID: "a/b"}); err == nil {
		t.Error("an id with a slash was accepted")
	}
}

// An agent authenticates with its token, publishes, hears itself, and sees images.
func TestAgentSocket(t *testing.T) {
	server, client := runHosted(t, jellyfishtest.Config{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	room, err := client.CreateRoom(ctx, fishjam.RoomConfig{})
	if err != nil {
		t.Fatal(err)
	}
	added, err := client.AddPeer(ctx, room.ID, fishjam.AgentOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dial := func(token string) *websocket.Conn {
		ws, _, err := websocket.Dial(ctx, added.AgentURL, &websocket.DialOptions{HTTPClient: server.HTTPClient()})
		if err != nil {
			t.Fatal(err)
		}
		request(ctx, t, ws, &proto.AgentRequest{Content: &proto.AgentRequest_AuthRequest{AuthRequest: &proto.PeerAuthRequest{Token: token}}})
		return ws
	}
	refused := dial("mistaken")
	if _, _, err := refused.Read(ctx); websocket.CloseStatus(err) == -1 || !strings.Contains(err.Error(), "invalid token") {
		t.Errorf("a wrong token: %v", err)
	}
	ws := dial(added.Token.Reveal())
	defer ws.CloseNow()
	if got := answerOf(ctx, t, ws); got.GetAuthenticated() == nil {
		t.Errorf("received %v", got)
	}
	if err := client.ForwardTracks(ctx, room.ID, fishjam.TrackForwarding{CompositionURL: "https://c/1"}); err != nil {
		t.Fatal(err)
	}
	server.EchoAgents(true)
	request(ctx, t, ws, &proto.AgentRequest{Content: &proto.AgentRequest_AddTrack{AddTrack: &proto.AddTrack{
		Track: &proto.Track{Id: "t", Type: proto.TrackType(decode.TrackTypeAudio), Metadata: `{"a":1}`},
	}}})
	request(ctx, t, ws, &proto.AgentRequest{Content: &proto.AgentRequest_InterruptTrack{InterruptTrack: &proto.AgentTrack{TrackId: "t"}}})
	request(ctx, t, ws, &proto.AgentRequest{Content: &proto.AgentRequest_TrackData{TrackData: &proto.AgentTrackData{TrackId: "t", Data: []byte{1, 2}}}})
	if got := answerOf(ctx, t, ws).GetTrackData(); got.GetPeerId() != added.Peer.ID || string(got.GetData()) != "\x01\x02" {
		t.Errorf("received %v", got)
	}
	request(ctx, t, ws, &proto.AgentRequest{Content: &proto.AgentRequest_CaptureImage{CaptureImage: &proto.AgentTrack{TrackId: "v"}}})
	if got := answerOf(ctx, t, ws).GetTrackImage(); got.GetTrackId() != "v" || got.GetContentType() != "image/jpeg" {
		t.Errorf("received %v", got)
	}
	got, err := client.GetRoom(ctx, room.ID)
	if err != nil || len(got.Peers) != 1 || len(got.Peers[0].Tracks) != 1 || got.Peers[0].Status != fishjam.StatusConnected {
		t.Errorf("the room is %v: %v", got, err)
	}
	request(ctx, t, ws, &proto.AgentRequest{Content: &proto.AgentRequest_RemoveTrack{RemoveTrack: &proto.AgentTrack{TrackId: "t"}}})
	request(ctx, t, ws, &proto.AgentRequest{Content: &proto.AgentRequest_CaptureImage{CaptureImage: &proto.AgentTrack{TrackId: "v"}}})
	answerOf(ctx, t, ws)
	got, err = client.GetRoom(ctx, room.ID)
	if err != nil || len(got.Peers[0].Tracks) != 0 || got.Composition == nil || len(got.Composition.Forwardings) != 0 {
		t.Errorf("after its track is gone the room is %v: %v", got, err)
	}
}

func request(ctx context.Context, t *testing.T, ws *websocket.Conn, m *proto.AgentRequest) {
	t.Helper()
	payload, err := protobuf.Marshal(m)
	if err == nil {
		err = ws.Write(ctx, websocket.MessageBinary, payload)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func answerOf(ctx context.Context, t *testing.T, ws *websocket.Conn) *proto.AgentResponse {
	t.Helper()
	_, payload, err := ws.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m := new(proto.AgentResponse)
	if err := protobuf.Unmarshal(payload, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// Webhooks are signed, batched for the rooms that ask for it, and repeated after 5xx.
func TestHostedWebhooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		failures, requests := 3, 0
		webhook, err := stream.NewWebhook(t.Context(), stream.WebhookConfig{
			Requests:    decode.RequestDecoder{SigningSecrets: []decode.Secret{decode.NewSecret("old"), decode.NewSecret("test-secret")}},
			DropRepeats: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		sub, err := webhook.Subscribe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		receiver := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			webhook.ServeHTTP(httptest.NewRecorder(), r) // The answer is lost.
			mu.Lock()
			defer mu.Unlock()
			if requests++; failures > 0 {
				failures--
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		_, client := runHosted(t, jellyfishtest.Config{
			Webhooks:  jellyfishtest.Webhooks{URL: "http://receiver.test/hook", SigningSecret: "test-secret"},
			Receivers: map[string]http.Handler{"receiver.test": receiver},
		})
		room, err := client.CreateRoom(t.Context(), fishjam.RoomConfig{BatchWebhookNotifications: true})
		if err != nil {
			t.Fatal(err)
		}
		if room.Config.WebhookURL.Reveal() != "http://receiver.test/hook" {
			t.Errorf("the room's URL is %q", room.Config.WebhookURL.Reveal())
		}
		want := []decode.Notification{decode.RoomCreated{RoomID: room.ID}}
		for range 3 {
			added, err := client.AddPeer(t.Context(), room.ID, fishjam.WebRTCOptions{})
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, decode.PeerAdded{RoomID: room.ID, PeerID: added.Peer.ID, PeerType: decode.PeerTypeWebRTC})
		}
		for i, n := range want {
			if got := <-sub.Notifications(); got != n {
				t.Errorf("notification %d is %v, want %v", i, got, n)
			}
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if stats := webhook.Stats(); requests != 5 || stats.Repeated != 3 || stats.Requests != 2 {
			t.Errorf("%d requests were made, %+v: want four of the first notification and one of the three that waited", requests, stats)
		}
		webhook.Close()
	})
}

package wsconn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// shakeHands presents the token to a Jellyfish server, which confirms it, and asks for
// notifications, which the server confirms too.
func shakeHands(socket *wsconn.Socket, token string) error {
	for _, request := range [][]byte{
		nested(7, protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), token)),
		nested(8, protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)),
	} {
		if err := socket.Send(request); err != nil {
			return err
		}
		if _, err := socket.Receive(); err != nil {
			return asRejection(err)
		}
	}
	return nil
}

// nested returns a message with one message in it.
func nested(field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), message)
}

// asRejection distinguishes a refused token from a lost connection.
func asRejection(err error) error {
	var closed *wsconn.CloseError
	if errors.As(err, &closed) && closed.Reason == "invalid token" {
		return wsconn.Reject(err)
	}
	return err
}

// A connection is made, lost, and made again.
func Example() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	conn, err := wsconn.Dial(context.Background(), wsconn.Config{
		Endpoints: []wsconn.Endpoint{{
			Name: server.Address(),
			URL:  "ws://" + server.Address() + "/socket/server/websocket",
		}},
		Token:     func(context.Context) (string, error) { return jellyfishtest.Token, nil },
		Handshake: shakeHands,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	for _, room := range []string{"room-1", "room-2"} {
		if err := server.Send(decode.RoomCreated{RoomID: room}); err != nil {
			log.Fatal(err)
		}
		server.Cut(jellyfishtest.CutClean)

		for {
			message, err := conn.Receive()
			if err != nil {
				fmt.Println("lost:", errors.Is(err, io.ErrUnexpectedEOF))
				break
			}
			notifications, err := decode.Append(nil, message.Data)
			fmt.Println(notifications, err)
		}
		for again := true; again; {
			if again, err = conn.Retry(); err != nil && !again {
				log.Fatal(err) // Another attempt would be pointless.
			}
		}
	}
	// Output:
	// [room_created room_id="room-1"] <nil>
	// lost: true
	// [room_created room_id="room-2"] <nil>
	// lost: true
}

// A token that the server refuses is not tried again.
func ExampleReject() {
	server, err := jellyfishtest.New(jellyfishtest.Config{Token: "another one"})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	_, err = wsconn.Dial(context.Background(), wsconn.Config{
		Endpoints: []wsconn.Endpoint{{
			Name: "jellyfish",
			URL:  "ws://" + server.Address() + "/socket/server/websocket",
		}},
		Token:         func(context.Context) (string, error) { return jellyfishtest.Token, nil },
		Handshake:     shakeHands,
		WaitForServer: true,
	})
	var rejected *wsconn.RejectedError
	fmt.Println(errors.As(err, &rejected))
	fmt.Println(err)
	// Output:
	// true
	// connect to jellyfish: handshake: token rejected: server closed the connection with code 1000: invalid token
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

const jsonName = "encoding/json"

// costColumns are the columns for work done in this process.
func costColumns(baseline string) []column {
	return []column{
		spreadColumn("time", elapsedOf, formatTime),
		numberColumn("CPU", cpuOf, formatTime),
		ratioColumn("CPU", baseline, cpuOf),
		numberColumn("allocs", allocsOf, formatRate),
	}
}

// listOf compares reading a list of rooms with as many peers each. The sender's
// response is prepared in advance, and receiving it is part of all times.
func listOf(roomCount, peers int) contest {
	read := func(list func(ctx context.Context, address string) (rooms, peers int, err error)) func(context.Context, *sender) (sample, error) {
		return func(ctx context.Context, s *sender) (sample, error) {
			return measure(1, func() error {
				gotRooms, gotPeers, err := list(ctx, s.address)
				if err == nil && (gotRooms != roomCount || gotPeers != roomCount*peers) {
					err = fmt.Errorf("read %d rooms with %d peers", gotRooms, gotPeers)
				}
				return err
			})
		}
	}
	return contest{
		name:    fmt.Sprintf("List of %s rooms × %d peers", formatThousands(roomCount), peers),
		prepare: func(s *sender) error { return s.list(roomCount, peers) },
		columns: costColumns(jsonName),
		programs: []program{
			{"rooms.Client.List", read(listRooms), []bar{atMost("CPU", cpuOf, 1.0/3, jsonName)}},
			{jsonName, read(unmarshalRooms), nil},
			{"received and discarded", func(ctx context.Context, s *sender) (sample, error) {
				return measure(1, func() error {
					_, err := listing{s.address}.discard(ctx)
					return err
				})
			}, nil},
		},
	}
}

func listRooms(ctx context.Context, address string) (roomCount, peers int, err error) {
	client, err := rooms.New(roomsConfig(address))
	if err != nil {
		return 0, 0, err
	}
	defer client.CloseIdleConnections()
	list, err := client.List(ctx)
	for _, r := range list {
		peers += len(r.Peers)
	}
	return len(list), peers, err
}

func unmarshalRooms(ctx context.Context, address string) (roomCount, peers int, err error) {
	list, err := listing{address}.parse(ctx)
	for _, r := range list.Data {
		peers += len(r.Peers)
	}
	return len(list.Data), peers, err
}

// parseMetrics compares parsing a whole report of the given size.
//
// json.Valid is the fixed baseline: it reads the same text and builds nothing. The bar
// is half of what Parse took when it called json.Valid first and then read the text a
// second time.
func parseMetrics(size int) contest {
	const reports, name, walkedTwice = 500, "json.Valid", 2.6
	text := metricsReport(newIdentifiers(), size)
	parse := func(do func() error) func(context.Context, *sender) (sample, error) {
		return func(context.Context, *sender) (sample, error) {
			return measure(reports, func() error {
				for range reports {
					if err := do(); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	return contest{
		name:    fmt.Sprintf("Parse of %d kB of metrics", size/1000),
		columns: costColumns(name),
		programs: []program{
			{"decode.MetricsReport.Parse", parse(func() error {
				_, err := decode.MetricsReport{JSON: text}.Parse()
				return err
			}), []bar{atMost("CPU", cpuOf, walkedTwice/2, name)}},
			{name, parse(func() error {
				if !json.Valid([]byte(text)) {
					return fmt.Errorf("the report isn't valid")
				}
				return nil
			}), nil},
			{"json.Unmarshal into any", parse(func() error {
				var tree any
				return json.Unmarshal([]byte(text), &tree)
			}), nil},
		},
	}
}

// listing requests a server's rooms without the library.
type listing struct{ address string }

// get reads the response's body, and leaves no connection behind.
func (l listing) get(ctx context.Context, read func(io.Reader) error) error {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.address+"/room", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET /room: %s", answer.Status)
	}
	return read(answer.Body)
}

// discard returns the size of the list once it was received.
func (l listing) discard(ctx context.Context) (size int64, err error) {
	err = l.get(ctx, func(body io.Reader) (err error) {
		size, err = io.Copy(io.Discard, body)
		return err
	})
	return size, err
}

// plainRooms has the fields of rooms.Room.
type plainRooms struct {
	Data []struct {
		ID     string `json:"id"`
		Config struct {
			MaxPeers                *int   `json:"maxPeers"`
			VideoCodec              string `json:"videoCodec"`
			WebhookURL              string `json:"webhookUrl"`
			PeerlessPurgeTimeout    *int   `json:"peerlessPurgeTimeout"`
			PeerDisconnectedTimeout *int   `json:"peerDisconnectedTimeout"`
		} `json:"config"`
		Components []struct {
			ID         string          `json:"id"`
			Type       string          `json:"type"`
			Properties json.RawMessage `json:"properties"`
			Tracks     []plainTrack    `json:"tracks"`
		} `json:"components"`
		Peers []struct {
			ID       string          `json:"id"`
			Type     string          `json:"type"`
			Status   string          `json:"status"`
			Tracks   []plainTrack    `json:"tracks"`
			Metadata json.RawMessage `json:"metadata"`
		} `json:"peers"`
	} `json:"data"`
}

type plainTrack struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Metadata json.RawMessage `json:"metadata"`
}

// parse reads the list with encoding/json.
func (l listing) parse(ctx context.Context) (list plainRooms, err error) {
	err = l.get(ctx, func(body io.Reader) error {
		text, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &list)
	})
	return list, err
}

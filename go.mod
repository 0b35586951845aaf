module github.com/jellyfish-dev/jellyfish-go

go 1.25.0

require (
	github.com/coder/websocket v1.8.15
	github.com/google/go-cmp v0.7.0
	golang.org/x/sync v0.22.0
	google.golang.org/protobuf v1.36.12
	nhooyr.io/websocket v1.8.17
)

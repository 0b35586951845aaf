module github.com/jellyfish-dev/jellyfish-go/internal/bench

go 1.25.0

require (
	github.com/gobwas/ws v1.4.0
	github.com/jellyfish-dev/jellyfish-go v0.0.0
	golang.org/x/sync v0.22.0
	google.golang.org/protobuf v1.36.12
	nhooyr.io/websocket v1.8.17
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gobwas/pool v0.2.1 // indirect
	golang.org/x/sys v0.6.0 // indirect
)

replace github.com/jellyfish-dev/jellyfish-go => ../..

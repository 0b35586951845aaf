module github.com/jellyfish-dev/jellyfish-go/plugin/dashboard/browsertest

go 1.26.0

replace github.com/jellyfish-dev/jellyfish-go => ../../..

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/jellyfish-dev/jellyfish-go v0.0.0-00010101000000-000000000000
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	golang.org/x/sync v0.22.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

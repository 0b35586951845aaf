// Package proto holds the generated Go types of the server's wire messages.
//
// They encode requests and test messages and are the yardstick of package
// decode, which reads the same bytes without them. The schema beside this file
// is the source; `go generate ./internal/proto` renews the Go code with a
// generator that needs neither protoc nor buf, and lives in a module of its own
// so that the library does not depend on it.
package proto

//go:generate go -C gen run . -schema ../jellyfish_go.proto -out ../jellyfish.pb.go

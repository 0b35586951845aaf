package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// roleVariable in the environment makes this program one of its children.
const roleVariable = "JELLYFISH_BENCH_ROLE"

const (
	senderRole    = "sender"
	idlerRole     = "idler"
	jellyfishRole = "jellyfish"
)

// rerun returns this program once more, in a role. It is killed when the context
// ends.
func rerun(ctx context.Context, role string, args ...string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	child := exec.CommandContext(ctx, program, args...)
	child.Env = append(os.Environ(), roleVariable+"="+role)
	child.Stderr = os.Stderr
	return child, nil
}

// playRole is all that a child does. It returns false in the parent.
func playRole() (status int, played bool) {
	var err error
	switch role := os.Getenv(roleVariable); role {
	case "":
		return 0, false
	case senderRole:
		err = serve(os.Stdin, os.Stdout)
	case idlerRole:
		err = idle(os.Args[1:], os.Stdout)
	case jellyfishRole:
		err = serveRooms(os.Args[1:], os.Stdin, os.Stdout)
	default:
		err = fmt.Errorf("no such role")
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench %s: %v\n", os.Getenv(roleVariable), err)
		return 1, true
	}
	return 0, true
}

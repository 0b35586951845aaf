package leak

import (
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestGoroutinesSeesOne(t *testing.T) {
	release := make(chan struct{})
	go func() { <-release }()
	if left := others(); !strings.Contains(left, "TestGoroutinesSeesOne") {
		t.Errorf("the goroutine of this test isn't among those left: %q", left)
	}
	close(release)
	if left := Goroutines(); left != "" {
		t.Errorf("left after it ended: %s", left)
	}
}

func TestDescriptorsSeesOne(t *testing.T) {
	before := Descriptors()
	if before < 0 {
		t.Skip("this system has no /proc/self/fd")
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if now := Descriptors(); now <= before {
		t.Errorf("%d descriptors with an open file, %d before", now, before)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if excess := DescriptorsDownTo(before); excess != "" {
		t.Error(excess)
	}
}

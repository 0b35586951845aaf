package dial_test

import (
	"os"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

package jellyfishtest_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// inbox is a webhook's receiver that keeps the requests.
type inbox chan received

// received is a request as it came.
type received struct {
	*http.Request
	body string
	at   time.Time
}

func newInbox() inbox { return make(inbox, 1000) }

func (in inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error()) // which is no notification
	}
	in <- received{r, string(body), time.Now()}
}

// take returns the next request.
func (in inbox) take(t *testing.T) received {
	t.Helper()
	select {
	case r := <-in:
		return r
	case <-time.After(30 * time.Second):
		t.Fatal("the webhook isn't called")
		return received{}
	}
}

// expect takes a request for each body, given in hex.
func (in inbox) expect(t *testing.T, bodies ...string) {
	t.Helper()
	for _, want := range bodies {
		if got := hex.EncodeToString([]byte(in.take(t).body)); got != want {
			t.Fatalf("got webhook %s, want %s", got, want)
		}
	}
}

// expectKinds takes a request for each list and compares what is in its body.
func (in inbox) expectKinds(t *testing.T, requests ...[]decode.Kind) {
	t.Helper()
	for _, want := range requests {
		if diff := cmp.Diff(want, kindsIn(t, in.take(t).body)); diff != "" {
			t.Fatalf("webhook (-want +got):\n%s", diff)
		}
	}
}

func kindsIn(t *testing.T, body string) []decode.Kind {
	t.Helper()
	notifications, err := decode.Append(nil, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []decode.Kind
	for _, n := range notifications {
		kinds = append(kinds, n.Kind())
	}
	return kinds
}

// expectNothing waits until nothing goes on in the synctest bubble.
func (in inbox) expectNothing(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if len(in) > 0 {
		t.Errorf("the webhook was called with %q", (<-in).body)
	}
}

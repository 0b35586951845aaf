package browsertest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// sizes are the screens that people look at.
var sizes = []struct {
	name          string
	width, height int64
}{{"phone", 390, 844}, {"laptop", 1366, 768}, {"wall", 1920, 1080}}

// TestLook leaves pictures of the page, in use and during an outage, for people to
// look at: in JELLYFISH_SCREENSHOTS, after a conference of JELLYFISH_CONFERENCE,
// 20 s by default.
func TestLook(t *testing.T) {
	dir := os.Getenv("JELLYFISH_SCREENSHOTS")
	if dir == "" {
		t.Skip("JELLYFISH_SCREENSHOTS names no directory for the pictures")
	}
	lasts, err := time.ParseDuration(os.Getenv("JELLYFISH_CONFERENCE"))
	if err != nil {
		lasts = 20 * time.Second
	}
	w := newWorld(t)
	confer(w, lasts)
	pictures(w, dir, "live")
	w.server.Stop()
	time.Sleep(6 * time.Second)
	pictures(w, dir, "outage")
}

func pictures(w *world, dir, name string) {
	for _, size := range sizes {
		for _, scheme := range []string{"light", "dark"} {
			b := openTab(w.t, w.url()+"#/rooms/standup", size.width, size.height)
			b.do(prefer(scheme))
			b.await(`document.querySelectorAll("#people-table tbody tr").length > 2 || document.querySelector("#past li")`)
			b.do(chromedp.Sleep(time.Second))
			shoot(b, filepath.Join(dir, fmt.Sprintf("%s-%s-%s.png", name, size.name, scheme)))
			b.close()
		}
	}
}

func shoot(b *tab, path string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(path, picture, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// prefer chooses light or dark, as the system does.
func prefer(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// confer has people come to rooms and leave them for a while. The connection is cut
// once.
func confer(w *world, lasts time.Duration) {
	names := []string{"Ada", "Bob", "Chloé", "Dmitri", "Eszter", "Farid", "Grace", "Hiroshi", "Ines", "Jonas"}
	rooms := []string{"standup", "webinar", "design-review", "support-17", "all-hands", "9f3c2a51-77b0-4c1e-9d0e-5c8a1b2c3d4e", "interview-3", "quiet"}
	for _, id := range rooms {
		w.create(id)
	}
	until, cut := time.Now().Add(lasts), time.Now().Add(lasts*2/3)
	there := make(map[string][]string)
	for turn := 0; time.Now().Before(until); turn++ {
		room := rooms[min(rand.IntN(len(rooms)), rand.IntN(len(rooms)))]
		switch ids := there[room]; {
		case room == "quiet":
		case len(ids) < 3 || len(ids) < 9 && rand.IntN(5) < 3:
			there[room] = append(ids, w.join(room, names[rand.IntN(len(names))]))
		case rand.IntN(6) == 0:
			w.must(w.server.CrashPeer(room, ids[0], "ICE connection failed"))
			there[room] = ids[1:]
		default:
			w.must(w.client.DeletePeer(w.t.Context(), room, ids[1]))
			there[room] = append(ids[:1:1], ids[2:]...)
		}
		if time.Now().After(cut) {
			cut = until
			w.server.Cut(jellyfishtest.CutReset)
			time.Sleep(time.Second)
		}
		time.Sleep(lasts / 120)
	}
}

package browsertest

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// audit runs axe on the page and returns what is serious, one line each.
const audit = `(async () => {
	const found = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]});
	return found.violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) =>
		v.id + ": " + v.help + ": " + v.nodes.map((n) => n.html.slice(0, 160) + " " + n.failureSummary.slice(0, 300)).slice(0, 3).join(" | ")).join("\n");
})()`

// axe finds nothing serious, in light and dark, on a phone and a laptop, with a
// room and without, and during an outage.
func TestAccessible(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if errors.Is(err, fs.ErrNotExist) {
		skipWithout(t, "axe-core: npm install --no-package-lock installs it")
	}
	w := newWorld(t)
	w.must(err)
	w.create("standup")
	w.create("webinar")
	w.must(w.server.CrashPeer("standup", w.join("standup", "Bob"), "ICE failed"))
	w.join("standup", "Ada")
	check := func(hash, scheme string, width int64, ready func(*tab)) {
		t.Helper()
		b := openTab(t, w.url()+hash, width, 800)
		defer b.close()
		b.do(prefer(scheme))
		b.awaitText("#events-table", "peer_connected")
		ready(b)
		b.do(script(string(axe)))
		if found := get[string](b, audit); found != "" {
			t.Errorf("%s %s %d: %s", hash, scheme, width, strings.ReplaceAll(found, "\n", "\n\t"))
		}
	}
	overview := func(b *tab) { b.awaitText("#rooms-table", "webinar") }
	room := func(b *tab) {
		b.awaitText("#people-table", "Ada")
		b.do(chromedp.Click("#people-table tbody button"))
		b.awaitText("#about", "name")
	}
	outage := func(b *tab) { b.awaitText("#notice", "can't be reached") }
	for _, scheme := range []string{"light", "dark"} {
		check("", scheme, 1280, overview)
		check("#/rooms/standup", scheme, 1280, room)
		check("#/rooms/standup", scheme, 390, room)
	}
	w.server.Stop()
	for _, scheme := range []string{"light", "dark"} {
		check("#/rooms/standup", scheme, 1280, outage)
	}
}

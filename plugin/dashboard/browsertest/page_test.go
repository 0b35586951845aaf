package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func TestRoomsAndPeersAppearAndChartsMove(t *testing.T) {
	w := newWorld(t)
	b := openTab(t, w.url(), 1280, 800)
	b.awaitText("#rooms-empty", "No rooms yet")
	w.create("standup")
	b.awaitText("#rooms-table", "standup")
	w.join("standup", "Ada")
	b.awaitText("#events-table", "peer_connected")
	b.do(chromedp.Click("#rooms-table a"))
	b.awaitText("#people-table", "Ada")
	b.awaitText("#people-table", "● ")
	b.awaitText("#past", "Ada joined")
	b.await(`document.querySelectorAll("#room-line .stay").length === 1`)
	const curve = `document.querySelector("#tiles .tile:nth-child(5) .curve").getAttribute("d")`
	b.await(curve + `?.length > 3`)
	before := get[string](b, curve)
	b.await(curve + ` !== ` + quoted(before))
	b.await(`/kb.s/.test(document.querySelector("#room-charts .number").textContent)`)
}

// The address names what is shown, so that a link can be sent and Back works.
func TestAddressNamesTheRoom(t *testing.T) {
	w := newWorld(t)
	w.create("standup")
	w.create("webinar")
	b := openTab(t, w.url()+"#/rooms/webinar", 1280, 800)
	b.awaitText("#room-title", "webinar")
	b.awaitText("#room-facts", "at most 40 peers")
	b.awaitText("#rooms-table", "standup")
	b.do(chromedp.Click(`#rooms-table a[href$="standup"]`))
	b.awaitText("#room-title", "standup")
	b.do(chromedp.NavigateBack())
	b.awaitText("#room-title", "webinar")
	w.must(w.client.Delete(t.Context(), "webinar"))
	b.awaitText("#room-facts", "ended at")
}

func TestGapShowsAfterCut(t *testing.T) {
	w := newWorld(t)
	w.create("standup")
	w.join("standup", "Ada")
	b := openTab(t, w.url()+"#/rooms/standup", 1280, 800)
	b.awaitText("#people-table", "Ada")
	w.server.Cut(jellyfishtest.CutReset)
	b.awaitText("#events-table", "▓ GAP")
	b.await(`document.querySelectorAll("#tiles .gap").length > 0`)
	b.await(`document.querySelectorAll("#room-line .gap").length > 0`)
	b.awaitText("#state", "live")
	b.awaitText("#nodes", "fresh")
}

func TestOutageIsTold(t *testing.T) {
	w := newWorld(t)
	w.create("standup")
	w.join("standup", "Ada")
	b := openTab(t, w.url(), 1280, 800)
	b.await(`document.querySelector("#tiles .tile:nth-child(5) .number").textContent.includes("kb/s")`)
	w.server.Stop()
	b.awaitText("#notice", "The server can't be reached since")
	b.awaitText("#nodes", "stale")
	b.await(`document.querySelector("#tiles .tile:nth-child(5) .number").textContent === "–"`)
	b.awaitText("#rooms-table", "standup")
	w.must(w.server.Restart())
	b.awaitText("#state", "live")
	b.awaitText("#rooms-empty", "No rooms yet")
	b.awaitText("#events-table", "~ inferred")
	b.await(`document.querySelector("#notice").hidden`)
}

func TestPageRecoversAfterItsServerRestarts(t *testing.T) {
	w := newWorld(t)
	w.create("standup")
	b := openTab(t, w.url(), 1280, 800)
	b.awaitText("#rooms-table", "standup")
	w.close()
	b.awaitText("#notice", "lost its connection")
	w.create("webinar")
	w.listen()
	b.awaitText("#rooms-table", "webinar")
	b.await(`document.querySelector("#notice").hidden`)
}

// Whatever comes from outside is text: in names, ids of rooms, metadata and reasons.
func TestTextsStayText(t *testing.T) {
	const hostile = `<img src=x onerror=document.title='broken'>`
	w := newWorld(t)
	w.create("standup")
	id := w.join("standup", hostile)
	b := openTab(t, w.url()+"#/rooms/standup", 1280, 800)
	b.awaitText("#people-table", hostile)
	b.awaitText("#room-line", hostile)
	b.awaitText("#past", hostile+" joined")
	b.do(chromedp.Click("#people-table tbody button"))
	b.awaitText("#about", "<img src=x")
	w.must(w.server.CrashPeer("standup", id, hostile))
	b.awaitText("#past", "crashed: "+hostile)
	b.awaitText("#events-table", "peer_crashed")
	b.do(chromedp.Click(`//button[text()="peer_crashed"]`))
	b.awaitText("#raw", "onerror=document.title")
	if n := get[int](b, `document.querySelectorAll("img, [onerror]").length`); n != 0 {
		t.Errorf("%d elements were made of texts from outside", n)
	}
	if title := get[string](b, "document.title"); title == "broken" {
		t.Error("a script from outside ran")
	}
}

func TestFiltersAndPause(t *testing.T) {
	w := newWorld(t)
	b := openTab(t, w.url(), 1280, 800)
	b.awaitText("#rooms-empty", "No rooms yet")
	for _, id := range []string{"standup", "webinar"} {
		w.create(id)
		w.join(id, "Ada")
	}
	b.awaitText("#rooms-table", "webinar")
	b.do(chromedp.SendKeys("#search", "stand"))
	b.awaitText("#rooms-shown", "1 of 2")
	b.do(chromedp.SetValue("#kind", "Tracks"), script(`document.querySelector("#kind").dispatchEvent(new Event("change"))`))
	b.await(`[...document.querySelectorAll("#events-table tbody .kind")].every((k) => k.textContent === "track_added")`)
	b.do(chromedp.SendKeys("#event-room", "web"))
	b.await(`document.querySelector("#events-table").ariaRowCount === "3"`)
	b.do(chromedp.Click("#pause"))
	w.join("webinar", "Bob")
	b.awaitText("#pause", "5 new")
	b.await(`document.querySelector("#events-table").ariaRowCount === "3"`)
	b.do(chromedp.Click("#pause"))
	b.await(`document.querySelector("#events-table").ariaRowCount === "5"`)
}

// Rooms are found, opened and left by the keyboard alone.
func TestKeyboard(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"a", "b", "c"} {
		w.create(id)
	}
	b := openTab(t, w.url(), 1280, 800)
	b.awaitText("#rooms-table", "c")
	b.do(chromedp.Focus("#rooms-table a"), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	if on := get[string](b, "document.activeElement.textContent"); on != "c" {
		t.Errorf("the focus is on %q, want c", on)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.awaitText("#room-title", "Room c")
	// It stays where it is while rows change and move.
	w.join("c", "Ada")
	b.awaitText("#people-table", "Ada")
	if on := get[string](b, "document.activeElement.textContent"); on != "c" {
		t.Errorf("after a change the focus is on %q, want c", on)
	}
}

package browsertest

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func quoted(text string) string { return strconv.Quote(text) }

const (
	// maxRows and maxTask are what the page promises with 5,000 rooms.
	maxRows = 300
	maxTask = 200 * time.Millisecond
)

// watching notes the times between frames from now on, and how many rows there are.
const watching = `
window.seen = {frames: [], rows: 0};
let before = performance.now();
(function frame(now) {
	seen.frames.push(now - before);
	before = now;
	seen.rows = Math.max(seen.rows, document.querySelectorAll("tr, li").length);
	requestAnimationFrame(frame);
})(before);
`

// With 5,000 rooms the page holds few rows and never stops for long, while it is
// loaded, scrolled, sorted and searched and everything changes.
func TestFiveThousandRooms(t *testing.T) {
	w := newWorld(t)
	for i := range 5000 {
		w.create(fmt.Sprintf("room-%04d", i))
		if i%10 == 0 {
			w.join(fmt.Sprintf("room-%04d", i), "Ada")
		}
	}
	b := openTab(t, "about:blank", 1280, 800)
	traced := traceTasks(b)
	b.do(chromedp.Navigate(w.url()), script(watching))
	b.awaitText("#rooms-shown", "5,000")
	for _, step := range []string{
		`document.querySelector("#rooms-scroller").scrollTop = 80000`,
		`document.querySelector("#rooms-scroller").scrollTop = 1e9`,
		`document.querySelector('th[data-sort="i"] button').click()`,
		`document.querySelector("#rooms-scroller").scrollTop = 40000`,
		`document.querySelector('th[data-sort="s"] button').click()`,
		`location.hash = "#/rooms/room-0005"`,
		`{const s = document.querySelector("#search"); s.value = "7"; s.dispatchEvent(new Event("input")); 0}`,
	} {
		b.do(script(step), chromedp.Sleep(700*time.Millisecond))
	}
	for i := range 100 {
		w.create(fmt.Sprintf("more-%d", i))
	}
	b.awaitText("#rooms-shown", "of 5,100")
	b.do(chromedp.Sleep(3 * time.Second))

	rows := get[int](b, "seen.rows")
	frames := get[[]float64](b, "seen.frames.sort((a, b) => a - b)")
	took := traced()
	t.Logf("5,000 rooms: %d rows at most; the longest task took %v of processor time, %v by the clock, %d took more than 50 ms; "+
		"%d frames, half within %.0f ms, 99 %% within %.0f ms, the longest %.0f ms", rows, took.processor, took.clock, took.long,
		len(frames), frames[len(frames)/2], frames[len(frames)*99/100], frames[len(frames)-1])
	if rows > maxRows {
		t.Errorf("%d row elements, want at most %d", rows, maxRows)
	}
	if took.processor == 0 || took.processor > maxTask {
		t.Errorf("the longest task took %v, want at most %v", took.processor, maxTask)
	}
}

package browsertest

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func quoted(text string) string { return strconv.Quote(text) }

const (
	// maxRows and maxTask are what the page promises with 5,000 rooms.
	maxRows, maxTask = 300, 200.0
)

// watching notes the longest task and the times between frames from now on.
const watching = `
window.seen = {tasks: [], frames: [], rows: 0};
new PerformanceObserver((list) => list.getEntries().forEach((e) => seen.tasks.push(e.duration))).observe({type: "longtask", buffered: true});
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
		if i%5 == 0 {
			w.join(fmt.Sprintf("room-%04d", i), "Ada")
		}
	}
	// A busy machine makes tasks longer than they are: the best of three counts.
	for attempt := 1; ; attempt++ {
		rows, longest := visit(w, attempt)
		if rows > maxRows {
			t.Fatalf("%d row elements, want at most %d", rows, maxRows)
		}
		if longest <= maxTask {
			return
		}
		if attempt == 3 {
			t.Fatalf("a task took %.0f ms, want at most %.0f", longest, maxTask)
		}
	}
}

// visit opens the page of many rooms, goes about on it while more are made, and
// returns how many rows there were at most and the longest task in milliseconds.
func visit(w *world, attempt int) (rows int, longest float64) {
	b := openTab(w.t, "about:blank", 1280, 800)
	b.do(chromedp.Navigate(w.url()), script(watching))
	b.awaitText("#rooms-shown", "5,")
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
		w.create(fmt.Sprintf("more-%d-%d", attempt, i))
	}
	b.awaitText("#rooms-shown", fmt.Sprintf("of 5,%d00", attempt))
	b.do(chromedp.Sleep(3 * time.Second))

	tasks := get[[]float64](b, "seen.tasks")
	frames := get[[]float64](b, "seen.frames.sort((a, b) => a - b)")
	longest = slices.Max(append(tasks, 0))
	rows = get[int](b, "seen.rows")
	w.t.Logf("5,000 rooms: %d rows at most; %d tasks over 50 ms, the longest %.0f ms; %d frames, half within %.0f ms, 99 %% within %.0f ms, the longest %.0f ms",
		rows, len(tasks), longest, len(frames), frames[len(frames)/2], frames[len(frames)*99/100], frames[len(frames)-1])
	return rows, longest
}

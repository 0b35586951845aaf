package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long the page may take to show something.
const patience = 30 * time.Second

// browser is the one that all tests share, each in a tab of its own.
var browser context.Context

func TestMain(m *testing.M) { os.Exit(runWithBrowser(m)) }

func runWithBrowser(m *testing.M) int {
	path := chromium()
	if path == "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "chromium")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	ctx, closeBrowser := chromedp.NewContext(allocator)
	defer closeBrowser()
	if err := chromedp.Do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "starting", path+":", err)
		return 1
	}
	browser = ctx
	return m.Run()
}

// chromium returns the path of a browser, empty if there is none.
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// skipWithout ends a test that needs what isn't there.
func skipWithout(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("JELLYFISH_REQUIRE_BROWSER") == "1" {
		t.Fatalf("there is no %s, and JELLYFISH_REQUIRE_BROWSER=1", what)
	}
	t.Skipf("there is no %s on this machine", what)
}

// tab is a page in the browser.
type tab struct {
	t     *testing.T
	ctx   context.Context
	close context.CancelFunc
}

// openTab opens the page in a tab of its own. What goes wrong in its scripts fails
// the test.
func openTab(t *testing.T, url string, width, height int64) *tab {
	t.Helper()
	if browser == nil {
		skipWithout(t, "Chromium")
	}
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height)); err != nil {
		t.Fatal(err)
	}
	err := chromedp.Listen(ctx, func(event any) {
		if thrown, ok := event.(*runtime.EventExceptionThrown); ok {
			t.Errorf("a script failed: %v", thrown.ExceptionDetails)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &tab{t, ctx, cancel}
	b.do(chromedp.Navigate(url))
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// await waits until an expression is true.
func (b *tab) await(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	poll := chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(0))
	if _, err := chromedp.Run(ctx, poll); err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		b.t.Fatalf("%s: %v; the page says:\n%s", expression, err, text)
	}
}

// awaitText waits until an element has a text in it.
func (b *tab) awaitText(selector, text string) {
	b.t.Helper()
	b.await(fmt.Sprintf("document.querySelector(%q)?.innerText.includes(%q)", selector, text))
}

// get returns what an expression is.
func get[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// script runs a script.
func script(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](text)
}

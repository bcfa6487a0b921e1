// Package browser tests the page of examples/server in a real browser. It is a
// module of its own, so that nobody who uses spool gets the driver of a browser.
package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var (
	axe   = flag.String("axe", "", "axe.min.js; without it accessibility is not checked")
	shots = flag.String("shots", "", "folder for screenshots")
	root  = "../../.."
)

// open starts a browser with a tab.
func open(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium; make browser installs it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.NoSandbox, chromedp.WindowSize(1280, 900))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// step is something that is done in the browser.
type step = chromedp.Action[chromedp.Void]

func navigate(address string) step { return chromedp.Navigate(address) }
func click(css string) step        { return chromedp.Click(chromedp.CSS(css)) }
func visible(css string) step      { return chromedp.WaitVisible(chromedp.CSS(css)) }
func hidden(css string) step       { return chromedp.WaitNotVisible(chromedp.CSS(css)) }
func set(css, value string) step   { return chromedp.SetValue(chromedp.CSS(css), value) }

// do makes a step of what gives a value that nobody needs.
func do[T any](a chromedp.Action[T]) step {
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		_, err = a(ctx, t)
		return v, err
	}
}

func run(t *testing.T, ctx context.Context, steps ...step) {
	t.Helper()
	for i, s := range steps {
		few, cancel := context.WithTimeout(ctx, patience)
		err := chromedp.Do(few, s)
		cancel()
		if err != nil {
			shot(t, ctx, "failure-"+t.Name())
			t.Fatalf("step %d: %v", i, err)
		}
	}
}

// patience is how long a step may take, on a busy machine.
const patience = time.Minute

// until waits until the expression of the page is true.
func until(expression string) step {
	look := chromedp.Evaluate[bool](`new Promise((resolve) => {
		const look = () => { (`+expression+`) ? resolve(true) : setTimeout(look, 50); };
		look();
	})`, chromedp.EvalAwaitPromise)
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		if _, err = look(ctx, t); err != nil {
			err = fmt.Errorf("wait until %s: %w", expression, err)
		}
		return v, err
	}
}

func eval[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func shot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Logf("screenshot %s: %v", name, err)
		return
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), b, 0o644); err != nil {
		t.Error(err)
	}
}

// choose gives files to the page as a person does.
func choose(paths ...string) step {
	return chromedp.SetUploadFiles(chromedp.CSS("#pick"), paths)
}

// drop drops files on the page.
func drop(paths ...string) step {
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter,
			input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
			_, err = cdp.Call(ctx, t, input.DispatchDragEvent, input.DispatchDragEventParams{
				Type: kind, X: 300, Y: 200, Data: &input.DragData{
					Items: []*input.DragDataItem{}, Files: paths, DragOperationsMask: 1},
			})
			if err != nil {
				return v, err
			}
		}
		return v, nil
	}
}

func press(keys string) step { return chromedp.KeyEvent(keys) }

// tabTo presses Tab until what has the focus is what is meant.
func tabTo(css string) step {
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		passed := []string{}
		for range 80 {
			if _, err := press(kb.Tab)(ctx, t); err != nil {
				return v, err
			}
			at, err := chromedp.Evaluate[string](`document.activeElement.matches('`+css+`') ? '' :
				document.activeElement.outerHTML.slice(0, 60)`)(ctx, t)
			if at == "" || err != nil {
				return v, err
			}
			passed = append(passed, at)
		}
		return v, fmt.Errorf("Tab does not come to %s, but to %q", css, passed)
	}
}

// focused waits until what is meant has the focus.
func focused(css string) step { return until(`document.activeElement.matches('` + css + `')`) }

// listen notes what the page tells screen readers from now on, in window.said.
func listen() step {
	return do(chromedp.Evaluate[int](`window.said = [];
		new MutationObserver(() => said.push(document.querySelector('#live').textContent))
			.observe(document.querySelector('#live'), { childList: true, characterData: true, subtree: true });
		0`))
}

// told waits until the page has told screen readers something like that.
func told(pattern string) step { return until(`said.some((s) => /` + pattern + `/.test(s))`) }

// allowDownloads lets the browser save files to the folder, and tell of it.
func allowDownloads(dir string) step {
	events := true
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		_, err = cdp.Call(ctx, t, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, EventsEnabled: &events,
		})
		return v, err
	}
}

// downloads does what begins a download, and waits for its end.
func downloads(begin step) step {
	return do(chromedp.WaitEvent(browser.DownloadProgress, func(e browser.EventDownloadProgress) bool {
		return e.State == browser.DownloadProgressStateCompleted
	}, begin))
}

// Package browser tests the page of examples/server in a real browser. It is a
// module of its own, so that nobody who uses spool gets the driver of a browser.
package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var (
	axe   = flag.String("axe", "", "axe.min.js; without it accessibility is not checked")
	shots = flag.String("shots", "", "folder for screenshots")
	root  = "../../.."
)

// site is a server in a process of its own.
type site struct {
	t       *testing.T
	binary  string
	data    string
	addr    string
	args    []string
	url     string // with the key
	process *exec.Cmd
}

func newSite(t *testing.T, args ...string) *site {
	t.Helper()
	s := &site{
		t: t, binary: filepath.Join(t.TempDir(), "server"), data: t.TempDir(), addr: "127.0.0.1:0",
		args: args,
	}
	build := exec.Command("go", "build", "-o", s.binary, "./examples/server")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.start()
	t.Cleanup(func() { s.stop(syscall.SIGTERM) })
	return s
}

var address = regexp.MustCompile(`http://([^/]+)/#key=(\S+)`)

// start starts the server; the second time at the same address.
func (s *site) start() {
	s.t.Helper()
	s.process = exec.Command(s.binary, "-addr", s.addr, "-data", s.data, "-workers", "1")
	s.process.Args = append(s.process.Args, s.args...)
	s.process.Stderr = os.Stderr
	out, err := s.process.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	m := address.FindStringSubmatch(line)
	if m == nil {
		s.t.Fatalf("the server says %q, %v", line, err)
	}
	s.addr, s.url = m[1], m[0]
}

func (s *site) stop(signal os.Signal) {
	_ = s.process.Process.Signal(signal)
	_ = s.process.Wait()
}

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
	run(t, ctx, navigate("about:blank"))
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
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
	if err := chromedp.Do(ctx, steps...); err != nil {
		shot(t, ctx, "failure-"+t.Name())
		t.Fatal(err)
	}
}

// until waits until the expression of the page is true.
func until(expression string) step {
	return do(chromedp.Evaluate[bool](`new Promise((resolve) => {
		const look = () => { (`+expression+`) ? resolve(true) : setTimeout(look, 50); };
		look();
	})`, chromedp.EvalAwaitPromise))
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

// look takes pictures of the page at two widths in two schemes, and has axe look
// at each.
func look(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for width, label := range map[int64]string{1280: "desktop", 390: "phone"} {
			run(t, ctx, func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
				_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{
						{Name: "prefers-color-scheme", Value: scheme},
						{Name: "prefers-reduced-motion", Value: "reduce"},
					}})
				return v, err
			}, chromedp.EmulateViewport(width, 860))
			shot(t, ctx, fmt.Sprintf("%s-%s-%s", name, label, scheme))
			check(t, ctx, fmt.Sprintf("%s, %s, %s", name, label, scheme))
			if overflow := eval[bool](t, ctx,
				`document.documentElement.scrollWidth > document.documentElement.clientWidth`); overflow {
				t.Errorf("%s, %s: the page is wider than the window", name, label)
			}
		}
	}
	run(t, ctx, chromedp.EmulateViewport(1280, 900))
}

// finding is what axe has found.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string `json:"failureSummary"`
	}
}

// check wants no serious finding of axe-core.
func check(t *testing.T, ctx context.Context, where string) {
	t.Helper()
	if *axe == "" {
		return
	}
	script, err := os.ReadFile(*axe)
	if err != nil {
		t.Fatal(err)
	}
	run(t, ctx, do(chromedp.Evaluate[int](string(script)+";0")))
	found := eval[string](t, ctx, `axe.run().then((r) => JSON.stringify(r.violations))`)
	var list []finding
	if err := json.Unmarshal([]byte(found), &list); err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		report := t.Logf
		if f.Impact == "serious" || f.Impact == "critical" {
			report = t.Errorf
		}
		for _, n := range f.Nodes {
			report("%s: %s: %s (%s)\n%s\n%s", where, f.Impact, f.ID, f.Help, n.HTML, n.FailureSummary)
		}
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

func media(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "examples/media", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	firstJob = `document.querySelector('.job')`
	done     = firstJob + `?.classList.contains('is-completed')`
)

func TestAPersonConvertsAPicture(t *testing.T) {
	ctx, s := open(t), newSite(t)
	run(t, ctx, navigate(s.url), visible("#no-jobs"))
	if hash := eval[string](t, ctx, `location.hash`); hash != "" {
		t.Errorf("the key stays in the address: %s", hash)
	}
	look(t, ctx, "1-empty")
	run(t, ctx, drop(media(t, "harbour.jpg")), visible("#settings"),
		set("#field-format", "webp"),
		set("#field-width", "800"))
	look(t, ctx, "2-chosen")
	run(t, ctx, click("#start"), until(done),
		until(`document.querySelector('.file .thumb img')?.naturalWidth === 800`))
	text := eval[string](t, ctx, `document.querySelector('.file .figures').textContent`)
	if !strings.Contains(text, "800 × 53") || !strings.Contains(text, "smaller") {
		t.Errorf("the figures: %q", text)
	}
	look(t, ctx, "3-done")
	// Compare before and after, by keyboard.
	run(t, ctx, click(".file .buttons button"),
		until(`document.querySelector('#compare').open`),
		until(`document.querySelector('#compare .before').naturalWidth > 0`),
		chromedp.KeyEvent(kb.ArrowLeft),
	)
	if at := eval[string](t, ctx, `document.querySelector('#compare input').value`); at == "50" {
		t.Error("the arrow key does not move the comparison")
	}
	look(t, ctx, "4-compare")
	run(t, ctx, click("#compare [data-close]"))
	dir := t.TempDir()
	events := true
	run(t, ctx, func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		_, err = cdp.Call(ctx, t, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, EventsEnabled: &events,
		})
		return v, err
	}, do(chromedp.WaitEvent(browser.DownloadProgress, func(e browser.EventDownloadProgress) bool {
		return e.State == browser.DownloadProgressStateCompleted
	}, click(".file .buttons a"))))
	if b, err := os.ReadFile(filepath.Join(dir, "harbour.webp")); err != nil || len(b) < 1000 {
		t.Errorf("the download: %d bytes, %v", len(b), err)
	}
}

func TestAFilmIsWatchedReloadedKilledAndCancelled(t *testing.T) {
	ctx, s := open(t), newSite(t)
	run(t, ctx, navigate(s.url), visible("#no-jobs"))
	film := longFilm(t)
	start := func() {
		run(t, ctx, choose(film), visible("#settings"),
			set("#field-format", "webm"),
			click("#start"), until(firstJob+`?.classList.contains('is-processing')`))
	}
	moved := until(`Number(document.querySelector('.job.is-processing .file progress')?.value) > 0`)
	start()
	run(t, ctx, moved)
	look(t, ctx, "5-working")
	// The page again, in the middle: the job is there and moves on.
	run(t, ctx, chromedp.Reload(), moved)
	// The server again, in the middle.
	s.stop(syscall.SIGKILL)
	run(t, ctx, visible("#connection"))
	shot(t, ctx, "6-connection-lost")
	s.start()
	run(t, ctx, hidden("#connection"), moved)
	// Cancel it.
	run(t, ctx, click(".job.is-processing .actions button"),
		until(firstJob+`.classList.contains('is-cancelled')`))
	look(t, ctx, "7-cancelled")
	// A shorter one comes to its end and can be played.
	run(t, ctx, choose(media(t, "harbour.mp4")), visible("#settings"),
		set("#field-format", "webm"),
		set("#field-width", "320"),
		click("#start"), until(done),
		until(`document.querySelector('video.player')?.readyState >= 1`))
	look(t, ctx, "8-film")
}

func TestABatchByKeyboard(t *testing.T) {
	ctx, s := open(t), newSite(t, "-allow", "127.0.0.0/8")
	photo, err := os.ReadFile(media(t, "harbour.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	quay := filepath.Join(t.TempDir(), "quay.jpg")
	if err := os.WriteFile(quay, photo, 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "broken.jpg")
	if err := os.WriteFile(bad, []byte("\xff\xd8\xff\xe0 no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	press := func(keys string) step { return chromedp.KeyEvent(keys) }
	focus := func(css string) step { return chromedp.Focus(chromedp.CSS(css)) }
	run(t, ctx, navigate(s.url), visible("#no-jobs"),
		choose(media(t, "harbour.jpg"), quay, bad), visible("#settings"),
		// The tool by arrow keys, then its settings, then Enter.
		focus(`#tools input[value=convert]`), press(kb.ArrowRight), press(kb.ArrowLeft),
		set("#field-format", "avif"), set("#field-width", "160"),
		focus(".more summary"), press(kb.Enter), visible("#field-callbackUrl"),
		set("#field-callbackUrl", "http://127.0.0.1:8443/nobody"),
		set("#field-callbackSecret", "whsec_1"))
	look(t, ctx, "10-batch-settings")
	run(t, ctx, focus("#start"), press(kb.Enter),
		until(firstJob+`?.classList.contains('is-failed')`),
		until(`document.querySelectorAll('.file .thumb img').length === 2`),
		until(`document.querySelectorAll('.deliveries li').length === 1`))
	look(t, ctx, "11-batch-failed")
	text := eval[string](t, ctx, firstJob+`.textContent`)
	for _, want := range []string{"1 of 3 failed", "Download all as zip", "broken.jpg", "Try again"} {
		if !strings.Contains(text, want) {
			t.Errorf("the job does not say %q: %q", want, text)
		}
	}
	size := eval[int](t, ctx, `fetch(document.querySelector('a[href$="/archive"]').href)
		.then((r) => r.blob()).then((b) => b.size)`)
	if size < 1000 {
		t.Errorf("the zip has %d bytes", size)
	}
	// The filter, by keyboard; then the job goes for good, after a second question.
	run(t, ctx, focus(`.filter input[value=""]`), press(kb.ArrowRight),
		until(`!document.querySelector('.job')`), visible("#no-jobs"), press(kb.ArrowLeft),
		until(`document.querySelector('.job details[open] .actions .quiet')`),
		focus(`.job .actions .quiet`), press(kb.Enter),
		until(`document.querySelector('.job .actions .danger')`), press(kb.Enter),
		until(`!document.querySelector('.job')`), visible("#no-jobs"))
}

func TestHostileNamesAreOnlyText(t *testing.T) {
	ctx, s := open(t), newSite(t)
	bad := filepath.Join(t.TempDir(), `<img src=x onerror="document.title='owned'">.png`)
	if err := os.WriteFile(bad, []byte("<script>document.title='owned'</script>"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, navigate(s.url), visible("#no-jobs"),
		choose(bad), visible("#settings"),
		set("#field-format", "webp"),
		click("#start"),
		until(firstJob+`?.classList.contains('is-failed')`),
		until(`document.querySelector('.file .why')?.textContent.length > 10`))
	look(t, ctx, "9-failed")
	if title := eval[string](t, ctx, `document.title`); title != "spool" {
		t.Errorf("a file name came to life: %s", title)
	}
	// An address that is refused is told beside the form.
	run(t, ctx, set("#address", "http://127.0.0.1/secret.png"),
		click("#add-address"), click("#start"),
		visible("#compose-error"))
	// Without a session the page asks for the key.
	run(t, ctx, click("#clear"), click("#sign-out"),
		visible("#key"))
	look(t, ctx, "0-sign-in")
	run(t, ctx, set("#key", "wrong-key-entirely"),
		click("#sign-in button"),
		visible("#sign-in .error"))
}

// longFilm makes a film that takes long to convert.
func longFilm(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "long.mp4")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i",
		"testsrc2=size=1280x720:rate=25:duration=60", "-c:v", "libx264", "-preset", "ultrafast",
		path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

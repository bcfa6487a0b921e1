package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

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
		until(`!document.querySelector('.job')`), visible("#no-jobs"), focused("#jobs"))
}

// TestAWholeJobWithoutAMouse uses nothing but keys from the first to the last: an
// address is typed, the job set up and started, its result downloaded, the job removed.
func TestAWholeJobWithoutAMouse(t *testing.T) {
	far, flags := web(t, "harbour.jpg")
	ctx, s := open(t), newSite(t, flags...)
	dir := t.TempDir()
	run(t, ctx, navigate(s.url), visible("#no-jobs"), listen(),
		press(kb.Tab), focused(".skip"), press(kb.Enter), focused("#jobs"),
		chromedp.Reload(), visible("#no-jobs"), listen(),
		tabTo("#address"), press(far), press(kb.Enter), visible("#settings"),
		tabTo("#tools input"), press(kb.ArrowRight), until(`!document.querySelector('#field-resize')`),
		press(kb.ArrowLeft), visible("#field-format"),
		tabTo("#field-format"), press("w"), tabTo("#field-width"), press("320"),
		tabTo("#start"), press(kb.Enter),
		told("has been started"), focused(".job summary"), until(done), told("harbour.jpg: Done"),
		// One compares what was fetched with what came of it.
		until(`document.querySelectorAll('.file .buttons button').length === 1`))
	named(t, ctx, "a job by keys")
	run(t, ctx, allowDownloads(dir), tabTo(".file .buttons button"), press(kb.Enter),
		focused("#compare input"), press(kb.Escape), focused(".file .buttons button"),
		tabTo(".file .buttons a"), downloads(press(kb.Enter)))
	if b, err := os.ReadFile(filepath.Join(dir, "harbour.webp")); err != nil || len(b) < 1000 {
		t.Errorf("the download: %d bytes, %v", len(b), err)
	}
	run(t, ctx, tabTo(".job .actions .quiet"), press(" "),
		until(`document.querySelector('.job .actions .danger')`), press(" "),
		told("Removed"), visible("#no-jobs"), focused("#jobs"))
}

// TestTheFocusGoesOn looks where the keyboard is after what was pressed is gone.
func TestTheFocusGoesOn(t *testing.T) {
	ctx, s := open(t), newSite(t)
	focus := func(css string) step { return chromedp.Focus(chromedp.CSS(css)) }
	run(t, ctx, navigate(s.url), visible("#no-jobs"), listen(),
		choose(longFilm(t), media(t, "harbour.jpg")), visible("#settings"),
		// Of two files one goes, then both.
		focus("#chosen li:last-child button"), press(kb.Enter), focused("#chosen li button"),
		press(kb.Enter), focused("#pick"), hidden("#settings"),
		choose(media(t, "harbour.jpg")), visible("#settings"), focus("#clear"), press(kb.Enter),
		focused("#pick"),
		// A job that is cancelled, and two that are removed.
		choose(longFilm(t)), visible("#settings"), set("#field-format", "webm"),
		focus("#start"), press(kb.Enter), focused(".job summary"),
		until(firstJob+`?.classList.contains('is-processing')`),
		tabTo(".job .actions button"), press(kb.Enter), told("Cancelled"),
		focused(".job.is-cancelled summary"),
		choose(media(t, "harbour.jpg")), visible("#settings"), set("#field-format", "png"),
		focus("#start"), press(kb.Enter), until(done), focused(".job.is-completed summary"),
		tabTo(".job.is-completed .actions .quiet"), press(kb.Enter), press(kb.Enter),
		focused(".job.is-cancelled summary"))
}

package browser

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

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
	run(t, ctx, allowDownloads(dir), downloads(click(".file .buttons a")))
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
		listen(), click("#start"), told("has been started"), told("harbour.mp4: (25|50|75) %"),
		told("harbour.mp4: Done"), until(done),
		until(`document.querySelector('video.player')?.readyState >= 1`))
	look(t, ctx, "8-film")
}

func TestAnAddressIsPastedAndConverted(t *testing.T) {
	far, flags := web(t, "harbour.jpg")
	ctx, s := open(t), newSite(t, flags...)
	run(t, ctx, navigate(s.url), visible("#no-jobs"), do(chromedp.Evaluate[bool](`
		(() => {
			const data = new DataTransfer();
			data.setData('text', '`+far+`');
			return document.body.dispatchEvent(
				new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
		})()`)), visible("#settings"), set("#field-format", "webp"), set("#field-width", "400"),
		click("#start"), until(done),
		until(`document.querySelector('.file .thumb img')?.naturalWidth === 400`))
	name := eval[string](t, ctx, `document.querySelector('.file .name').textContent`)
	if name != "harbour.jpg → harbour.webp" {
		t.Errorf("the file is called %q", name)
	}
	look(t, ctx, "12-address")
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

package browser

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	hls  = flag.String("hls", "", "hls.min.js; without it HLS is not played")
	dash = flag.String("dash", "", "dash.all.min.js; without it DASH is not played")
)

// player is how a library for adaptive streams is told to play.
type player struct {
	name    string
	library string // its file
	script  string // sets load, level(n) and captions, and fills errors
}

// A stall is told as an error that hls.js itself mends: this machine may be slow.
const hlsScript = `
	const hls = new Hls({startLevel: 0});
	hls.on(Hls.Events.ERROR, (_, d) => {
		if (!/^buffer(Stalled|NudgeOnStall|SeekOverHole)/.test(d.details)) {
			errors.push([d.type, d.details, d.fatal, d.error?.message].join(' '));
		}
	});
	window.level = (n) => { hls.nextLevel = n; };
	window.captions = () => { hls.subtitleTrack = 0; };
	hls.on(Hls.Events.MANIFEST_PARSED, () => { level(0); window.ready = true; video.play(); });
	hls.loadSource('/stream/master.m3u8');
	hls.attachMedia(video);`

const dashScript = `
	const dash = dashjs.MediaPlayer().create();
	dash.updateSettings({streaming: {abr: {autoSwitchBitrate: {video: false},
		initialBitrate: {video: 1}}, buffer: {fastSwitchEnabled: true}}});
	for (const name of ['error', 'playbackError']) {
		dash.on(name, (e) => errors.push(name + ' ' + JSON.stringify(e.error)));
	}
	window.level = (n) => dash.setRepresentationForTypeByIndex('video', n, true);
	window.captions = () => { dash.enableText(true); dash.setTextTrack(0); };
	dash.on('streamInitialized', () => { window.ready = true; });
	dash.initialize(video, '/stream/manifest.mpd', true);`

const page = `<!DOCTYPE html><meta charset="utf-8"><title>player</title>
<video muted playsinline controls></video>
<script src="/library.js"></script><script>
	const errors = [], video = document.querySelector('video');
	video.addEventListener('error', () => errors.push('video ' + video.error.message));
	%s
</script>`

// TestAdaptiveStreamsPlay plays what the operation "stream" makes with the libraries
// that players on pages are made with.
func TestAdaptiveStreamsPlay(t *testing.T) {
	dir := stream(t)
	for _, p := range []player{{"hls.js", *hls, hlsScript}, {"dash.js", *dash, dashScript}} {
		t.Run(p.name, func(t *testing.T) {
			if p.library == "" {
				t.Skip("make browser fetches the library")
			}
			mux := http.NewServeMux()
			mux.Handle("/stream/", http.StripPrefix("/stream", http.FileServer(http.Dir(dir))))
			mux.HandleFunc("/library.js", func(w http.ResponseWriter, r *http.Request) {
				http.ServeFile(w, r, p.library)
			})
			mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, page, p.script)
			})
			server := httptest.NewServer(mux)
			defer server.Close()
			play(t, server.URL)
		})
	}
}

// play watches the stream: its start, the other level, a moment further on, one further
// back, the captions and the end.
func play(t *testing.T, address string) {
	ctx := open(t)
	frames := `video.getVideoPlaybackQuality().totalVideoFrames`
	run(t, ctx, navigate(address), until(`window.ready`),
		until(`video.currentTime > 0.5 && video.videoHeight === 144 && `+frames+` > 5`),
		until(`video.webkitAudioDecodedByteCount > 0`))
	if d := eval[float64](t, ctx, `video.duration`); d < 19.9 || d > 20.1 {
		t.Errorf("it lasts %v s, want 20", d)
	}
	run(t, ctx, do(evaluate(`level(1)`)), until(`video.videoHeight === 288`),
		do(evaluate(`level(0)`)), until(`video.videoHeight === 144`))
	for _, at := range []string{"15", "3.3"} {
		run(t, ctx, do(evaluate(`video.currentTime = `+at+`; window.from = `+frames)),
			until(`!video.seeking && video.currentTime > `+at+` + 0.5 && `+frames+` > from + 5`))
	}
	run(t, ctx, do(evaluate(`captions()`)), until(
		`[...video.textTracks].some((t) => [...(t.cues ?? [])].some((c) => c.text === 'Ahoy'))`))
	shot(t, ctx, "stream-"+filepath.Base(t.Name()))
	run(t, ctx, do(evaluate(`video.currentTime = 19`)), until(`video.ended`))
	if errors := eval[[]string](t, ctx, `errors`); len(errors) > 0 {
		t.Errorf("error events:\n%s", strings.Join(errors, "\n"))
	}
}

// stream makes an adaptive stream of 20 seconds with two levels, and returns its folder.
func stream(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	film, binary, out := filepath.Join(dir, "film.mp4"), filepath.Join(dir, "convert"), filepath.Join(dir, "out")
	command(t, exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i",
		"testsrc2=size=512x288:rate=25:duration=20", "-f", "lavfi", "-i", "sine=frequency=440:duration=20",
		"-c:v", "libx264", "-preset", "ultrafast", film))
	build := exec.Command("go", "build", "-o", binary, "./examples/convert")
	build.Dir = root
	command(t, build)
	command(t, exec.Command(binary, "-op", "stream", "-out", out, "-p", "segmentDuration=2",
		"-p", `renditions=[{"height":144,"bitrate":150000},{"height":288,"bitrate":500000}]`,
		"-p", `captions=[{"label":"English","language":"en",`+
			`"content":"WEBVTT\n\n00:00.000 --> 00:20.000\nAhoy\n"}]`, film))
	for _, name := range []string{"master.m3u8", "manifest.mpd"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// evaluate runs a statement of the page.
func evaluate(statement string) chromedp.Action[int] {
	return chromedp.Evaluate[int](statement + "; 0")
}

func command(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
}

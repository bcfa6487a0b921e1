// Command bench measures spool beside what programs use today: the commands
// vipsthumbnail and ffmpeg, started as processes. It prints a table of ratios:
//
//	make bench
//
// Both sides do the same work on the same files: the settings of the commands
// are those that spool's codecs report of their own outputs, and before anything
// is measured the results are compared. The sides alternate, spool, peer, spool,
// peer, so that whatever else the machine does strikes both; each pair gives one
// ratio, and the table has the median, the least and the greatest. Above 1 spool
// is faster. The times are for the proportion of rows to each other and mean
// nothing on another machine. CPU is the time of all cores, which depends less on
// what else the machine does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"regexp"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/libav"
	"github.com/spoolmedia/spool/codec/vips"
	"github.com/spoolmedia/spool/engine"
)

// codecs are those that are measured.
func codecs() []codec.Codec { return []codec.Codec{vips.New(), libav.New()} }

func main() {
	log.SetFlags(0)
	runs := flag.Int("runs", 7, "pairs of runs for each row, at least 5")
	only := flag.String("only", "", "a pattern: only the rows with such a name")
	clips := flag.Int("clips", 1000, "clips of the batch")
	seconds := flag.Int("seconds", 60, "length of the clip in 1080p")
	one := flag.String("child", "", "convert this film and print nothing: for the row of memory")
	media := flag.String("media", "", "folder with media; default: the corpus, or examples/media")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	names, err := regexp.Compile(*only)
	switch {
	case err != nil:
	case *one != "":
		err = child(ctx, *one)
	default:
		err = bench(ctx, &bencher{media: *media, only: names, clips: *clips,
			seconds: *seconds}, max(*runs, 5))
	}
	if err != nil {
		log.Fatal(err)
	}
}

func bench(ctx context.Context, b *bencher, runs int) (err error) {
	if b.eng, err = engine.Open(engine.Config{Codecs: codecs()}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.eng.Close(context.WithoutCancel(ctx))) }()
	if b.dir, err = os.MkdirTemp("", "spool-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)

	fmt.Println("row | files | spool | peer | ratio (least to greatest) | CPU of spool | CPU of peer | ratio")
	fmt.Println("--- | --- | --- | --- | --- | --- | --- | ---")
	for _, r := range rows {
		if !b.only.MatchString(r.name) {
			continue
		}
		spool, peer, n, err := r.prepare(ctx, b)
		if why, ok := errors.AsType[skip](err); ok {
			fmt.Printf("%s | – | – | – | %s | – | – | –\n", r.name, string(why))
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		m, err := alternate(ctx, spool, peer, pairs(runs, n))
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Printf("%s | %d | %.3f s | %.3f s | %.2f (%.2f to %.2f) | %.3f s | %.3f s | %.2f\n", r.name,
			n, m.spool.Seconds(), m.peer.Seconds(), m.ratio, m.least, m.greatest,
			m.spoolCPU.Seconds(), m.peerCPU.Seconds(), m.ratioCPU)
	}
	if err := start(ctx, runs); err != nil {
		return err
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil || !b.only.MatchString("memory") {
		return nil
	}
	return b.memory(ctx)
}

// pairs is how many a row takes of so many files: some hundred are many runs in
// themselves.
func pairs(runs, files int) int {
	if files >= 500 {
		return 1
	}
	return runs
}

// bencher is what the rows share.
type bencher struct {
	eng        *engine.Engine
	media, dir string
	only       *regexp.Regexp // rows
	clips      int            // of the batch
	seconds    int            // of the clip in 1080p
}

// skip says why a row cannot be measured here.
type skip string

func (s skip) Error() string { return string(s) }

// row is one line of the table.
type row struct {
	name string
	// prepare compares the results of both sides and returns them, and how many
	// files each does in a run.
	prepare prepare
}

var (
	small   = codec.Convert{Format: "webp", Width: 320}
	website = codec.Convert{Format: "jpg", Width: 720}
)

var rows = []row{
	{"thumbnails, one at a time, beside vipsthumbnail", thumbnails{small, photos, 1}.prepare},
	{"thumbnails, one per core, beside vipsthumbnail", thumbnails{small, photos, 0}.prepare},
	{"12 megapixels to 720 pixels, one at a time, beside vipsthumbnail",
		thumbnails{website, large, 1}.prepare},
	{"12 megapixels to 720 pixels, one per core, beside vipsthumbnail",
		thumbnails{website, large, 0}.prepare},
	{"film to mp4, beside ffmpeg", film("video/androidx-sample.avi", "mp4")},
	{"film to webm, beside ffmpeg", film("video/androidx-sample.flv", "webm")},
	{"sound to mp3, beside ffmpeg", film("audio/mediabunny-sample.flac", "mp3")},
	{"picture 0.3 s behind a key frame, beside ffmpeg", moment(20.3)},
	{"picture 8 s behind a key frame, beside ffmpeg", moment(28)},
	{"1080p to H.264, beside ffmpeg", transcode},
	{"10 s of 480p to H.264, beside ffmpeg", transcodeSmall},
	{"sound of a film, copied, beside ffmpeg", copiedSound},
	{"stream of 1080p with four renditions, beside four calls of ffmpeg", ladder(false, "", "")},
	{"stream of 1080p with four renditions, beside one call with a split", ladder(true, "", "")},
	{"stream of a phone's film in HDR, beside four calls of ffmpeg", ladder(false, phone, fromHDR)},
	{"stream of a phone's film in HDR, beside one call with a split", ladder(true, phone, fromHDR)},
	{"storyboard of ten minutes, beside ffmpeg with fps", storyboard()},
	{"storyboard of ten minutes, beside ffmpeg with -skip_frame nokey",
		storyboard("-skip_frame", "nokey")},
	{"short clips in a batch, beside ffmpeg", batch},
	{"report of a film, beside ffprobe", inspection("video/astiav-video_with_chapters.mp4")},
}

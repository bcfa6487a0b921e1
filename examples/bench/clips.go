package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// prepare is that of a [row].
type prepare func(ctx context.Context, b *bencher) (spool, peer func(context.Context) error,
	files int, err error)

// made makes a clip once, in the folder of the run, from what ffmpeg generates.
func (b *bencher) made(ctx context.Context, name string, args ...string) (string, error) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		return "", skip("ffmpeg is not installed")
	}
	path := filepath.Join(b.dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	args = append([]string{"-v", "error", "-nostdin"}, args...)
	return path, run(ctx, "ffmpeg", append(args, path)...)
}

// clip is one in 1080p with sound, of so many seconds.
func (b *bencher) clip(ctx context.Context, seconds int) (string, error) {
	return b.made(ctx, fmt.Sprintf("clip-%d.mp4", seconds), "-f", "lavfi", "-i",
		fmt.Sprintf("testsrc2=s=1920x1080:r=30:d=%d", seconds), "-f", "lavfi", "-i",
		fmt.Sprintf("sine=r=48000:d=%d", seconds), "-c:v", "libx264", "-preset", "ultrafast",
		"-vf", "scale=out_color_matrix=bt709,format=yuv420p", "-colorspace", "bt709", "-c:a", "aac")
}

// transcode makes H.264 of a clip in 1080p.
func transcode(ctx context.Context, b *bencher) (func(context.Context) error,
	func(context.Context) error, int, error) {
	path, err := b.clip(ctx, b.seconds)
	if err != nil {
		return nil, nil, 0, err
	}
	return beside(path, codec.Convert{Format: "mp4", Quality: 82}, "mp4")(ctx, b)
}

// transcodeSmall makes H.264 of a clip in 480p.
func transcodeSmall(ctx context.Context, b *bencher) (func(context.Context) error,
	func(context.Context) error, int, error) {
	path, err := b.made(ctx, "clip-480p.mp4", "-f", "lavfi", "-i", "testsrc2=s=854x480:r=30:d=10",
		"-f", "lavfi", "-i", "sine=r=48000:d=10", "-c:v", "libx264", "-preset", "ultrafast",
		"-vf", "format=yuv420p", "-c:a", "aac")
	if err != nil {
		return nil, nil, 0, err
	}
	return beside(path, codec.Convert{Format: "mp4", Quality: 82}, "mp4")(ctx, b)
}

// copiedSound takes the sound out of a clip as it is.
func copiedSound(ctx context.Context, b *bencher) (func(context.Context) error,
	func(context.Context) error, int, error) {
	path, err := b.clip(ctx, b.seconds)
	if err != nil {
		return nil, nil, 0, err
	}
	return beside(path, codec.ExtractAudio{Format: "m4a"}, "m4a")(ctx, b)
}

// storyboard is that of a clip of ten minutes, beside ffmpeg with these arguments before
// the input. Its filter fps takes the last picture before 25 s, before 75 s and so on; they
// come a little later here, so that it is the key frame, which spool takes.
func storyboard(before ...string) prepare {
	return func(ctx context.Context, b *bencher) (func(context.Context) error,
		func(context.Context) error, int, error) {
		path, err := b.made(ctx, "long.mp4", "-f", "lavfi", "-i", "testsrc2=s=640x480:r=25:d=600",
			"-c:v", "libx264", "-preset", "ultrafast", "-g", "50")
		if err != nil {
			return nil, nil, 0, err
		}
		ours, theirs := filepath.Join(b.dir, "ours.jpg"), filepath.Join(b.dir, "theirs.jpg")
		spool := func(ctx context.Context) error {
			_, data, err := b.convert(ctx, codec.Storyboard{}, path)
			if err != nil {
				return err
			}
			return os.WriteFile(ours, data, 0o600)
		}
		if err := spool(ctx); err != nil {
			return nil, nil, 0, unsupported(err)
		}
		args := append([]string{"-v", "error", "-nostdin", "-y"}, before...)
		args = append(args, "-i", path, "-vf", "setpts=PTS+0.98/TB,fps=1/50,"+asSpool("240:-1", "tile=4x3,"),
			"-frames:v", "1", "-q:v", "4", "-update", "1", theirs)
		peer := func(ctx context.Context) error { return run(ctx, "ffmpeg", args...) }
		if err := peer(ctx); err != nil {
			return nil, nil, 0, err
		}
		return spool, peer, 1, alikePictures(ours, theirs)
	}
}

// batch converts many short clips: in one job, beside a process for each, one for each
// core at a time.
func batch(ctx context.Context, b *bencher) (func(context.Context) error,
	func(context.Context) error, int, error) {
	path, err := b.made(ctx, "short.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=1",
		"-f", "lavfi", "-i", "sine=r=48000:d=1", "-c:v", "libx264", "-c:a", "aac")
	if err != nil {
		return nil, nil, 0, err
	}
	op := codec.Convert{Format: "mp4", Width: 96}
	made, _, err := b.convert(ctx, op, path)
	if err != nil {
		return nil, nil, 0, unsupported(err)
	}
	spool := func(ctx context.Context) error {
		r := engine.Request{Account: "bench", Operation: op}
		for range b.clips {
			r.Inputs = append(r.Inputs, engine.FromFile(path))
		}
		job, err := b.eng.Submit(ctx, r)
		if err != nil {
			return err
		}
		job, err = b.eng.Wait(ctx, job.ID)
		if err == nil && job.Failed > 0 {
			err = fmt.Errorf("%d of %d clips failed", job.Failed, b.clips)
		}
		return err
	}
	peer := func(ctx context.Context) error {
		return each(ctx, 0, make([]string, b.clips), func(ctx context.Context, i int, _ string) error {
			out := filepath.Join(b.dir, "short-"+strconv.Itoa(i)+".mp4")
			args := ffmpegArgs(path, out, made.Result.Streams)
			args = append(args[:len(args)-1], "-vf", "scale=96:72", "-threads", "1", out)
			defer os.Remove(out)
			return run(ctx, "ffmpeg", args...)
		})
	}
	return spool, peer, b.clips, nil
}

// cores is what a lone call of an engine keeps busy.
func cores() string { return strconv.Itoa(runtime.GOMAXPROCS(0)) }

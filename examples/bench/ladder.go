package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// phone is a film of the corpus as a phone takes it: 1080p on its side, HDR, 10 bits.
const phone = "video/androidx-sample_edit_list.mp4"

// fromHDR is how spool makes such pictures those of a usual screen.
const fromHDR = "zscale=tin=arib-std-b67:min=2020_ncl:pin=2020:rin=tv:t=linear:npl=100," +
	"format=gbrpf32le,zscale=p=709,tonemap=hable:desat=0,zscale=t=709:m=709:r=tv,format=yuv420p,"

// ladder makes an adaptive stream of four renditions of a clip, or of that file of the
// corpus, beside one call of ffmpeg for each of them, or one call that decodes once.
// Encoders and their settings are the same, and so are the filters, of which first makes
// the pictures that all renditions are made of; spool makes a poster besides.
func ladder(split bool, name, first string) prepare {
	return func(ctx context.Context, b *bencher) (func(context.Context) error,
		func(context.Context) error, int, error) {
		path, err := b.source(ctx, name)
		if err != nil {
			return nil, nil, 0, err
		}
		op := codec.AdaptiveStream{Profile: codec.ProfileHD, PackageFormats: []string{"hls"}}
		steps := op.WithDefaults().Renditions
		ours, theirs := filepath.Join(b.dir, "ladder"), filepath.Join(b.dir, "ladder-peer")
		for _, dir := range []string{ours, theirs} {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return nil, nil, 0, err
			}
		}
		spool := func(ctx context.Context) error {
			readers, err := b.eng.Process(ctx, op, engine.FromFile(path))
			return errors.Join(err, saved(readers, ours))
		}
		calls := [][]string{splitCall(path, theirs, first, steps)}
		if !split {
			calls = nil
			for i, r := range steps {
				calls = append(calls, singleCall(path, theirs, first, r, i == 0))
			}
		}
		peer := func(ctx context.Context) error {
			for _, args := range calls {
				if err := run(ctx, "ffmpeg", args...); err != nil {
					return err
				}
			}
			return nil
		}
		for _, do := range []func(context.Context) error{spool, peer} {
			if err := do(ctx); err != nil {
				return nil, nil, 0, unsupported(err)
			}
		}
		for _, r := range steps {
			name := strconv.Itoa(r.Height)
			err := alike(ctx, path, filepath.Join(ours, name+"p.m3u8"), filepath.Join(theirs, name+".m3u8"))
			if err != nil {
				return nil, nil, 0, fmt.Errorf("%dp: %w", r.Height, err)
			}
		}
		return spool, peer, 1, nil
	}
}

// source is a file of the corpus; without a name it is a clip of up to ten seconds.
func (b *bencher) source(ctx context.Context, name string) (string, error) {
	if name == "" {
		return b.clip(ctx, min(10, b.seconds))
	}
	path, ok := b.find(name)
	if !ok {
		return "", skip("there is no " + name)
	}
	return path, nil
}

// saved writes outputs to files in dir, and closes them.
func saved(readers []*engine.Reader, dir string) (err error) {
	for _, r := range readers {
		data, failed := io.ReadAll(r)
		if failed == nil {
			failed = os.WriteFile(filepath.Join(dir, r.Output.Name), data, 0o600)
		}
		err = errors.Join(err, failed, r.Close())
	}
	return err
}

const segmentSeconds = 6

// singleCall makes one rendition, the first with the sound.
func singleCall(in, dir, first string, r codec.StreamRendition, sound bool) []string {
	args := []string{"-v", "error", "-nostdin", "-y", "-i", in, "-map", "0:v", "-vf", first + scaled(r)}
	args = append(args, encoder(r)...)
	args = append(args, segments(dir, strconv.Itoa(r.Height))...)
	if sound {
		args = append(args, soundOf(r, dir)...)
	}
	return args
}

// splitCall makes all of them.
func splitCall(in, dir, first string, all []codec.StreamRendition) []string {
	graph := fmt.Sprintf("[0:v]%ssplit=%d", first, len(all))
	for i := range all {
		graph += fmt.Sprintf("[s%d]", i)
	}
	for i, r := range all {
		graph += fmt.Sprintf(";[s%d]%s[v%d]", i, scaled(r), i)
	}
	args := []string{"-v", "error", "-nostdin", "-y", "-i", in, "-filter_complex", graph}
	for i, r := range all {
		args = append(args, "-map", fmt.Sprintf("[v%d]", i))
		args = append(append(args, encoder(r)...), segments(dir, strconv.Itoa(r.Height))...)
	}
	return append(args, soundOf(all[0], dir)...)
}

func scaled(r codec.StreamRendition) string {
	return fmt.Sprintf("scale=-2:%d:flags=bicubic,format=yuv420p", r.Height)
}

// encoder is what spool's ladder gives to it.
func encoder(r codec.StreamRendition) []string {
	return []string{"-c:v", "libx264", "-b:v", strconv.Itoa(r.Bitrate), "-maxrate",
		strconv.Itoa(r.Bitrate * 6 / 5), "-bufsize", strconv.Itoa(r.Bitrate * 2), "-preset", "fast",
		"-profile:v", "high", "-fps_mode", "passthrough", "-g", "100000", "-sc_threshold", "0", "-forced-idr", "1",
		"-rc-lookahead", "20", "-force_key_frames",
		fmt.Sprintf("expr:gte(t,n_forced*%d)", segmentSeconds), "-threads", cores()}
}

func soundOf(r codec.StreamRendition, dir string) []string {
	return append([]string{"-map", "0:a", "-c:a", "aac", "-b:a", strconv.Itoa(r.AudioBitrate)},
		segments(dir, "sound")...)
}

func segments(dir, name string) []string {
	return []string{"-f", "hls", "-hls_segment_type", "fmp4", "-hls_time",
		strconv.Itoa(segmentSeconds), "-hls_playlist_type", "vod",
		"-hls_fmp4_init_filename", name + "-init.mp4", filepath.Join(dir, name+".m3u8")}
}

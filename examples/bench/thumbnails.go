package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// photos are what people upload: large and small, baseline and progressive,
// turned, with profiles.
var photos = []string{
	"image/govips-jpg-orientation-6.jpg", "image/sharp-2569067123_aca715a2ee_o.jpg",
	"image/govips-jpg-24bit-icc-iec.jpg", "image/govips-jpg-24bit-icc-adobe-rgb.jpg",
	"image/sharp-gain-map.jpg", "image/androidx-tokyo.jpg", "image/exifsamples-gps-DSCN0010.jpg",
	"image/sharp-Landscape_6.jpg", "image/sharp-Landscape_3.jpg",
}

// large are photos of 12 megapixels.
var large = []string{
	"image/govips-jpg-orientation-6.jpg", "image/androidx-pixel-motion-photo-shortened.jpg",
}

// thumbnails makes smaller pictures of photos, workers at a time.
type thumbnails struct {
	op      codec.Convert
	photos  []string
	workers int // 0 means one per core
}

// prepare is that of a [row].
func (th thumbnails) prepare(ctx context.Context, b *bencher) (
	spool, peer func(context.Context) error, files int, err error,
) {
	if _, err := exec.LookPath("vipsthumbnail"); err != nil {
		return nil, nil, 0, skip("vipsthumbnail is not installed")
	}
	var paths []string
	for _, name := range th.photos {
		if path, ok := b.find(name); ok {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil, nil, 0, skip("there are no pictures")
	}
	settings, err := th.alike(ctx, b, paths)
	if err != nil {
		return nil, nil, 0, unsupported(err)
	}
	spool = func(ctx context.Context) error {
		return each(ctx, th.workers, paths, func(ctx context.Context, i int, path string) error {
			_, data, err := b.convert(ctx, th.op, path)
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(b.dir, fmt.Sprintf("s%d.%s", i, th.op.Format)), data, 0o600)
		})
	}
	peer = func(ctx context.Context) error {
		return each(ctx, th.workers, paths, func(ctx context.Context, i int, path string) error {
			return th.vipsthumbnail(ctx, b, path, fmt.Sprintf("p%d.%s", i, th.op.Format), settings[i])
		})
	}
	return spool, peer, len(paths), nil
}

// settings are those of vipsthumbnail for one picture.
type settings struct {
	options string // of the encoder
	srgb    bool   // turn the colours to sRGB
}

// alike makes each thumbnail in both ways, fails where they differ, and returns
// the settings with which they do not. They are compared as PNG: the lossy encoder,
// which is the same for both, blurs more than they may differ by.
func (th thumbnails) alike(ctx context.Context, b *bencher, paths []string) ([]settings, error) {
	all := make([]settings, len(paths))
	for i, path := range paths {
		output, _, err := b.convert(ctx, th.op, path)
		if err != nil {
			return nil, err
		}
		photo, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		// The command moves the colours of pictures without a profile, too.
		profile, err := codectest.Profile(photo)
		if err != nil {
			return nil, err
		}
		all[i] = settings{encoderOptions(output.Result.Streams[0].Options), profile != nil}
		if err := th.compare(ctx, b, path, profile != nil); err != nil {
			return nil, fmt.Errorf("%s: the sides do not make the same: %w", filepath.Base(path), err)
		}
	}
	return all, nil
}

// compare makes the thumbnail in both ways without loss, and fails if they differ.
func (th thumbnails) compare(ctx context.Context, b *bencher, path string, srgb bool) error {
	lossless := th.op
	lossless.Format = "png"
	_, ours, err := b.convert(ctx, lossless, path)
	if err != nil {
		return err
	}
	if err := th.vipsthumbnail(ctx, b, path, "compare.png", settings{srgb: srgb}); err != nil {
		return err
	}
	theirs, err := os.ReadFile(filepath.Join(b.dir, "compare.png"))
	if err != nil {
		return err
	}
	return samePicture(ours, theirs)
}

// encoderOptions writes options as the vips commands take them behind a name.
func encoderOptions(options map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(options)) {
		list = append(list, name+"="+options[name])
	}
	return "[" + strings.Join(list, ",") + "]"
}

// vipsthumbnail runs the command as a host would.
func (th thumbnails) vipsthumbnail(
	ctx context.Context, b *bencher, path, name string, s settings,
) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	args := []string{path, "--size", fmt.Sprintf("%dx>", th.op.Width), "-o", filepath.Join(b.dir, name) + s.options}
	if s.srgb {
		args = append(args, "--export-profile", "srgb")
	}
	if out, err := exec.CommandContext(ctx, "vipsthumbnail", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("vipsthumbnail: %w: %s", err, out)
	}
	return nil
}

// tolerance is for the finest details. vipsthumbnail decodes a JPEG at twice the
// size that spool does before it resizes: of these photos one, which becomes half
// as large and is all twigs and leaves, differs by 3.3 for that, the rest by up to
// 1.6.
const tolerance = 3.5

func samePicture(a, b []byte) error {
	got, err := codectest.DecodeImage(a)
	if err != nil {
		return err
	}
	want, err := codectest.DecodeImage(b)
	if err != nil {
		return err
	}
	return codectest.SamePicture(got, want, tolerance)
}

package vips_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips"
)

// operations are one of each kind, for a picture of so many pixels in all its frames: of a
// large one those that touch every part of this package.
func operations(pixels int) []codec.Operation {
	chain := codec.Chain{Steps: codec.Steps{codec.Transform{Width: 90, Height: 90},
		codec.Adjust{Saturation: new(1.5), Hue: 40, Sharpen: true},
		codec.Watermark{Text: "© Ada"}, codec.Convert{Format: "webp"}}}
	ops := []codec.Operation{codec.Inspect{}, chain}
	if pixels <= 4_000_000 {
		ops = append(ops,
			codec.Thumbnail{Width: 160, Height: 120, Gravity: codec.GravityAttention},
			codec.Transform{Rotate: 10, Width: 100, Flip: true},
			codec.PDFPreview{Width: 200},
			codec.Renditions{BlurHash: true, Outputs: []codec.Rendition{
				{Format: "jpg", Width: 120}, {Format: "webp", Width: 90, Height: 90}, {Format: "png", Width: 40}}})
	}
	if pixels <= 300_000 { // these encode as much as there is
		ops = append(ops, codec.StripMetadata{}, codec.Adjust{Contrast: new(1.2), Format: "jpg"},
			codec.Watermark{Text: "© Ada", Tile: true, Format: "jpg"}, codec.Compress{Quality: 60})
	}
	return ops
}

func TestEveryOperationOverTheCorpus(t *testing.T) {
	for _, path := range corpusFiles(t, "image") {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) { operateOn(t, path, !strange[name]) })
	}
}

func TestTheSameWorkMakesTheSameBytes(t *testing.T) {
	in := corpus(t, "image/sharp-Landscape_6.jpg")
	page := newInput("two.pdf", "application/pdf", pdf(2))
	ops := append(operations(1), codec.Convert{Format: "avif", Width: 60}, codec.Convert{Format: "jxl", Width: 60},
		codec.Compress{TargetBytes: 20_000})
	for _, op := range ops {
		w := &codec.Work{Op: op, In: []codec.Input{in}, Policy: trusting}
		if _, ok := op.(codec.PDFPreview); ok {
			w.In[0] = page
		}
		first, err := process(t.Context(), w)
		second, again := process(t.Context(), w)
		if err != nil || again != nil || len(first) != len(second) {
			t.Fatalf("%s: %v, %v", op.Name(), err, again)
		}
		for i := range first {
			if !bytes.Equal(first[i].data, second[i].data) {
				t.Errorf("%s: %s has other bytes the second time", op.Name(), first[i].spec.Name)
			}
		}
	}
}

func corpusFiles(t *testing.T, dir string) []string {
	t.Helper()
	corpus(t, "hostile/sharp-truncated.jpg")
	files, err := filepath.Glob(filepath.Join(corpusDir, dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// strange are files that need not come out.
var strange = map[string]bool{
	"filetype-fixture-msf1.heic": true, // it has no brand that libheif knows
}

// operateOn does the operations that are offered for the file. Those of a sound
// file must succeed; of others, no error may be a fault of this package.
func operateOn(t *testing.T, path string, sound bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in := newInput(filepath.Base(path), "", data)
	if in.mediaType, err = codec.Sniff(in, in.Size()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	media, _, _ := vips.New().Probe(ctx, &codec.Work{In: []codec.Input{in}, Policy: trusting})
	pixels := media.Width * media.Height * max(1, media.Frames)
	switch media.Type {
	case "image/avif", "image/heic", "image/apng":
		pixels *= 4 // they take longer
	}
	for _, op := range operations(pixels) {
		if !takes(op, in.mediaType) {
			continue
		}
		_, err := process(ctx, &codec.Work{Op: op, In: []codec.Input{in}, Policy: trusting})
		switch {
		case ctx.Err() != nil:
			t.Fatalf("%s hangs", op.Name())
		case err != nil && op == codec.Operation(codec.StripMetadata{}) && media.Frames > 1:
			t.Logf("%s: %v", op.Name(), err) // it would lose pages
		case err != nil && (sound || codec.ClassOf(err) == codec.Internal):
			t.Errorf("%s: %s: %v", op.Name(), codec.ClassOf(err), err)
		case err != nil:
			t.Logf("%s: %v", op.Name(), err)
		}
	}
	// Threads of libvips that wait for work keep a few strips.
	if bytes, blocks := vips.Allocated(); bytes > 16<<20 {
		t.Errorf("%d bytes in %d blocks are not free", bytes, blocks)
	}
}

func takes(op codec.Operation, mediaType string) bool {
	for _, o := range vips.New().Offers() {
		if o.Takes(op, mediaType) {
			return true
		}
	}
	return false
}

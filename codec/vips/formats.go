package vips

import (
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

// loader is how libvips reads a media type.
type loader struct {
	operation string // "" is none: the picture is decoded in Go
	class     string // to unblock once a policy has named the type
	codec     string // in codec.Stream
	sequence  bool   // more than one page or frame can be asked for
	animated  bool   // the pages are frames of an animation
	upright   bool   // the decoder itself turns the picture; EXIF does not count
	scales    bool   // can be made at any size: the operation has "scale"
	mapped    bool   // libvips reads the whole file into memory
}

// loaders by media type.
var loaders = map[string]loader{
	"image/jpeg": {operation: "jpegload_source", codec: "jpeg"},
	"image/png":  {operation: "pngload_source", codec: "png"},
	"image/apng": {operation: "pngload_source", codec: "apng", animated: true},
	"image/bmp":  {codec: "bmp"},
	"image/webp": {operation: "webpload_source", codec: "webp",
		sequence: true, animated: true, scales: true, mapped: true},
	"image/gif": {operation: "gifload_source", codec: "gif",
		sequence: true, animated: true, mapped: true},
	"image/tiff": {operation: "tiffload_source", codec: "tiff", sequence: true},
	"image/avif": {operation: "heifload_source", codec: "av1", sequence: true, upright: true},
	"image/heif": {operation: "heifload_source", codec: "hevc", sequence: true, upright: true},
	"image/jxl":  {operation: "jxlload_source", codec: "jpegxl", upright: true, mapped: true},
	"image/jp2":  {operation: "jp2kload_source", class: "VipsForeignLoadJp2k", codec: "jpeg2000"},
	"image/svg+xml": {operation: "svgload_source", class: "VipsForeignLoadSvg", codec: "svg",
		scales: true, mapped: true},
	"application/pdf": {operation: "pdfload_source", class: "VipsForeignLoadPdf", codec: "pdf",
		sequence: true, scales: true},
}

// saver is how libvips writes a format.
type saver struct {
	operation string  // "" is none: the picture is encoded in Go
	maxSide   int     // what the format or its encoder can hold
	alpha     bool    // has transparency
	deep      bool    // has 16 bits
	depth     int     // bits of each sample; 0 is what the picture has, as far as it goes
	cmyk      bool    // has CMYK
	profile   bool    // has colour profiles
	animated  bool    // has frames
	pages     bool    // has pages
	framed    bool    // each of which the operation encodes alone
	seekable  bool    // the encoder goes back in its output
	encodes   float64 // the part of the time after the pixels are made: see [session.stage]
	// perPixel and memory are what encoding costs, for Cost: nanoseconds, where no
	// effort says so, and bytes for each pixel.
	perPixel, memory float64
	// efforts of an encoder that cannot be interrupted, the usual first: see
	// [saver.effort].
	efforts []effort
	// scale are the efforts for an operation's own, from the least to the most, and
	// knob is the option that takes it; "" is "effort".
	scale []effort
	knob  string
	// options of the operation for a picture and a quality, but for the effort.
	options func(z size, quality int) map[string]string
}

// savers by the names of codec.Formats.
var savers = map[string]*saver{
	"jpg": {operation: "jpegsave_target", maxSide: 65535, cmyk: true, profile: true,
		perPixel: 8, memory: 0,
		options: func(_ size, quality int) map[string]string {
			return options("Q", quality, "optimize-coding", true)
		}},
	"png": {operation: "pngsave_target", maxSide: 1<<31 - 1, alpha: true, deep: true, profile: true,
		perPixel: 60, memory: 0, knob: "compression",
		scale:   []effort{{level: 1}, {level: 6}, {level: 8, filter: "all"}, {level: 12, filter: "all"}},
		options: func(size, int) map[string]string { return options("compression", 6) }},
	"apng": {operation: "pngsave_target", maxSide: 1<<31 - 1, alpha: true, profile: true, animated: true,
		framed: true, perPixel: 70, memory: 0, knob: "compression",
		scale:   []effort{{level: 1}, {level: 6}, {level: 8, filter: "all"}, {level: 12, filter: "all"}},
		options: func(size, int) map[string]string { return options("compression", 6) }},
	"webp": {operation: "webpsave_target", maxSide: 16383, alpha: true, profile: true, animated: true,
		encodes: 0.6, memory: 12, efforts: efforts(4, 40, 2, 20, 0, 12),
		scale: efforts(0, 12, 2, 20, 4, 40, 6, 80),
		options: func(_ size, quality int) map[string]string {
			return options("Q", quality)
		}},
	"avif": {operation: "heifsave_target", maxSide: 16384, alpha: true, profile: true, animated: true,
		encodes: 0.8, memory: 40, efforts: efforts(4, 800, 2, 140, 1, 75, 0, 30),
		scale: efforts(0, 30, 1, 75, 2, 140, 4, 800, 6, 2300),
		options: func(_ size, quality int) map[string]string {
			return options("Q", quality, "compression", "av1", "bitdepth", 8)
		}},
	"heif": {operation: "heifsave_target", maxSide: 16384, alpha: true, profile: true,
		encodes: 0.8, memory: 40, efforts: efforts(noEffort, 1200),
		options: func(_ size, quality int) map[string]string {
			return options("Q", quality, "compression", "hevc", "bitdepth", 8)
		}},
	"tiff": {operation: "tiffsave_target", maxSide: 1<<31 - 1, alpha: true, deep: true, cmyk: true,
		profile: true, seekable: true, pages: true, perPixel: 25, memory: 0,
		options: func(z size, _ int) map[string]string {
			return options("compression", "deflate", "predictor", "horizontal",
				"bigtiff", z.pixels() > 400_000_000)
		}},
	"gif": {operation: "gifsave_target", maxSide: 65535, alpha: true, animated: true,
		encodes: 0.3, memory: 8, efforts: efforts(7, 300, 4, 265, 2, 220),
		scale: efforts(2, 220, 4, 265, 7, 300, 10, 450),
		options: func(_ size, _ int) map[string]string {
			return options()
		}},
	"bmp": {maxSide: 1<<31 - 1, perPixel: 5,
		options: func(size, int) map[string]string { return options() }},
	"jxl": {operation: "jxlsave_target", maxSide: 1<<30 - 1, alpha: true, deep: true, profile: true,
		encodes: 0.8, memory: 60, efforts: efforts(5, 100, 4, 25, 3, 20),
		scale: efforts(3, 20, 4, 25, 5, 100, 7, 560),
		options: func(_ size, quality int) map[string]string {
			return options("Q", quality)
		}},
}

// withDepth returns a saver of samples of so many bits; 0 is the usual.
func (f *saver) withDepth(bits int) *saver {
	if bits == 0 {
		return f
	}
	g := *f
	g.depth, g.deep = bits, bits > 8
	g.options = func(z size, quality int) map[string]string {
		o := f.options(z, quality)
		if o["bitdepth"] != "" {
			o["bitdepth"] = strconv.Itoa(bits)
		}
		return o
	}
	return &g
}

// efforts makes a list of pairs of a level and nanoseconds for each pixel.
func efforts(pairs ...int) []effort {
	list := make([]effort, len(pairs)/2)
	for i := range list {
		list[i] = effort{level: pairs[2*i], perPixel: int64(pairs[2*i+1])}
	}
	return list
}

// options makes a map of pairs of a name and a value.
func options(pairs ...any) map[string]string {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		switch v := pairs[i+1].(type) {
		case int:
			m[pairs[i].(string)] = strconv.Itoa(v)
		case bool:
			m[pairs[i].(string)] = strconv.FormatBool(v)
		case string:
			m[pairs[i].(string)] = v
		}
	}
	return m
}

// tooLarge returns an error of class Limit if the format cannot hold z.
func (f *saver) tooLarge(name, target string, z size) error {
	if z.w <= f.maxSide && z.h <= f.maxSide {
		return nil
	}
	return codec.Errorf(codec.Limit, "%s would be %d × %d pixels; %s holds at most %d on each side",
		name, z.w, z.h, target, f.maxSide)
}

// name is who encodes: the libvips operation, without its kind of target.
func (f *saver) name() string {
	if f.operation == "" {
		return "spool"
	}
	return "libvips " + strings.TrimSuffix(f.operation, "_target")
}

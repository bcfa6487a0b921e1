package vips

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/lettering"
)

// recipe is what an operation asks of a picture: it is decoded, taken through
// the steps, and encoded once. Steps keep what they find out about the picture,
// so a recipe is for one.
type recipe struct {
	page     int    // of a document, from 1; 0 is the first, and the rest is noted
	pages    pages  // in its place
	suffix   string // behind the name of the output
	asStored bool   // the EXIF orientation is kept and not applied
	steps    []step
	unused   []string // fields that are for video and sound
	encoding
}

// step is one change of a picture.
type step interface {
	// prepare returns the size of what the step makes of a picture of size z.
	prepare(z size) (size, error)
	// jumps reports whether the step needs pixels in another order than a decoder
	// makes them.
	jumps() bool
	// apply does the step on a picture, or on each frame of an animation.
	apply(c *conversion, im image) (image, error)
}

// encoding is how a picture is written.
type encoding struct {
	format      string // a name of codec.Formats; "" keeps that of the input
	fallback    string // the format if that of the input cannot be kept
	accept      string // of the client, if the format is codec.FormatAuto
	quality     int
	minSSIM     float64 // above 0: the quality is to be found
	effort      int     // from 1 to 9; 0 is the usual
	asked       bool    // the operation itself asks for the quality
	depth       int     // bits of each sample; 0 is the usual
	background  string  // laid behind transparency that the format cannot hold; "" is white
	keepProfile bool
	bare        bool   // without metadata
	saver       *saver // nil is that of the format
}

// recipeOf returns what op asks for, or false if it is not done by a recipe
// alone. logos are the second inputs, fonts among them, by the operation's names; without them the
// recipe is good for planning only.
func recipeOf(op codec.Operation, logos map[string]second) (recipe, bool) {
	r, ok := plainRecipe(op, logos)
	r.asked = codec.QualityOf(op) != 0
	r.unused = append(r.unused, unusedBy(op)...)
	return r, ok
}

func plainRecipe(op codec.Operation, logos map[string]second) (recipe, bool) {
	switch op := op.(type) {
	case codec.Convert:
		return convert(op.WithDefaults()), true
	case codec.Thumbnail:
		return thumbnail(op.WithDefaults()), true
	case codec.Transform:
		return transform(op.WithDefaults()), true
	case codec.Adjust:
		return adjust(op.WithDefaults()), true
	case codec.Watermark:
		return watermark(op.WithDefaults(), logos["logo"].picture, logos["fontFile"].font), true
	case codec.PDFPreview:
		return preview(op.WithDefaults()), true
	case codec.Chain:
		return chain(op, logos)
	}
	return recipe{}, false
}

func convert(op codec.Convert) recipe {
	first, last := op.PageRange()
	return recipe{
		steps: fitted(&fit{box: size{op.Width, op.Height}, mode: op.Fit, enlarge: op.Enlarge,
			background: op.Background}),
		encoding: encoding{format: op.Format, accept: op.Accept, quality: op.Quality,
			minSSIM: op.MinSSIM, background: op.Background, keepProfile: op.KeepProfile,
			effort: op.Effort, depth: op.Depth},
		asStored: op.AutoOrient != nil && !*op.AutoOrient,
		page:     op.Page,
		pages:    pages{first, last},
	}
}

// thumbnail carries no metadata: they would be larger than the picture.
func thumbnail(op codec.Thumbnail) recipe {
	return recipe{
		page: op.Page,
		steps: fitted(&fit{box: size{op.Width, op.Height}, mode: op.Fit, gravity: op.Gravity,
			background: op.Background}),
		encoding: encoding{format: op.Format, accept: op.Accept, quality: op.Quality,
			minSSIM: op.MinSSIM, background: op.Background, bare: true},
	}
}

func transform(op codec.Transform) recipe {
	r := recipe{encoding: encoding{format: op.Format, accept: op.Accept, fallback: "webp",
		quality: op.Quality, minSSIM: op.MinSSIM, background: op.Background, effort: op.Effort}}
	if r.format == "" {
		r.format = "webp"
	}
	cut := crop{left: op.CropLeft, top: op.CropTop, size: size{op.CropWidth, op.CropHeight}}
	if cut != (crop{}) {
		r.steps = append(r.steps, &cut)
	}
	if op.Flip {
		r.steps = append(r.steps, mirror{"vertical"})
	}
	if op.Flop {
		r.steps = append(r.steps, mirror{"horizontal"})
	}
	if op.Rotate != 0 {
		r.steps = append(r.steps, turn{degrees: op.Rotate, background: op.Background})
	}
	r.steps = append(r.steps, fitted(&fit{box: size{op.Width, op.Height}, mode: op.Fit,
		aspect: op.AspectRatio, enlarge: op.Enlarge, gravity: op.Gravity, focusX: op.FocusX,
		focusY: op.FocusY, background: op.Background})...)
	return r
}

func adjust(op codec.Adjust) recipe {
	return recipe{
		steps: []step{tone{*op.Brightness, *op.Contrast, *op.Saturation, op.Hue,
			op.Grayscale, op.Invert, op.Sharpen}},
		encoding: encoding{format: op.Format, fallback: "png", quality: op.Quality,
			effort: op.Effort},
	}
}

func watermark(op codec.Watermark, logo *pixels, font *lettering.Font) recipe {
	return recipe{
		steps: []step{&mark{op: op, logo: logo, font: font}},
		encoding: encoding{format: op.Format, fallback: "png", quality: op.Quality,
			effort: op.Effort},
	}
}

// preview draws the page at its size; nothing is enlarged.
func preview(op codec.PDFPreview) recipe {
	return recipe{
		page:     op.Page,
		steps:    fitted(&fit{box: size{w: op.Width}, enlarge: true}),
		encoding: encoding{format: op.Format, quality: op.Quality, bare: true},
	}
}

// chain takes all steps and is written as the last one says. It is false if a step
// is none for pictures.
func chain(op codec.Chain, logos map[string]second) (recipe, bool) {
	var r recipe
	for i, step := range op.Steps {
		prefix, own := fmt.Sprintf("steps[%d].", i), map[string]second{}
		for name, logo := range logos {
			if field, ok := strings.CutPrefix(name, prefix); ok {
				own[field] = logo
			}
		}
		next, ok := recipeOf(step, own)
		if !ok {
			return recipe{}, false
		}
		r.steps = append(r.steps, next.steps...)
		r.unused = append(r.unused, next.unused...)
		r.encoding, r.page, r.pages = next.encoding, next.page, next.pages
	}
	return r, true
}

// unusedBy names the fields that say something, but not of pictures.
func unusedBy(op codec.Operation) []string {
	fields := map[string]bool{}
	switch op := op.(type) {
	case codec.Convert:
		fields["channels"] = op.Channels != 0
	case codec.Thumbnail:
		fields["timestamp"] = op.Timestamp != nil
	case codec.Transform:
		fields["frameRate"] = op.FrameRate != 0
	case codec.Adjust:
		fields["volume"] = op.Volume != nil && *op.Volume != 1
		fields["normalize"] = op.Normalize
		fields["fadeIn"], fields["fadeOut"] = op.FadeIn != 0, op.FadeOut != 0
		fields["speed"] = op.Speed != 0 && op.Speed != 1
	}
	if _, several := op.(codec.Chain); !several { // its steps say it
		fields["video"] = !codec.EncodingOf(op).Video.IsZero()
	}
	maps.DeleteFunc(fields, func(_ string, said bool) bool { return !said })
	return slices.Sorted(maps.Keys(fields))
}

// fitted is f as the only step, or none if it has no size to fit into.
func fitted(f *fit) []step {
	if f.box == (size{}) && f.aspect == "" {
		return nil
	}
	return []step{f}
}

// target returns the format to make of an input of the media type.
func (e encoding) target(mediaType string) (codec.Format, error) {
	name := e.format
	if name == "" {
		if name = formatOf(mediaType); !slices.Contains(writable(), name) {
			name = e.fallback
		}
	}
	f, _ := codec.LookupFormat(name)
	if !slices.Contains(writable(), f.Name) {
		return f, codec.Errorf(codec.Unsupported, "%s cannot be made here", name)
	}
	return f, nil
}

// formatOf returns the name of the format whose files have the media type; "" if it
// has no name.
func formatOf(mediaType string) string {
	for _, f := range codec.Formats() {
		if f.Type == mediaType {
			return f.Name
		}
	}
	return ""
}

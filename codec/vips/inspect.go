package vips

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/metadata"
)

// inspect writes what the header of the picture says.
func (s *session) inspect(p *picture, out codec.Sink) error {
	text, err := json.MarshalIndent(p.report(), "", "  ")
	if err != nil {
		return err
	}
	json := codec.Format{Extension: ".json"}
	w, err := out.Create(s.ctx, codec.OutSpec{Name: json.OutputName(s.name), Type: "application/json"})
	if err != nil {
		return ioError(s.name, "could not be written", err)
	}
	defer w.Abort()
	if err := s.copyTo(w, strings.NewReader(string(text)+"\n"), int64(len(text)+1)); err != nil {
		return err
	}
	return w.Commit(codec.Result{Media: codec.Media{Type: "application/json"}, Notes: s.takeNotes(),
		Streams: []codec.Stream{{Kind: "image", Codec: p.codec, Action: codec.Dropped,
			Reason: "only its header was read"}}})
}

func (p *picture) report() codec.Report {
	r := codec.Report{
		Filename: p.in.Name(), MimeType: p.in.Type(), SizeBytes: fullSize(p.in), Kind: codec.Image,
		Format: formatName(p.in.Type()), Width: p.media.Width, Height: p.media.Height,
		Duration: p.media.Duration.Seconds(), Cost: p.cost(codec.Inspect{}),
		Image: &codec.ImageReport{
			ColourSpace: p.header.spaceName(),
			Profile:     metadata.ProfileName(p.header.blob(profileField)),
			Depth:       p.header.depth(),
			Channels:    p.header.bands(),
			Alpha:       p.header.hasAlpha(),
			EXIF:        p.header.exif(),
		},
	}
	if p.header.has("orientation") {
		r.Image.Orientation = p.header.orientation()
	}
	switch n := p.media.Frames; {
	case p.in.Type() == "application/pdf":
		r.Kind, r.Image.Pages = codec.Document, n
	case n > 1 && p.animated:
		r.Image.Frames, r.Image.Loop = n, p.header.number("loop")
		if p.motion != nil {
			r.Image.Loop = p.motion.plays
		}
	case n > 1:
		r.Image.Pages = n
	}
	return r
}

// formatName is the name of a media type for people: that of its format, or the
// end of the type.
func formatName(mediaType string) string {
	if name := formatOf(mediaType); name != "" {
		return name
	}
	_, name, _ := strings.Cut(mediaType, "/")
	return name
}

// spaceName names the colours as people do.
func (im image) spaceName() string {
	name := im.interpretationName()
	switch name {
	case "b-w", "grey16":
		return "grey"
	case "rgb", "rgb16":
		return "srgb"
	case "labs", "labq":
		return "lab"
	}
	return name
}

// Bounds of the EXIF fields in a report, against files that hold a library.
const (
	mostFields = 256
	longField  = 1000
)

// exif returns the fields of EXIF by name, without those of the preview. Fields
// whose bytes only a maker understands are left out.
func (im image) exif() map[string]string {
	fields := map[string]string{}
	for _, name := range im.fields() {
		rest, ok := strings.CutPrefix(name, "exif-ifd")
		ifd, tag, found := strings.Cut(rest, "-")
		if !ok || !found || ifd == "1" || tag == "MakerNote" || len(fields) == mostFields {
			continue
		}
		if value := exifValue(im.text(name)); len(value) <= longField {
			fields[tag] = value
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}

// exifEnd is what libvips writes behind a field: "value (value for people, type,
// n components, n bytes)".
var exifEnd = regexp.MustCompile(`, \w+, \d+ components, \d+ bytes\)$`)

// exifValue takes the value out of libvips' text of a field. A text may have
// brackets of its own, and is there twice.
func exifValue(text string) string {
	text = exifEnd.ReplaceAllString(text, "")
	if half := (len(text) - 2) / 2; half > 0 && text == text[:half]+" ("+text[:half] {
		return clean(text[:half])
	}
	value, _, _ := strings.Cut(text, " (")
	return clean(value)
}

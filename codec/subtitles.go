package codec

import "cmp"

// ExtractSubtitles makes a text file of the subtitles of a video. Subtitles that are
// pictures, such as those of DVDs, cannot be extracted.
type ExtractSubtitles struct {
	// Format is srt, vtt or ass; "" means srt.
	Format string `json:"format,omitempty"`
	// Track counts the video's subtitles from 1; 0 takes the first of Language, or, if
	// that is "", those that are marked as the default, or else the first.
	Track int `json:"track,omitempty"`
	// Language is a BCP 47 tag such as "en" or "pt-BR", of which the language counts.
	Language string `json:"language,omitempty"`
}

// Name returns "extract-subtitles".
func (ExtractSubtitles) Name() string { return "extract-subtitles" }

// Target returns the canonical name of the format.
func (e ExtractSubtitles) Target() string { return canonicalFormat(cmp.Or(e.Format, "srt")) }

// Validate implements [Operation].
func (e ExtractSubtitles) Validate() error {
	f := faults{op: e.Name()}
	f.format(e.Target(), Subtitles)
	f.between("track", e.Track, 1, mostTracks)
	f.language("language", e.Language)
	return f.err()
}

// WithDefaults returns e with the documented defaults in place of zero fields, and
// Format as its canonical name.
func (e ExtractSubtitles) WithDefaults() ExtractSubtitles {
	e.Format = e.Target()
	return e
}

// AddSubtitles adds a track of subtitles to a video, which is copied without a new
// encode where the format takes its streams. The subtitles become the text that the
// format holds; those that are there already stay.
type AddSubtitles struct {
	// Subtitles is the storage key of an srt, vtt or ass file.
	Subtitles string `json:"subtitles"`
	// Language of the subtitles is a BCP 47 tag such as "en"; "" leaves it open.
	Language string `json:"language,omitempty"`
	// Title is what players show in the list of tracks, of at most 100 characters.
	Title string `json:"title,omitempty"`
	// Default makes players show this track, in place of another.
	Default bool `json:"default,omitempty"`
	// Forced marks subtitles that are shown to everybody, as for a passage in a
	// foreign language.
	Forced bool `json:"forced,omitempty"`
	// Format is the target's name: a video format; "" keeps that of the input where it
	// can be made, and otherwise means mp4.
	Format string `json:"format,omitempty"`
}

// Name returns "add-subtitles".
func (AddSubtitles) Name() string { return "add-subtitles" }

// Target returns the canonical name of the format, or "".
func (a AddSubtitles) Target() string { return canonicalFormat(a.Format) }

// Blobs returns the storage key of the subtitles as "subtitles".
func (a AddSubtitles) Blobs() map[string]string { return subtitleBlobs(a.Subtitles) }

// Validate implements [Operation].
func (a AddSubtitles) Validate() error {
	f := faults{op: a.Name()}
	if a.Subtitles == "" {
		f.add("subtitles", "the storage key of a file is needed")
	}
	f.language("language", a.Language)
	f.title("title", a.Title)
	if a.Format != "" {
		f.format(a.Format, Video)
	}
	return f.err()
}

// BurnSubtitles draws subtitles into the pictures of a video, where every player shows
// them.
type BurnSubtitles struct {
	// Subtitles is the storage key of an srt, vtt or ass file; "" takes those of the
	// video itself.
	Subtitles string `json:"subtitles,omitempty"`
	// Track and Language choose among those of the video, as in [ExtractSubtitles].
	Track    int    `json:"track,omitempty"`
	Language string `json:"language,omitempty"`
	// Font is one of the Font constants; "" means [FontSans]. Characters that it lacks
	// come from the fonts of the machine.
	Font string `json:"font,omitempty"`
	// FontSize in pixels, Color as "#rrggbb", and Position, which is "top" or
	// "bottom", are for subtitles without styles of their own: those of ass keep
	// theirs. 0 means a twentieth of the picture's height, "" means white and bottom.
	FontSize int    `json:"fontSize,omitempty"`
	Color    string `json:"color,omitempty"`
	Position string `json:"position,omitempty"`
	// Format is the target's name: a video format; "" keeps that of the input where it
	// can be made, and otherwise means mp4.
	Format string `json:"format,omitempty"`
	// Quality from 1 to 100; 0 means 86.
	Quality int `json:"quality,omitempty"`
	// Effort and Video are as in [Convert].
	Effort int           `json:"effort,omitempty"`
	Video  VideoEncoding `json:"video,omitzero"`
}

// Positions of [BurnSubtitles].
const (
	PositionTop    = "top"
	PositionBottom = "bottom"
)

// Name returns "burn-subtitles".
func (BurnSubtitles) Name() string { return "burn-subtitles" }

// Target returns the canonical name of the format, or "".
func (b BurnSubtitles) Target() string { return canonicalFormat(b.Format) }

// Blobs returns the storage key of the subtitles as "subtitles".
func (b BurnSubtitles) Blobs() map[string]string { return subtitleBlobs(b.Subtitles) }

// Validate implements [Operation].
func (b BurnSubtitles) Validate() error {
	f := faults{op: b.Name()}
	f.between("track", b.Track, 1, mostTracks)
	f.language("language", b.Language)
	if b.Subtitles != "" && (b.Track != 0 || b.Language != "") {
		f.add("subtitles", "track and language choose among those of the video")
	}
	f.oneOf("font", b.Font, FontSans, FontBold, FontMono)
	f.between("fontSize", b.FontSize, 4, 2000)
	f.colour("color", b.Color)
	f.oneOf("position", b.Position, PositionTop, PositionBottom)
	if b.Format != "" {
		f.format(b.Format, Video)
	}
	f.encoding(EncodingOf(b))
	return f.err()
}

// WithDefaults returns b with the documented defaults in place of zero fields, and
// Format as its canonical name.
func (b BurnSubtitles) WithDefaults() BurnSubtitles {
	b.Font = cmp.Or(b.Font, FontSans)
	b.Color = cmp.Or(b.Color, "#ffffff")
	b.Position = cmp.Or(b.Position, PositionBottom)
	b.Format = b.Target()
	b.Quality = cmp.Or(b.Quality, 86)
	return b
}

// mostTracks is the most streams that a file may have to be asked for one of them.
const mostTracks = 1000

func subtitleBlobs(key string) map[string]string {
	if key == "" {
		return nil
	}
	return map[string]string{"subtitles": key}
}

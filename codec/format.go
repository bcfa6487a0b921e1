package codec

import (
	"slices"
	"strings"
)

// Kind groups formats by what they hold.
type Kind string

// The kinds of formats.
const (
	Image Kind = "image"
	Video Kind = "video"
	Audio Kind = "audio"
	// Subtitles are texts with times, apart from a video.
	Subtitles Kind = "subtitles"
	Document  Kind = "document"
	// ArchiveKind has a longer name than the others because [Archive] is an
	// operation.
	ArchiveKind Kind = "archive"
)

// Format is a file format that spool knows by name.
type Format struct {
	Name      string // the name in operations: "jpg"
	Type      string // the media type of its files: "image/jpeg"; gz and tgz share one
	Extension string // with its dot: ".jpg"
	Kind      Kind
}

var formats = []Format{
	{"jpg", "image/jpeg", ".jpg", Image},
	{"png", "image/png", ".png", Image},
	{"webp", "image/webp", ".webp", Image},
	{"avif", "image/avif", ".avif", Image},
	{"heif", "image/heif", ".heif", Image},
	{"tiff", "image/tiff", ".tiff", Image},
	{"gif", "image/gif", ".gif", Image},
	{"apng", "image/apng", ".apng", Image},
	{"jxl", "image/jxl", ".jxl", Image},
	{"svg", "image/svg+xml", ".svg", Image},
	{"pdf", "application/pdf", ".pdf", Document},
	{"mp4", "video/mp4", ".mp4", Video},
	{"webm", "video/webm", ".webm", Video},
	{"mov", "video/quicktime", ".mov", Video},
	{"mkv", "video/x-matroska", ".mkv", Video},
	{"mp3", "audio/mpeg", ".mp3", Audio},
	{"m4a", "audio/mp4", ".m4a", Audio},
	{"wav", "audio/wav", ".wav", Audio},
	{"ogg", "audio/ogg", ".ogg", Audio},
	{"opus", "audio/opus", ".opus", Audio},
	{"flac", "audio/flac", ".flac", Audio},
	{"srt", "application/x-subrip", ".srt", Subtitles},
	{"vtt", "text/vtt", ".vtt", Subtitles},
	{"ass", "text/x-ssa", ".ass", Subtitles},
	{"zip", "application/zip", ".zip", ArchiveKind},
	{"tar", "application/x-tar", ".tar", ArchiveKind},
	{"gz", "application/gzip", ".gz", ArchiveKind},
	{"tgz", "application/gzip", ".tgz", ArchiveKind}, // a tar in gz
	{"xz", "application/x-xz", ".xz", ArchiveKind},
	{"bz2", "application/x-bzip2", ".bz2", ArchiveKind},
	{"7z", "application/x-7z-compressed", ".7z", ArchiveKind},
	{"rar", "application/vnd.rar", ".rar", ArchiveKind},
}

// aliases are other names under which people ask for a format.
var aliases = map[string]string{"jpeg": "jpg", "tif": "tiff", "heic": "heif",
	"subrip": "srt", "webvtt": "vtt", "ssa": "ass"}

// Formats returns all formats that an operation may name, images first.
func Formats() []Format { return slices.Clone(formats) }

// LookupFormat returns the format of that name. Case does not matter, and jpeg,
// tif and heic are understood.
func LookupFormat(name string) (Format, bool) {
	name = strings.ToLower(name)
	if canonical, ok := aliases[name]; ok {
		name = canonical
	}
	i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return formats[i], true
}

// OutputName returns the name of an output of f made from the input called
// name: its base name with the extension of f.
func (f Format) OutputName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	if name == "" || name == "." || name == ".." {
		name = "output"
	}
	return name + f.Extension
}

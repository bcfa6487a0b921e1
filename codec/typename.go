package codec

import "strings"

// typeNames are words for people, each with its article.
var typeNames = map[string]string{
	"image/jpeg": "a JPEG image", "image/png": "a PNG image", "image/apng": "an animated PNG image",
	"image/webp": "a WebP image", "image/avif": "an AVIF image", "image/heif": "a HEIF image",
	"image/tiff": "a TIFF image", "image/gif": "a GIF image", "image/jxl": "a JPEG XL image",
	"image/svg+xml": "an SVG drawing", "image/bmp": "a BMP image", "image/jp2": "a JPEG 2000 image",
	"image/vnd.adobe.photoshop": "a Photoshop image",

	"video/mp4": "an MP4 video", "video/quicktime": "a QuickTime video", "video/webm": "a WebM video",
	"video/x-matroska": "a Matroska video", "video/x-msvideo": "an AVI video",
	"video/x-flv": "a Flash video", "video/mp2t": "an MPEG transport stream",
	"video/mpeg": "an MPEG video", "video/3gpp": "a 3GP video",
	"video/x-ms-asf": "a Windows Media video",
	"video/ogg":      "an Ogg video",

	"audio/mpeg": "an MP3 recording", "audio/mp4": "an M4A recording", "audio/wav": "a WAV recording",
	"audio/ogg": "an Ogg recording", "audio/opus": "an Opus recording",
	"audio/flac": "a FLAC recording", "audio/aac": "an AAC recording", "audio/amr": "an AMR recording",
	"audio/aiff": "an AIFF recording", "audio/x-wavpack": "a WavPack recording",
	"audio/x-ms-wma": "a Windows Media recording", "audio/x-w64": "a Wave64 recording",

	"application/pdf": "a PDF document", "application/zip": "a ZIP archive",
	"application/x-tar": "a tar archive", "application/gzip": "a gzip archive",
	"application/x-bzip2": "a bzip2 archive", "application/x-xz": "an xz archive",
	"application/x-7z-compressed": "a 7z archive", "application/vnd.rar": "a RAR archive",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   "a Word document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "an Excel sheet",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": "a PowerPoint file",
	"application/msword":                              "a Word document",
	"application/vnd.ms-excel":                        "an Excel sheet",
	"application/vnd.ms-powerpoint":                   "a PowerPoint file",
	"application/x-ole-storage":                       "an old Office document",
	"application/vnd.oasis.opendocument.text":         "an OpenDocument text",
	"application/vnd.oasis.opendocument.spreadsheet":  "an OpenDocument sheet",
	"application/vnd.oasis.opendocument.presentation": "an OpenDocument presentation",
	"application/epub+zip":                            "an EPUB book",
	"application/postscript":                          "a PostScript document",
	"application/vnd.microsoft.portable-executable":   "a Windows program",
	"application/x-elf":                               "a Linux program",
	"application/x-executable":                        "a Linux program",
	"application/x-mach-binary":                       "a macOS program",
	"application/vnd.sqlite3":                         "an SQLite database",
	"text/rtf":                                        "an RTF document", "text/csv": "a CSV table",

	"text/plain": "plain text", "text/html": "an HTML page", "text/vtt": "WebVTT subtitles",
	"text/x-ssa": "SSA subtitles", "application/x-subrip": "SRT subtitles", "text/xml": "an XML text",
	"application/json": "a JSON text", "text/x-ffconcat": "an FFmpeg playlist",
	"application/vnd.apple.mpegurl": "an HLS playlist",
	"application/dash+xml":          "a DASH manifest",
}

// TypeName returns the media type in plain words for a message, such as "a JPEG
// image", "plain text" or, for [Unknown] and "", "of an unknown kind". It fits
// behind "this is".
func TypeName(mediaType string) string {
	if name, ok := typeNames[mediaType]; ok {
		return name
	}
	kind, _, _ := strings.Cut(mediaType, "/")
	switch {
	case mediaType == Unknown || mediaType == "":
		return "of an unknown kind"
	case kind == "text":
		return "a text (" + mediaType + ")"
	case kind == "image":
		return "an image (" + mediaType + ")"
	case kind == "video":
		return "a video (" + mediaType + ")"
	case kind == "audio":
		return "a recording (" + mediaType + ")"
	}
	return "a file of type " + mediaType
}

package codec_test

import (
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

func TestFormatsAreFoundByName(t *testing.T) {
	for name, want := range map[string]string{
		"jpg": "image/jpeg", "JPEG": "image/jpeg", "tif": "image/tiff", "heic": "image/heif",
		"Mp4": "video/mp4", "opus": "audio/opus", "pdf": "application/pdf",
	} {
		if f, ok := codec.LookupFormat(name); !ok || f.Type != want {
			t.Errorf("LookupFormat(%q) = %+v, %v, want %s", name, f, ok, want)
		}
	}
	for _, name := range []string{"", "docx", ".jpg", "image/jpeg"} {
		if f, ok := codec.LookupFormat(name); ok {
			t.Errorf("LookupFormat(%q) = %+v", name, f)
		}
	}
}

func TestFormatsAreEachOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range codec.Formats() {
		for _, id := range []string{f.Name, f.Type, f.Extension} {
			if id == "" || seen[id] && !(f.Name == "tgz" && id == "application/gzip") {
				t.Errorf("%+v repeats or lacks %q", f, id)
			}
			seen[id] = true
		}
		if got, ok := codec.LookupFormat(f.Name); !ok || got != f {
			t.Errorf("LookupFormat(%q) = %+v, %v", f.Name, got, ok)
		}
		if strings.HasPrefix(codec.TypeName(f.Type), "a file") {
			t.Errorf("TypeName(%q) = %q", f.Type, codec.TypeName(f.Type))
		}
	}
	codec.Formats()[0].Name = "changed"
	if codec.Formats()[0].Name == "changed" {
		t.Error("a caller can change the formats")
	}
}

func TestOutputNameKeepsTheBaseName(t *testing.T) {
	webp, _ := codec.LookupFormat("webp")
	for in, want := range map[string]string{
		"photo.jpg":         "photo.webp",
		"photo":             "photo.webp",
		"a.b.c.png":         "a.b.c.webp",
		".hidden":           ".hidden.webp",
		"":                  "output.webp",
		"..":                "output.webp",
		"/":                 "output.webp",
		"/etc/passwd":       "passwd.webp",
		`C:\photos\me.heic`: "me.webp",
		"../../x.png":       "x.webp",
	} {
		if got := webp.OutputName(in); got != want {
			t.Errorf("OutputName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTypeNameSpeaksPlainly(t *testing.T) {
	for mediaType, want := range map[string]string{
		"image/jpeg": "a JPEG image", "video/mp4": "an MP4 video", "text/plain": "plain text",
		"application/zip": "a ZIP archive", codec.Unknown: "of an unknown kind",
		"": "of an unknown kind", "image/x-icon": "an image (image/x-icon)",
		"video/x-new": "a video (video/x-new)", "audio/midi": "a recording (audio/midi)",
		"text/x-lua": "a text (text/x-lua)", "application/wasm": "a file of type application/wasm",
	} {
		if got := codec.TypeName(mediaType); got != want {
			t.Errorf("TypeName(%q) = %q, want %q", mediaType, got, want)
		}
	}
}

func TestTypeListNamesFormatsInGroups(t *testing.T) {
	var pictures []string
	for _, f := range codec.Formats() {
		if f.Kind == codec.Image {
			pictures = append(pictures, f.Type)
		}
	}
	for want, types := range map[string][]string{
		"":                          nil,
		"pictures (jpg, gif)":       {"image/gif", "image/jpeg", "image/gif"},
		"video (mp4, mov, avi)":     {"video/x-msvideo", "video/quicktime", "video/mp4"},
		"sound (mp3, wma)":          {"audio/x-ms-wma", "audio/mpeg"},
		"video (webm), sound (mp3)": {"audio/mpeg", "video/webm"},
		"pictures (jpg, png, webp, avif, heif, …)": pictures,
		"pictures (gif, image/x-new), text (txt), documents (pdf), other files (font/ttf)": {
			"image/x-new", "image/gif", "application/pdf", "font/ttf", "text/plain"},
	} {
		if got := codec.TypeList(types); got != want {
			t.Errorf("TypeList(%q) = %q, want %q", types, got, want)
		}
	}
}

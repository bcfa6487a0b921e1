package codec

import (
	"slices"
	"strings"
)

// groups are the words for kinds of files, in the order in which they are named.
var groups = []struct{ kind, word string }{
	{"image", "pictures"}, {"video", "video"}, {"audio", "sound"}, {"text", "text"},
	{"document", "documents"}, {"archive", "archives"}, {"", "other files"},
}

// shortNames are what people call files of types that are no [Format]; the order
// is that of how common they are.
var shortNames = []struct{ mediaType, name string }{
	{"image/bmp", "bmp"}, {"image/jp2", "jp2"},
	{"video/x-msvideo", "avi"}, {"video/mpeg", "mpg"}, {"video/x-ms-asf", "wmv"},
	{"video/x-flv", "flv"}, {"video/mp2t", "ts"}, {"video/3gpp", "3gp"}, {"video/ogg", "ogv"},
	{"audio/aac", "aac"}, {"audio/x-ms-wma", "wma"}, {"audio/aiff", "aiff"}, {"audio/amr", "amr"},
	{"audio/x-wavpack", "wv"}, {"audio/x-w64", "w64"},
	{"text/plain", "txt"}, {"text/html", "html"}, {"text/vtt", "vtt"}, {"text/x-ssa", "ass"},
}

// mostNamed is how many formats of a group are named before "…" stands for the
// rest.
const mostNamed = 6

// TypeList returns the media types for people, by the names of their formats and
// in groups, such as "pictures (jpg, png, webp, …), video (mp4)". The most common
// formats of each group come first; of many, the rest is left out.
func TypeList(mediaTypes []string) string {
	named := map[string][]string{}
	add := func(kind, name string) {
		if !slices.Contains(named[kind], name) {
			named[kind] = append(named[kind], name)
		}
	}
	rest := slices.Sorted(slices.Values(mediaTypes))
	take := func(mediaType, kind, name string) {
		if i := slices.Index(rest, mediaType); i >= 0 {
			rest = slices.DeleteFunc(rest, func(t string) bool { return t == mediaType })
			add(kind, name)
		}
	}
	for _, f := range formats {
		take(f.Type, string(f.Kind), f.Name)
	}
	for _, s := range shortNames {
		kind, _, _ := strings.Cut(s.mediaType, "/")
		take(s.mediaType, kind, s.name)
	}
	for _, t := range rest {
		add(groupOf(t), t)
	}
	var list []string
	for _, g := range groups {
		if names := named[g.kind]; len(names) > 0 {
			list = append(list, g.word+" ("+strings.Join(few(names), ", ")+")")
		}
	}
	return strings.Join(list, ", ")
}

// groupOf returns the group of a type without a name of its own.
func groupOf(mediaType string) string {
	kind, _, _ := strings.Cut(mediaType, "/")
	if slices.Contains([]string{"image", "video", "audio", "text"}, kind) {
		return kind
	}
	return ""
}

func few(names []string) []string {
	if len(names) <= mostNamed {
		return names
	}
	return append(slices.Clip(names[:mostNamed-1]), "…")
}

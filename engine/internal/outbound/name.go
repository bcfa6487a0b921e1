package outbound

import (
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxName = 200 // bytes

// nameOf returns the name of what was fetched: that of Content-Disposition (RFC
// 6266: filename* before filename), or the last element of the path. Of two paths
// the last one counts, unless only the first has an extension: a download is often
// redirected to a place without a name.
func nameOf(header http.Header, first, last *url.URL) string {
	if _, params, err := mime.ParseMediaType(header.Get("Content-Disposition")); err == nil {
		if name := cleanName(params["filename"]); name != "" {
			return name
		}
	}
	name := cleanName(last.Path)
	if submitted := cleanName(first.Path); path.Ext(name) == "" && path.Ext(submitted) != "" {
		return submitted
	}
	return name
}

// cleanName returns the last element of a path of either kind, without what could
// mislead a terminal, a reader or a file system; "" if nothing is left. Of a long
// name it returns the end, which has the extension.
func cleanName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.IsControl(r), r == utf8.RuneError:
			return '_'
		}
		return r
	}, name)
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[len(name)-maxName:], "")
	}
	name = strings.TrimSpace(name)
	if strings.Trim(name, ".") == "" {
		return ""
	}
	return name
}

package archive

import (
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of names: those of storage keys and of file systems.
const (
	maxElement = 240 // of 255, which leaves room for a number
	maxPath    = 960
)

// safePath returns name as a relative path that leads into no folder above, and
// whether it had to be changed to be one. It is "" if nothing is left.
func safePath(name string) (safe string, changed bool) {
	slashed := strings.ReplaceAll(name, `\`, "/")
	var elements []string
	for element := range strings.SplitSeq(slashed, "/") {
		switch element {
		case "", ".", "..":
			continue
		}
		if len(elements) == 0 && len(element) == 2 && element[1] == ':' { // a drive
			continue
		}
		if element = safeElement(element); element != "" {
			elements = append(elements, element)
		}
	}
	for i := len(elements) - 1; i > 0; i-- { // too deep: the last folders stay
		if len(strings.Join(elements[i-1:], "/")) > maxPath {
			elements = elements[i:]
			break
		}
	}
	safe = strings.Join(elements, "/")
	usual := strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/")
	return safe, safe != usual
}

// safeElement makes the name of one file or folder good for every file system.
func safeElement(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == ':' || r == utf8.RuneError || unicode.IsControl(r), turnsText(r):
			return '_'
		}
		return r
	}, strings.ToValidUTF8(s, "_"))
	s = strings.TrimRight(s, ". ") // Windows drops these, and a ".." may come of it
	if len(s) <= maxElement {
		return s
	}
	ext := path.Ext(s)
	if len(ext) > 16 {
		ext = ""
	}
	cut := maxElement - len(ext)
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ext
}

// turnsText tells the characters that change the direction of writing: with them
// "gpj.exe" reads as "exe.jpg".
func turnsText(r rune) bool {
	return '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}

// unique gives each name once: a.txt, a (2).txt, … Letters of both cases count as
// the same, for file systems where they are.
type unique struct {
	seen    map[string]int
	folders map[string]string // by their names in small letters
}

func (u *unique) name(name string) string {
	if u.seen == nil {
		u.seen = make(map[string]int)
	}
	dir, base := path.Split(name)
	ext := path.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	if stem == "" {
		stem, ext = base, ""
	}
	try := name
	for n := max(u.seen[strings.ToLower(name)], 1); ; n++ {
		if n > 1 {
			try = dir + stem + " (" + strconv.Itoa(n) + ")" + ext
		}
		if key := strings.ToLower(try); u.seen[key] == 0 {
			u.seen[key] = 1
			u.seen[strings.ToLower(name)] = n + 1 // where to go on
			return try
		}
	}
}

// folder returns the name of the folder p: that which it had before, or one that no
// file has.
func (u *unique) folder(p string) string {
	if p == "." {
		return ""
	}
	key := strings.ToLower(p)
	if known, ok := u.folders[key]; ok {
		return known
	}
	dir, base := path.Split(p)
	name := u.name(path.Join(u.folder(path.Clean(dir)), base))
	if u.folders == nil {
		u.folders = make(map[string]string)
	}
	u.folders[key] = name
	return name
}

// file returns the name of the file p in its folder.
func (u *unique) file(p string) string {
	return u.name(path.Join(u.folder(path.Dir(p)), path.Base(p)))
}

// outputName is the name of an output for the file at a safe path: outputs lie
// side by side, and a name that begins with a dot is the engine's.
func outputName(p string) string {
	base := path.Base(p)
	if strings.HasPrefix(base, ".") {
		base = "_" + base
	}
	return base
}

// stem is the name of the input without the extensions of an archive.
func stem(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	ext := path.Ext(name)
	if len(ext) == len(name) {
		ext = ""
	}
	name = strings.TrimSuffix(name, ext)
	if compressedExtension(ext) {
		if inner := path.Ext(name); strings.EqualFold(inner, ".tar") && len(inner) < len(name) {
			name = strings.TrimSuffix(name, inner)
		}
	}
	if name = outputName(safeElement(name)); name == "_." {
		name = ""
	}
	return name
}

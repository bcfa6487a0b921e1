package filestorage

import (
	"runtime"
	"strings"
	"unicode/utf8"
)

// How the elements of keys become names of files:
//
//   - A byte that a name cannot have is %xx, and so is the per cent sign.
//   - A folder has the suffix ".d", a blob never has.
//   - An element of cut bytes or more is a folder named by its first cut bytes,
//     with the suffix "%.d", that holds the rest. A blob whose rest is empty is
//     named "%".
//
// So names are one to one with elements, whatever the file system folds, and
// even 255 escaped bytes are not too long for a name.
const (
	cut      = 80
	dirMark  = ".d"
	moreMark = "%.d"
	noName   = "%"
	digits   = "0123456789abcdef"
)

// strict says that the file system may fold case and Unicode, and knows names
// with a meaning of their own.
const strict = runtime.GOOS == "darwin" || runtime.GOOS == "ios" || runtime.GOOS == "windows"

// keyPath returns the path, in the root, of the blob with the key.
func keyPath(key string) string {
	path := []byte(blobsDir)
	for element := range strings.SplitSeq(key, "/") {
		if len(path) > len(blobsDir) {
			path = append(path, dirMark...)
		}
		for ; len(element) >= cut; element = element[cut:] {
			path = append(append(append(path, '/'), escape(element[:cut], strict)...), moreMark...)
		}
		path = append(append(path, '/'), escape(element, strict)...)
	}
	if path[len(path)-1] == '/' {
		return string(path) + noName
	}
	name := string(path)
	if stem, ok := strings.CutSuffix(name, dirMark); ok {
		return stem + "%2ed"
	}
	return name
}

// escape writes the bytes of s that a name cannot have as %xx.
func escape(s string, strict bool) string {
	if !strict && plain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == '%' || (r == utf8.RuneError && n == 1) || dots(s) ||
			(strict && (!safe(r) || device(s) && i == 0 || r == '.' && i == len(s)-1)) {
			for ; n > 0; n, i = n-1, i+1 {
				b.WriteByte('%')
				b.WriteByte(digits[s[i]>>4])
				b.WriteByte(digits[s[i]&15])
			}
			continue
		}
		b.WriteString(s[i : i+n])
		i += n
	}
	return b.String()
}

// plain reports whether s is a name as it is.
func plain(s string) bool {
	return !strings.Contains(s, "%") && !dots(s) && utf8.ValidString(s)
}

// dots reports whether s has a meaning of its own, as the rest of a long element
// may have.
func dots(s string) bool { return s == "." || s == ".." }

// safe reports whether every file system keeps r as it is.
func safe(r rune) bool {
	return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.+=@,", r)
}

// device reports whether Windows may take s for a device, such as "con" or
// "lpt1.txt".
func device(s string) bool {
	if len(s) < 3 {
		return false
	}
	switch s[:3] {
	case "con", "prn", "aux", "nul", "com", "lpt":
		return true
	}
	return false
}

// unescape reverses escape. It takes anything, because only what escape wrote
// comes out the same when it is escaped again.
func unescape(name string) string {
	if !strings.Contains(name, "%") {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] == '%' && i+2 < len(name) {
			high, low := strings.IndexByte(digits, name[i+1]), strings.IndexByte(digits, name[i+2])
			if high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low))
				i += 2
				continue
			}
		}
		b.WriteByte(name[i])
	}
	return b.String()
}

// blobElement returns what the name of a file adds to the key of its folder.
func blobElement(name string) (string, bool) {
	if name == noName {
		return "", true
	}
	element := unescape(name)
	return element, element != "" && len(element) < cut && lastName(element) == name
}

// lastName is the name of a blob whose last element, or its rest, is element.
func lastName(element string) string {
	path := keyPath(element)
	return path[len(blobsDir)+1:]
}

// dirElement returns what the name of a folder adds to the key of its folder.
func dirElement(name string) (string, bool) {
	if stem, ok := strings.CutSuffix(name, moreMark); ok {
		element := unescape(stem)
		return element, len(element) == cut && escape(element, strict) == stem
	}
	stem, ok := strings.CutSuffix(name, dirMark)
	element := unescape(stem)
	return element + "/", ok && len(element) < cut && escape(element, strict) == stem
}

// folderOf returns the folder that path is in.
func folderOf(path string) string { return path[:strings.LastIndexByte(path, '/')] }

// baseOf returns the name of path in its folder.
func baseOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

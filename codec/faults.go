package codec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// faults collects what is wrong with the fields of an operation.
type faults struct {
	op   string
	errs []error
}

func (f *faults) add(field, format string, args ...any) {
	f.errs = append(f.errs, &FieldError{f.op, field, fmt.Sprintf(format, args...)})
}

// between wants a number from least to most; zero is the default.
func (f *faults) between(field string, n, least, most int) {
	if n != 0 && (n < least || n > most) {
		f.add(field, "%d is not between %d and %d", n, least, most)
	}
}

// seconds wants a time from least to a year.
func (f *faults) seconds(field string, s, least float64) {
	const year = 365 * 24 * 3600
	if !(s >= least && s <= year) { // also for what is no number
		f.add(field, "%v is not between %v and %d seconds", s, least, year)
	}
}

// oneOf wants one of the words, or "".
func (f *faults) oneOf(field, word string, words ...string) {
	if word != "" && !slices.Contains(words, word) {
		f.add(field, "%q is not one of %s", word, strings.Join(words, ", "))
	}
}

// base wants the name of a file without folder and extension, or "".
func (f *faults) base(field, name string) {
	switch {
	case len(name) > maxBase:
		f.add(field, "it has %d bytes; the limit is %d", len(name), maxBase)
	case strings.ContainsFunc(name, notInBase) || strings.HasPrefix(name, "."):
		f.add(field, "%q is not the name of a file without folder", name)
	}
}

// maxBase leaves room for an extension in the 255 bytes of a file system.
const maxBase = 200

func notInBase(r rune) bool {
	return unicode.IsControl(r) || r == utf8.RuneError || strings.ContainsRune(`/\:`, r)
}

// colour wants a colour, or "".
func (f *faults) colour(field, text string) {
	if text != "" && !colour.MatchString(text) {
		f.add(field, "%q is not a colour like #ffffff", text)
	}
}

// format wants a format of one of the kinds.
func (f *faults) format(name string, kinds ...Kind) {
	format, ok := LookupFormat(name)
	switch {
	case !ok:
		f.add("format", "%q is not a format; known are %s", name, formatNames(kinds...))
	case len(kinds) > 0 && !slices.Contains(kinds, format.Kind):
		f.add("format", "%s does not fit; what fits is %s", format.Name, formatNames(kinds...))
	}
}

func (f *faults) err() error { return errors.Join(f.errs...) }

// formatNames returns the names of all formats of the kinds, or of all formats.
func formatNames(kinds ...Kind) string {
	var names []string
	for _, f := range formats {
		if len(kinds) == 0 || slices.Contains(kinds, f.Kind) {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

// canonicalFormat returns the name of a format as it is in [Formats].
func canonicalFormat(name string) string {
	if f, ok := LookupFormat(name); ok {
		return f.Name
	}
	return name
}

package codec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// faults collects what is wrong with the fields of an operation.
type faults struct {
	op     string
	prefix string // of the names of fields, such as "outputs[2]."
	errs   []error
}

func (f *faults) add(field, format string, args ...any) {
	f.errs = append(f.errs, &FieldError{f.op, f.prefix + field, fmt.Sprintf(format, args...)})
}

// step adds what is wrong with an operation that is part of this one.
func (f *faults) step(op Operation) {
	err := op.Validate()
	if err == nil {
		return
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		if e, ok := errors.AsType[*FieldError](err); ok {
			f.add(e.Field, "%s", e.Reason)
		} else {
			f.add(op.Name(), "%v", err)
		}
	}
}

// refuse is add for a fault against a rule that [Registry.Fields] can tell.
func (f *faults) refuse(field string, a allowance, format string, args ...any) {
	f.add(field, format, args...)
	last := &f.errs[len(f.errs)-1]
	*last = &ruleError{*last, field, a}
}

// between wants a number from least to most; zero is the default.
func (f *faults) between(field string, n, least, most int) {
	if n != 0 && (n < least || n > most) {
		f.refuse(field, allowance{least: float64(least), most: float64(most)},
			"%d is not between %d and %d", n, least, most)
	}
}

// within wants a number from least to most; nil is the default.
func (f *faults) within(field string, n *float64, least, most float64) {
	if n != nil && !(*n >= least && *n <= most) { // also for what is no number
		f.refuse(field, allowance{least: least, most: most},
			"%v is not between %v and %v", *n, least, most)
	}
}

// mostSeconds is a year: no recording is longer.
const mostSeconds = 365 * 24 * 3600

// seconds wants a time from least to a year.
func (f *faults) seconds(field string, s, least float64) {
	if !(s >= least && s <= mostSeconds) { // also for what is no number
		f.refuse(field, allowance{least: least, most: mostSeconds},
			"%v is not between %v and %d seconds", s, least, mostSeconds)
	}
}

// oneOf wants one of the words, or "".
func (f *faults) oneOf(field, word string, words ...string) {
	if word != "" && !slices.Contains(words, word) {
		f.refuse(field, allowance{choices: words},
			"%q is not one of %s", word, strings.Join(words, ", "))
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
		f.refuse(field, allowance{kind: ColourField}, "%q is not a colour like #ffffff", text)
	}
}

// language wants a language, or "".
func (f *faults) language(field, tag string) {
	if tag != "" && !languageTag.MatchString(tag) {
		f.add(field, "%q is no language like en or pt-BR", tag)
	}
}

// title wants a line of text, or "".
func (f *faults) title(field, text string) {
	if len(text) > 400 || utf8.RuneCountInString(text) > 100 || !utf8.ValidString(text) ||
		strings.ContainsFunc(text, unicode.IsControl) {
		f.add(field, "%q is not a line of at most 100 characters", text)
	}
}

// format wants a format of one of the kinds.
func (f *faults) format(name string, kinds ...Kind) {
	format, ok := LookupFormat(name)
	switch {
	case !ok:
		f.oneOfFormats(name, formatNames(kinds...))
	case len(kinds) > 0 && !slices.Contains(kinds, format.Kind):
		f.add("format", "%s does not fit; what fits is %s", format.Name,
			strings.Join(formatNames(kinds...), ", "))
	}
}

func (f *faults) oneOfFormats(name string, known []string) {
	f.refuse("format", allowance{choices: known},
		"%q is not a format; known are %s", name, strings.Join(known, ", "))
}

func (f *faults) err() error { return errors.Join(f.errs...) }

// formatNames returns the names of all formats of the kinds, or of all formats.
func formatNames(kinds ...Kind) []string {
	var names []string
	for _, f := range formats {
		if len(kinds) == 0 || slices.Contains(kinds, f.Kind) {
			names = append(names, f.Name)
		}
	}
	return names
}

// canonicalFormat returns the name of a format as it is in [Formats].
func canonicalFormat(name string) string {
	if f, ok := LookupFormat(name); ok {
		return f.Name
	}
	return name
}

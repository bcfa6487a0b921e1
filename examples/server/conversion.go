package main

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

// unwritten are formats of the hosted API that nothing here writes.
var unwritten = []string{"7z", "rar", "bz2"}

// conversionFields are the settings of a conversion with the name of the array
// that has one for each file.
var conversionFields = map[string]string{
	"format": "formats", "compression": "compressions", "resize": "resizes",
	"resizeWidth": "resizeWidths", "resizeHeight": "resizeHeights",
	"autoOrient": "autoOrients", "mono": "monos",
}

// conversions takes the settings out of the form, and returns the operation for
// each of n files; a single one if they are all the same.
func (s *server) conversions(f *form, n int) ([]codec.Operation, error) {
	arrays, common := map[string][]string{}, map[string]string{}
	for one, many := range conversionFields {
		values, err := f.takeArray(many, n)
		if err != nil {
			return nil, err
		}
		if values != nil {
			arrays[one] = values
		}
		if value := f.take(one); value != "" {
			common[one] = value
		}
	}
	if len(arrays) == 0 {
		op, err := s.conversion(common)
		return []codec.Operation{op}, err
	}
	ops := make([]codec.Operation, n)
	for i := range ops {
		settings := maps.Clone(common)
		for name, values := range arrays {
			if values[i] != "" {
				settings[name] = values[i]
			}
		}
		var err error
		if ops[i], err = s.conversion(settings); err != nil {
			return nil, err
		}
	}
	return ops, nil
}

// conversion returns the operation for the settings of one file.
func (s *server) conversion(settings map[string]string) (codec.Operation, error) {
	if settings["format"] == "" {
		return nil, failf(http.StatusBadRequest, "format is missing.")
	}
	if settings["autoOrient"] == "false" {
		return nil, failf(http.StatusBadRequest,
			"autoOrient: false is not possible here: pictures always come out upright.")
	}
	if slices.Contains(unwritten, settings["format"]) {
		return nil, failf(http.StatusNotImplemented,
			"This server does not make %s files; it makes zip, tar, tgz, gz and xz.", settings["format"])
	}
	if strings.EqualFold(settings["format"], "svg") {
		return s.tracing(settings)
	}
	if settings["mono"] == "true" {
		return nil, failf(http.StatusBadRequest, "mono is for tracing to svg only.")
	}
	fields := map[string]string{}
	for ours, theirs := range conversionNames {
		if value := settings[theirs]; value != "" {
			fields[ours] = value
		}
	}
	return s.parse("convert", fields, conversionNames)
}

// tracing returns the operation that makes a drawing of a picture.
func (s *server) tracing(settings map[string]string) (codec.Operation, error) {
	if _, ok := s.tool("vectorize"); !ok {
		return nil, failf(http.StatusNotImplemented, "vectorize is not available on this server.")
	}
	fields := map[string]string{}
	if detail := settings["compression"]; detail != "" {
		fields["detail"] = detail
	}
	if mono := settings["mono"]; mono != "" {
		fields["mono"] = mono
	}
	return s.parse("vectorize", fields, map[string]string{"detail": "compression"})
}

// conversionNames are the names that clients use for the fields of a Convert.
var conversionNames = map[string]string{
	"format": "format", "quality": "compression", "resize": "resize",
	"width": "resizeWidth", "height": "resizeHeight",
}

// parse returns the operation with fields given as text, and why it can never
// work, by the names that the client used.
func (s *server) parse(
	name string, fields, aliases map[string]string,
) (codec.Operation, error) {
	op, err := s.registry.Parse(name, fields)
	if err == nil {
		err = op.Validate()
	}
	if err != nil {
		message := plain(err)
		for ours, theirs := range aliases {
			message = strings.ReplaceAll(message, name+": "+ours+": ", name+": "+theirs+": ")
		}
		return nil, failf(http.StatusBadRequest, "%s", message)
	}
	return op, nil
}

// qualities returns the default quality of the operations that have one.
func qualities(r *codec.Registry) map[string]int {
	defaults := map[string]int{}
	for _, name := range r.Names() {
		fields, err := r.Fields(name)
		if err != nil {
			panic(err) // the name is from the registry
		}
		for _, f := range fields {
			if quality, ok := f.Default.(int); ok && f.Name == "quality" {
				defaults[name] = quality
			}
		}
	}
	return defaults
}

// qualityOf returns the quality that an output was made with by op, or nil if there is
// none: it was copied, or is without loss, or a size decided.
func (s *server) qualityOf(op codec.Operation, made codec.Result) *int {
	if made.Quality > 0 {
		return &made.Quality
	}
	if op == nil || paramOf(op, "targetBytes") != "" || paramOf(op, "lossless") == "true" {
		return nil
	}
	encoded := func(s codec.Stream) bool { return s.Action == codec.Encoded }
	quality, ok := s.qualities[op.Name()]
	if !ok || len(made.Streams) > 0 && !slices.ContainsFunc(made.Streams, encoded) {
		return nil
	}
	if text := paramOf(op, "quality"); text != "" {
		quality, _ = strconv.Atoi(text) // it is a number
	}
	return &quality
}

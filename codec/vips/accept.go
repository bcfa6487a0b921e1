package vips

import (
	"mime"
	"strconv"
	"strings"
)

// acceptance is what a client shows: weights by media range, as in the Accept field
// of its request (RFC 9110, section 12.5.1).
type acceptance map[string]float64

// accepted reads the field; what is no media range in it does not count.
func accepted(field string) acceptance {
	a := acceptance{}
	for part := range strings.SplitSeq(field, ",") {
		mediaRange, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		a[mediaRange] = 1
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			a[mediaRange] = min(max(q, 0), 1)
		}
	}
	return a
}

// named is the weight of a media type that the client names, 0 if it does not.
func (a acceptance) named(mediaType string) float64 { return a[mediaType] }

// weight is that of a media type that wildcards stand for, too.
func (a acceptance) weight(mediaType string) float64 {
	for _, mediaRange := range []string{mediaType, "image/*", "*/*"} {
		if q, ok := a[mediaRange]; ok {
			return q
		}
	}
	return 0
}

package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// announcement is what a session tells of itself in the store.
type announcement struct {
	Offers []codec.Offer `json:"offers"`
}

// offersOf returns what all codecs offer, in their order, and whose each offer is.
func offersOf(codecs []codec.Codec) (offers []codec.Offer, makers []codec.Codec) {
	for _, c := range codecs {
		for _, o := range c.Offers() {
			offers, makers = append(offers, o), append(makers, c)
		}
	}
	return offers, makers
}

// announced returns own and what the sessions offer besides, for reading only.
func announced(own []codec.Offer, sessions []store.SessionInfo) []codec.Offer {
	offers := slices.Clip(own)
	for _, s := range sessions {
		var a announcement
		// A session of another version may announce what this one cannot read.
		if json.Unmarshal(s.Offers, &a) == nil {
			offers = append(offers, a.Offers...)
		}
	}
	return offers
}

// laneFor returns the lane of the first offer of op from the media types, or
// laneControl if there is none.
func laneFor(offers []codec.Offer, op codec.Operation, types []string) string {
	for _, o := range offers {
		if takesAll(o, op, types) {
			return o.Lane
		}
	}
	return laneControl
}

func takesAll(o codec.Offer, op codec.Operation, types []string) bool {
	return !slices.ContainsFunc(types, func(t string) bool { return !o.Takes(op, t) })
}

// codecFor returns the first codec here that offers op from the media types, or nil.
func (e *Engine) codecFor(op codec.Operation, types []string) codec.Codec {
	for i, o := range e.offers {
		if takesAll(o, op, types) {
			return e.makers[i]
		}
	}
	return nil
}

// checkOffered returns an error if op can never work with the offers, naming
// what would.
func checkOffered(offers []codec.Offer, op codec.Operation) error {
	var targets []string
	known := false
	for _, o := range offers {
		if o.Makes(op) {
			return nil
		}
		if o.Op == op.Name() {
			known = true
			targets = append(targets, o.To...)
		}
	}
	if !known {
		return fmt.Errorf("operation: no codec here offers %q", op.Name())
	}
	return &codec.FieldError{Op: op.Name(), Field: "format", Reason: fmt.Sprintf(
		"no codec here makes %q; they make %s", codec.Target(op), joined(targets))}
}

// refusal says why nothing takes the file: what it is, and what would do.
func refusal(offers []codec.Offer, op codec.Operation, in inputs) error {
	var types []string
	for _, o := range offers {
		if o.Makes(op) {
			types = append(types, o.From...)
		}
	}
	what := op.Name()
	if to := codec.Target(op); to != "" {
		what += " to " + to
	}
	strange := in[0] // of several, each may suit another codec
	for _, one := range in {
		if !slices.Contains(types, one.mediaType) {
			strange = one
			break
		}
	}
	return codec.Errorf(codec.Unsupported, "%s seems to be %s; %s takes %s%s",
		strange.name, codec.TypeName(strange.mediaType), what, codec.TypeList(types),
		detour(offers, types, strange.mediaType))
}

// detour tells of a job that makes what would be taken of the media type, if there is
// one: a picture that the codec of the operation cannot read may be made a png.
func detour(offers []codec.Offer, taken []string, mediaType string) string {
	png := codec.Convert{Format: "png"}
	possible := slices.ContainsFunc(offers, func(o codec.Offer) bool { return o.Takes(png, mediaType) })
	if !possible || !slices.Contains(taken, "image/png") || slices.Contains(taken, mediaType) {
		return ""
	}
	return "; convert it to png first"
}

// joined returns the names sorted, each once, with commas.
func joined(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

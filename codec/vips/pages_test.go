package vips_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// document is a tiff of pages of one size, each of another of the fields' colours.
func document(t *testing.T, pages int) input {
	t.Helper()
	out := mustConvert(t, newInput("colours.pdf", "application/pdf", pdf(pages)),
		codec.Convert{Format: "tiff", Pages: codec.AllPages, Width: 60, Height: 40, Fit: codec.FitFill})
	if out.result.Media.Frames != pages || out.result.Media.Height != 40 {
		t.Fatalf("%+v, want %d pages", out.result, pages)
	}
	return newInput("scan.tif", "image/tiff", out.data)
}

// isPage says how an output is not the page of a document, or "".
func isPage(t *testing.T, o *output, page int) string {
	t.Helper()
	return near(decode(t, o), 10, 10, fields[(page-1)%len(fields)], 3)
}

func TestPagesBecomeOneDocument(t *testing.T) {
	in := document(t, 4)
	if m := probe(t, in); m.Frames != 4 || m.Width != 60 || m.Height != 40 {
		t.Errorf("%+v", m)
	}
	some := mustConvert(t, in, codec.Convert{Format: "tiff", Pages: "2-3", Width: 30})
	if m := some.result.Media; m.Frames != 2 || m.Width != 30 || some.spec.Name != "scan.tiff" {
		t.Errorf("%s is %+v", some.spec.Name, m)
	}
	again := newInput("some.tiff", "image/tiff", some.data)
	for page := 1; page <= 2; page++ {
		out := mustConvert(t, again, codec.Convert{Format: "png", Page: page})
		if d := isPage(t, out, page+1); d != "" {
			t.Errorf("page %d of the result: %s", page, d)
		}
	}
}

func TestPagesBecomeFiles(t *testing.T) {
	outputs := all(t, document(t, 11), codec.Convert{Format: "png", Pages: "9-11"})
	for page := 9; page <= 11; page++ {
		o := outputs[fmt.Sprintf("scan-%02d.png", page)]
		if o == nil {
			t.Fatalf("no page %d among %d outputs", page, len(outputs))
		}
		if d := isPage(t, o, page); d != "" || len(o.result.Notes) > 0 {
			t.Errorf("page %d: %s, notes %q", page, d, notes(o))
		}
	}
	if len(outputs) != 3 {
		t.Errorf("%d outputs", len(outputs))
	}
}

func TestPagesOfManySizesBecomeFiles(t *testing.T) {
	in := newInput("long.pdf", "application/pdf", pdf(3))
	outputs := all(t, in, codec.Convert{Format: "tiff", Pages: codec.AllPages, Width: 50})
	for page := 1; page <= 3; page++ {
		o := outputs[fmt.Sprintf("long-%d.tiff", page)]
		if o == nil || o.result.Media.Height != 15+10*page || !strings.Contains(notes(o), "one size") {
			t.Errorf("page %d: %+v", page, o)
		} else if d := isPage(t, o, page); d != "" {
			t.Errorf("page %d: %s", page, d)
		}
	}
}

func TestOnePageIsChosen(t *testing.T) {
	in := document(t, 3)
	for _, op := range []codec.Operation{
		codec.Convert{Format: "png", Page: 2},
		codec.Convert{Format: codec.FormatAuto, Page: 2},
		codec.Thumbnail{Format: "png", Page: 2, Width: 60},
		codec.Chain{Steps: codec.Steps{codec.Transform{Width: 60}, codec.Convert{Format: "png", Page: 2}}},
	} {
		out := mustConvert(t, in, op)
		if d := isPage(t, out, 2); d != "" || strings.Contains(notes(out), "only the first") {
			t.Errorf("%+v: %s, notes %q", op, d, notes(out))
		}
	}
}

func TestPagesThatAreNotThere(t *testing.T) {
	in := document(t, 3)
	for _, op := range []codec.Operation{
		codec.Convert{Format: "png", Page: 4}, codec.Convert{Format: "png", Pages: "2-4"},
		codec.Convert{Format: "tiff", Pages: "4-5"}, codec.Thumbnail{Page: 4},
	} {
		_, err := process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in}})
		if codec.ClassOf(err) != codec.Unsupported || !strings.Contains(err.Error(), "3 pages") {
			t.Errorf("%+v: %v", op, err)
		}
	}
	_, err := convert(t.Context(), animation(t, 9, 9), codec.Convert{Format: "png", Pages: "1-2"}, trusting)
	if codec.ClassOf(err) != codec.Unsupported || !strings.Contains(err.Error(), "animation") {
		t.Errorf("pages of an animation: %v", err)
	}
}

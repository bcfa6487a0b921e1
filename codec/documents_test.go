package codec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

func TestDocumentOperationsNameTheFieldThatCannotWork(t *testing.T) {
	for _, c := range []struct {
		op    codec.Operation
		field string // "" means valid
	}{
		{codec.Archive{}, ""},
		{codec.Archive{Format: "TGZ", Filename: "holiday 2026"}, ""},
		{codec.Archive{Format: "7z"}, "format"},
		{codec.Archive{Format: "webp"}, "format"},
		{codec.Archive{Filename: "../up"}, "filename"},
		{codec.Archive{Filename: `a\b`}, "filename"},
		{codec.Archive{Filename: ".hidden"}, "filename"},
		{codec.Archive{Filename: "a\x00"}, "filename"},
		{codec.Archive{Filename: "a\xff"}, "filename"},
		{codec.Archive{Filename: strings.Repeat("a", 201)}, "filename"},
		{codec.Extract{}, ""},
		{codec.ImageToPDF{}, ""},
		{codec.ImageToPDF{PageSize: "a4", Filename: "scan"}, ""},
		{codec.ImageToPDF{PageSize: "a5"}, "pageSize"},
		{codec.ImageToPDF{Filename: "a/b"}, "filename"},
		{codec.Vectorize{}, ""},
		{codec.Vectorize{Mono: true, Detail: 100}, ""},
		{codec.Vectorize{Detail: 101}, "detail"},
		{codec.Vectorize{Detail: -1}, "detail"},
	} {
		err := c.op.Validate()
		if c.field == "" {
			if err != nil {
				t.Errorf("%+v: %v", c.op, err)
			}
			continue
		}
		if e, ok := errors.AsType[*codec.FieldError](err); !ok || e.Field != c.field || e.Op != c.op.Name() {
			t.Errorf("%+v: %v, want a fault in %q", c.op, err, c.field)
		}
	}
}

func TestDocumentOperationsSurviveTheRecord(t *testing.T) {
	for _, op := range []codec.Operation{
		codec.Archive{Format: "xz", Filename: "a"}, codec.Extract{},
		codec.ImageToPDF{PageSize: "letter", Filename: "b"}, codec.Vectorize{Mono: true, Detail: 7},
	} {
		name, params, err := codec.Encode(op)
		if err != nil {
			t.Fatal(err)
		}
		got, err := codec.NewRegistry().Decode(name, params)
		if err != nil || got != op {
			t.Errorf("%s came back as %+v, %v", params, got, err)
		}
	}
}

func TestAnOfferOfAnyTypeTakesAll(t *testing.T) {
	op := codec.Archive{}
	offer := codec.Offer{Op: "archive", From: []string{"image/png"}, To: []string{"zip"}}
	if !offer.Takes(op, "image/png") || offer.Takes(op, "image/jpeg") {
		t.Errorf("%+v", offer)
	}
	offer.From = []string{codec.AnyType}
	if !offer.Takes(op, "image/png") || !offer.Takes(op, codec.Unknown) ||
		offer.Takes(codec.Archive{Format: "tar"}, "image/png") {
		t.Errorf("%+v", offer)
	}
}

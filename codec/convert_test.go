package codec_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

func TestConvertNamesEachField(t *testing.T) {
	for _, c := range []struct {
		name   string
		op     codec.Convert
		fields string // that are at fault, in order
	}{
		{"format alone", codec.Convert{Format: "webp"}, ""},
		{"alias and case", codec.Convert{Format: "JPEG"}, ""},
		{"everything", codec.Convert{Format: "png", Quality: 100, Width: 1, Height: codec.MaxSide,
			Fit: codec.FitOutside, Enlarge: true, Background: "#00fFaA", KeepProfile: true}, ""},
		{"nothing", codec.Convert{}, "format"},
		{"no such format", codec.Convert{Format: "wepb"}, "format"},
		{"negative numbers", codec.Convert{Format: "png", Quality: -1, Width: -1, Height: -1},
			"quality width height"},
		{"large numbers", codec.Convert{Format: "png", Quality: 101, Width: codec.MaxSide + 1,
			Height: 1 << 40}, "quality width height"},
		{"no such fit", codec.Convert{Format: "png", Fit: "Cover"}, "fit"},
		{"named colour", codec.Convert{Format: "png", Background: "white"}, "background"},
		{"short colour", codec.Convert{Format: "png", Background: "#fff"}, "background"},
		{"colour with more behind it", codec.Convert{Format: "png", Background: "#ffffff\n"},
			"background"},
		{"all at once", codec.Convert{Format: "x", Quality: 200, Fit: "y"}, "format quality fit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var fields []string
			if err := c.op.Validate(); err != nil {
				for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
					f, ok := errors.AsType[*codec.FieldError](e)
					if !ok || f.Op != "convert" || f.Reason == "" {
						t.Fatalf("%v is no FieldError of convert", e)
					}
					fields = append(fields, f.Field)
				}
			}
			if got := strings.Join(fields, " "); got != c.fields {
				t.Errorf("faults in %q, want %q", got, c.fields)
			}
		})
	}
}

func TestConvertFillsInDefaults(t *testing.T) {
	got := codec.Convert{Format: "TIF"}.WithDefaults()
	want := codec.Convert{
		Format: "tiff", Quality: 82, Fit: codec.FitCover, Background: "#ffffff",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("WithDefaults = %+v, want %+v", got, want)
	}
	got = codec.Convert{Format: "auto", AutoQuality: true}.WithDefaults()
	want = codec.Convert{Format: "auto", AutoQuality: true, MinSSIM: codec.AutoMinSSIM,
		Fit: codec.FitCover, Background: "#ffffff"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("WithDefaults = %+v, want %+v", got, want)
	}
	full := codec.Convert{Format: "png", Quality: 1, Width: 2, Height: 3, Fit: codec.FitFill,
		Background: "#000000"}
	if got := full.WithDefaults(); !reflect.DeepEqual(got, full) {
		t.Errorf("WithDefaults = %+v, want %+v", got, full)
	}
}

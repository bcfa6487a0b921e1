package codec_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// faulty returns the names of the fields at which Validate finds fault.
func faulty(t *testing.T, op codec.Operation) string {
	t.Helper()
	err := op.Validate()
	if err == nil {
		return ""
	}
	var fields []string
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		f, ok := errors.AsType[*codec.FieldError](e)
		if !ok || f.Op != op.Name() || f.Reason == "" {
			t.Fatalf("%v is no FieldError of %s", e, op.Name())
		}
		fields = append(fields, f.Field)
	}
	return strings.Join(fields, " ")
}

func TestOperationsNameEachField(t *testing.T) {
	for _, test := range []struct {
		op     codec.Operation
		fields string // that are at fault, in order
	}{
		{codec.ExtractAudio{}, ""},
		{codec.ExtractAudio{Format: "OGG", BitrateKbps: 32}, ""},
		{codec.ExtractAudio{BitrateKbps: 512}, ""},
		{codec.ExtractAudio{Format: "mp4", BitrateKbps: 31}, "format bitrateKbps"},
		{codec.ExtractAudio{Format: "mp5", BitrateKbps: 513}, "format bitrateKbps"},
		{codec.ExtractAudio{BitrateKbps: -1}, "bitrateKbps"},
		{codec.ExtractAudio{Format: "wav", Channels: 8}, ""},
		{codec.ExtractAudio{Format: "wav", Channels: 9}, "channels"},
		{codec.ConcatAudio{Channels: -1}, "channels"},
		{codec.Convert{Format: "mp4", Channels: 6}, ""},
		{codec.Convert{Format: "mp4", Channels: 6, Mute: true}, "mute"},
		{codec.Convert{Format: "mp3", Channels: -1}, "channels"},
		{codec.Renditions{Outputs: []codec.Rendition{{Format: "mp3", Channels: 6},
			{Format: "mp3", Suffix: "a", Channels: 9}, {Format: "png", Channels: 2},
			{Format: codec.FormatAuto, Suffix: "b", Channels: 2}}},
			"outputs[1].channels outputs[2].channels outputs[3].channels"},
		{codec.Trim{}, ""},
		{codec.Trim{Format: "MP4", Start: 3600.5, Duration: 0.1, Mode: codec.TrimFast, Quality: 1}, ""},
		{codec.Trim{Format: "png", Start: -1, Duration: 0.09, Mode: "quick", Quality: 101},
			"format start duration mode quality"},
		{codec.Trim{Start: math.NaN(), Duration: math.Inf(1)}, "start duration"},
		{codec.Trim{Start: 1e9, Duration: -1}, "start duration"},
	} {
		if got := faulty(t, test.op); got != test.fields {
			t.Errorf("%#v: faults in %q, want %q", test.op, got, test.fields)
		}
	}
}

func TestTargetsHaveTheirDefaults(t *testing.T) {
	for want, op := range map[string]codec.Targeter{
		"mp3": codec.ExtractAudio{}, "m4a": codec.ExtractAudio{Format: "M4A"},
		"": codec.Trim{}, "webm": codec.Trim{Format: "WebM"},
	} {
		if got := op.Target(); got != want {
			t.Errorf("%#v makes %q, want %q", op, got, want)
		}
	}
	want := codec.Trim{Duration: 10, Mode: codec.TrimAccurate, Quality: 82}
	if got := (codec.Trim{}).WithDefaults(); !reflect.DeepEqual(got, want) {
		t.Errorf("WithDefaults = %+v, want %+v", got, want)
	}
}

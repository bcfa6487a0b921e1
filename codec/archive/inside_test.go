package archive_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/archive"
	"github.com/spoolmedia/spool/codec/codectest"
)

// shouter converts texts to jpg and png by upper case, to jpg through an output that
// it rewrites. A text that begins with "bad" is invalid, one with "down" a fault of
// something else.
type shouter struct{}

func (shouter) Name() string { return "shouter" }

func (shouter) Offers() []codec.Offer {
	return []codec.Offer{{
		Op: "convert", From: []string{"text/plain"}, To: []string{"jpg", "png", "zip"}, Lane: codec.LaneAV,
	}}
}

func (shouter) Probe(_ context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	return codec.Media{Type: w.In[0].Type(), Width: int(w.In[0].Size()), Height: 1}, codec.Cost{}, nil
}

var errDown = errors.New("the house is down")

func (shouter) Process(ctx context.Context, w *codec.Work) error {
	in := w.In[0]
	b := make([]byte, in.Size())
	if _, err := in.ReadAt(b, 0); err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(b, []byte("bad")):
		return codec.Errorf(codec.Invalid, "%s is broken", in.Name())
	case bytes.HasPrefix(b, []byte("down")):
		return errDown
	}
	w.Report(0.5)
	format, _ := codec.LookupFormat(codec.Target(w.Op))
	out, err := w.Out.Create(ctx, codec.OutSpec{
		Name: format.OutputName(in.Name()), Type: format.Type, Seekable: format.Name == "jpg",
	})
	if err != nil {
		return err
	}
	defer out.Abort()
	if _, err := out.Write(bytes.ToUpper(b)); err != nil {
		return err
	}
	if s, ok := out.(codec.SeekableWriter); ok {
		if _, err := s.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := s.Write([]byte("*")); err != nil {
			return err
		}
	}
	return out.Commit(codec.Result{Media: codec.Media{Type: format.Type}, Notes: []string{"loud"},
		Streams: []codec.Stream{{Kind: "image", Action: codec.Encoded, Encoder: "shouter"}}})
}

// shout converts what is inside of the zip.
func shout(t *testing.T, format string, policy codec.Policy, items ...item) (*codectest.Sink, []float64, error) {
	t.Helper()
	var sink codectest.Sink
	var progress []float64
	err := archive.New(shouter{}).Process(t.Context(), &codec.Work{
		Op: codec.Convert{Format: format}, In: []codec.Input{input("a.zip", zipOf(t, items...))},
		Out: &sink, Policy: policy, Progress: func(p codec.Progress) { progress = append(progress, p.Fraction) },
	})
	if open := sink.Open(); len(open) > 0 {
		t.Errorf("left open: %+v", open)
	}
	return &sink, progress, err
}

func TestFilesInsideOfAZipAreConverted(t *testing.T) {
	for format, first := range map[string]string{"png": "O", "jpg": "*"} {
		sink, progress, err := shout(t, format, codec.Policy{},
			item{"docs/", ""}, item{"docs/a.txt", "one"}, item{"logo.png", "\x89PNG\r\n\x1a\n"},
			item{"A.txt", "only"}, item{"b.txt", "bad bytes"}, item{"empty.txt", ""})
		if err != nil {
			t.Fatal(err)
		}
		var got []extracted
		for _, o := range sink.Outputs() {
			got = append(got, extracted{o.Name, o.Result.Path, o.Type, string(o.Data)})
		}
		f, _ := codec.LookupFormat(format)
		want := []extracted{
			{"a." + format, "docs/a." + format, f.Type, first + "NE"},
			{"A (2)." + format, "A (2)." + format, f.Type, first + "NLY"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		notes := strings.Join(sink.Outputs()[1].Result.Notes, "\n")
		for _, says := range []string{
			"loud", `"b.txt" was left out: b.txt is broken`, `"empty.txt" was left out: it is empty`,
		} {
			if !strings.Contains(notes, says) {
				t.Errorf("notes %q, without %q", notes, says)
			}
		}
		if notes := sink.Outputs()[0].Result.Notes; len(notes) != 2 ||
			!strings.Contains(notes[1], `"logo.png" was left out: it is a PNG image`) {
			t.Errorf("notes of the first: %q", notes)
		}
		if want := []float64{0.1, 0.5, 1}; !cmp.Equal(progress, want) {
			t.Errorf("progress %v, want %v", progress, want)
		}
	}
}

func TestAZipWithoutAnythingToConvertFails(t *testing.T) {
	for says, items := range map[string][]item{
		"holds no files":       {{"docs/", ""}},
		"b.txt: b.txt is brok": {{"b.txt", "bad"}, {"c.png", "\x89PNG\r\n\x1a\n"}},
		"c.png: it is a PNG":   {{"c.png", "\x89PNG\r\n\x1a\n"}},
	} {
		sink, _, err := shout(t, "png", codec.Policy{}, items...)
		if err == nil || !strings.Contains(err.Error(), says) || !codec.Permanent(err) {
			t.Errorf("%v, want %q", err, says)
		}
		if n := len(sink.Outputs()); n > 0 {
			t.Errorf("%d outputs", n)
		}
	}
}

func TestLimitsHoldInsideOfAZip(t *testing.T) {
	long := strings.Repeat("x", 200)
	sink, _, err := shout(t, "png", codec.Policy{Limits: codec.Limits{Pixels: 100}},
		item{"a.txt", "short"}, item{"b.txt", long})
	if err != nil || len(sink.Outputs()) != 1 ||
		!strings.Contains(strings.Join(sink.Outputs()[0].Result.Notes, " "), "b.txt is 200 × 1 pixels; the limit") {
		t.Errorf("%+v, %v", sink.Outputs(), err)
	}
	for _, limits := range []codec.Limits{{Entries: 1}, {OutputBytes: 100}, {DecodedBytes: 100}} {
		_, _, err := shout(t, "png", codec.Policy{Limits: limits}, item{"a.txt", "short"}, item{"b.txt", long})
		if codec.ClassOf(err) != codec.Limit {
			t.Errorf("%+v: %v", limits, err)
		}
	}
}

func TestAFaultThatIsNotOfAFileEndsTheConversion(t *testing.T) {
	_, _, err := shout(t, "png", codec.Policy{}, item{"a.txt", "short"}, item{"b.txt", "down"})
	if !errors.Is(err, errDown) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var sink codectest.Sink
	err = archive.New(shouter{}).Process(ctx, &codec.Work{
		Op: codec.Convert{Format: "png"}, Out: &sink, Progress: func(codec.Progress) { cancel() },
		In: []codec.Input{input("a.zip", zipOf(t, item{"a.txt", "one"}, item{"b.txt", "two"}))},
	})
	if !errors.Is(err, context.Canceled) || len(sink.Open()) > 0 {
		t.Errorf("%v, open: %v", err, sink.Open())
	}
}

// TestCodecsInsideConform holds the codec to its contract when it unpacks for
// others; conversions between archives stay what they are.
func TestCodecsInsideConform(t *testing.T) {
	c := archive.New(shouter{})
	codectest.Run(t, c, []codectest.Sample{
		{Name: "a.zip", Data: zipOf(t, item{"a.txt", "some text"}, item{"b.txt", "more"}), Op: codec.Convert{Format: "png"}},
		{Name: "a.zip", Data: zipOf(t, item{"a.txt", "some text"}), Op: codec.Convert{Format: "jpg"}},
		{Name: "a.zip", Data: zipOf(t, items...), Op: codec.Convert{Format: "zip"}},
	})
}

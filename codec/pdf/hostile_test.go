package pdf_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/pdf"
)

// discard is a sink that counts.
type discard struct{ n int64 }

func (d *discard) Create(context.Context, codec.OutSpec) (codec.Writer, error) { return d, nil }
func (d *discard) Write(p []byte) (int, error)                                 { d.n += int64(len(p)); return len(p), nil }
func (d *discard) Commit(codec.Result) error                                   { return nil }
func (d *discard) Abort() error                                                { return nil }

// TestHostileFilesAreSurvived binds every hostile file as what it is and as each
// kind of picture that it is not.
func TestHostileFilesAreSurvived(t *testing.T) {
	dir := filepath.Dir(codectest.Corpus(t, "hostile/sharp-truncated.jpg"))
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	policy := codec.Policy{Limits: codec.Limits{Pixels: 4 << 20}}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, mediaType := range append([]string{""}, pdf.New().Offers()[0].From...) {
			in := codectest.NewInput(f.Name(), mediaType, data)
			err := pdf.New().Process(t.Context(), &codec.Work{
				Op: codec.ImageToPDF{}, In: []codec.Input{in}, Out: new(discard), Policy: policy})
			if err != nil && !codec.Permanent(err) {
				t.Errorf("%s as %s: %v of the class %s", f.Name(), in.Type(), err, codec.ClassOf(err))
			}
		}
	}
}

package archive_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/archive"
	"github.com/spoolmedia/spool/codec/codectest"
)

// discard is a sink that counts.
type discard struct{ n int64 }

func (d *discard) Create(context.Context, codec.OutSpec) (codec.Writer, error) { return d, nil }
func (d *discard) Write(p []byte) (int, error)                                 { d.n += int64(len(p)); return len(p), nil }
func (d *discard) Commit(codec.Result) error                                   { return nil }
func (d *discard) Abort() error                                                { return nil }

func process(t testing.TB, w *codec.Work) error {
	t.Helper()
	return archive.New().Process(t.Context(), w)
}

// TestHostileFilesAreSurvived unpacks all files of the corpus as what they are and
// as each kind of archive that they are not.
func TestHostileFilesAreSurvived(t *testing.T) {
	root := filepath.Dir(filepath.Dir(codectest.Corpus(t, "hostile/corkami-dual.zip")))
	for _, folder := range []string{"hostile", "archive", "document"} {
		files, err := os.ReadDir(filepath.Join(root, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			data, err := os.ReadFile(filepath.Join(root, folder, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			survive(t, f.Name(), data)
		}
	}
}

func survive(t *testing.T, name string, data []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, mediaType := range archive.New().Offers()[1].From {
		for _, op := range []codec.Operation{codec.Extract{}, codec.Convert{Format: "tar"}} {
			in := codectest.NewInput(name, mediaType, data)
			err := archive.New().Process(ctx, &codec.Work{Op: op, In: []codec.Input{in}, Out: new(discard)})
			if err != nil && !codec.Permanent(err) {
				t.Errorf("%s as %s: %v of the class %s", name, mediaType, err, codec.ClassOf(err))
			}
		}
	}
}

func TestCorpusBombsAndLinks(t *testing.T) {
	for name, says := range map[string]string{
		"hostile/go-gnu-sparse-many-zeros.tar.bz2": "sparse", // by the standard library
		"archive/go-symlink.zip":                   "holds no files",
	} {
		in := codectest.OpenInput(t, codectest.Corpus(t, name))
		err := process(t, &codec.Work{Op: codec.Extract{}, In: []codec.Input{in}, Out: new(discard)})
		refused(t, err, codec.Invalid, says)
	}
}

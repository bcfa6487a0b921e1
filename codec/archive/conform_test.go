package archive_test

import (
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/archive"
	"github.com/spoolmedia/spool/codec/codectest"
)

func samples(t testing.TB) []codectest.Sample {
	return []codectest.Sample{
		{Name: "a.zip", Data: zipOf(t, items...), Op: codec.Convert{Format: "tgz"}},
		{Name: "a.zip", Data: zipOf(t, items[:3]...), Op: codec.Extract{}},
		{Name: "a.tar", Data: tarOf(t, items...), Op: codec.Convert{Format: "zip"}},
		{Name: "a.tar.gz", Data: gzOf(t, "", tarOf(t, items...)), Op: codec.Convert{Format: "xz"}},
		{Name: "a.txt.gz", Data: gzOf(t, "", []byte("one file")), Op: codec.Convert{Format: "tar"}},
		{Name: "a.txt.xz", Data: xzOf(t, []byte("one file")), Op: codec.Extract{}},
		{Name: "text.txt.bz2", Data: fixture(t, "text.txt.bz2"), Op: codec.Convert{Format: "gz"}},
		{Name: "small.7z", Data: fixture(t, "small.7z"), Op: codec.Convert{Format: "zip"}},
		{Name: "a.rar", Data: rarOf(items...), Op: codec.Convert{Format: "tar"}},
		{Name: "notes.txt", Data: []byte("some notes"), Op: codec.Archive{}},
		{Name: "notes.txt", Data: []byte("some notes"), Op: codec.Archive{Format: "xz"}},
	}
}

func TestCodecConforms(t *testing.T) { codectest.Run(t, archive.New(), samples(t)) }

func FuzzProcess(f *testing.F) { codectest.Fuzz(f, archive.New(), samples(f)...) }

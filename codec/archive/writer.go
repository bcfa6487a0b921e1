package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/ulikunitz/xz"
)

// start1980 is the time of what has none: the first that a zip can hold.
var start1980 = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// member is what is to be written into an archive.
type member struct {
	name     string // safe and unique; a folder's without its slash
	folder   bool
	size     int64
	perm     fs.FileMode
	modified time.Time
	packed   bool // its bytes are compressed already
}

// mode keeps of the permissions only whether a file is a program.
func (m member) mode() fs.FileMode {
	switch {
	case m.folder:
		return fs.ModeDir | 0o755
	case m.perm&0o111 != 0:
		return 0o755
	}
	return 0o644
}

// time is in whole seconds, and one that every format can hold.
func (m member) time() time.Time {
	if y := m.modified.Year(); y < 1980 || y > 2100 {
		return start1980
	}
	return m.modified.UTC().Truncate(time.Second)
}

// writer writes an archive.
type writer interface {
	// add starts a member; its body goes into what is returned, before the next.
	add(m member) (io.Writer, error)
	// close ends the archive, but not what it is written to.
	close() error
	// sized reports whether add must know the size.
	sized() bool
}

// newWriter returns a writer of the format into w: of a zip, or of a tar in what
// gz, tgz and xz compress.
func newWriter(format string, w io.Writer) (writer, error) {
	if format == "zip" {
		return zipWriter{zip.NewWriter(w)}, nil
	}
	c, err := newCompressor(format, w)
	if err != nil {
		return nil, err
	}
	return tarWriter{tar.NewWriter(c), c}, nil
}

// newCompressor returns what compresses one stream in the format; tar does not.
func newCompressor(format string, w io.Writer) (io.WriteCloser, error) {
	switch format {
	case "gz", "tgz":
		return gzip.NewWriter(w), nil
	case "xz":
		return xz.NewWriter(w)
	}
	return plain{w}, nil
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

type zipWriter struct{ z *zip.Writer }

func (w zipWriter) sized() bool  { return false }
func (w zipWriter) close() error { return w.z.Close() }

func (w zipWriter) add(m member) (io.Writer, error) {
	h := &zip.FileHeader{Name: m.name, Method: zip.Deflate, Modified: m.time()}
	h.SetMode(m.mode())
	if m.folder {
		h.Name += "/"
		h.Method = zip.Store
	}
	if m.packed {
		h.Method = zip.Store
	}
	return w.z.CreateHeader(h)
}

type tarWriter struct {
	t *tar.Writer
	c io.WriteCloser
}

func (w tarWriter) sized() bool { return true }

func (w tarWriter) add(m member) (io.Writer, error) {
	h := &tar.Header{
		Name: m.name, Size: m.size, Mode: int64(m.mode().Perm()), ModTime: m.time(),
		Typeflag: tar.TypeReg,
	}
	if m.folder {
		h.Name += "/"
		h.Typeflag, h.Size = tar.TypeDir, 0
	}
	return w.t, w.t.WriteHeader(h)
}

func (w tarWriter) close() error {
	if err := w.t.Close(); err != nil {
		return err
	}
	return w.c.Close()
}

// packedType tells the kinds of media that deflate makes no smaller.
func packedType(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, "/")
	switch kind {
	case "video":
		return true
	case "image":
		return mediaType != "image/svg+xml" && mediaType != "image/bmp" && mediaType != "image/tiff"
	case "audio":
		return mediaType != "audio/wav" && mediaType != "audio/aiff" && mediaType != "audio/x-w64"
	}
	for _, archive := range readable {
		if mediaType == archive {
			return mediaType != "application/x-tar"
		}
	}
	return false
}

// sniffed looks at the first bytes of a stream and returns its media type and the
// stream with them.
func sniffed(r io.Reader) (string, io.Reader, error) {
	head := make([]byte, 8<<10)
	n := 0
	// Not io.ReadFull: it makes a stream that is cut off look like a short one.
	for n < len(head) {
		m, err := r.Read(head[n:])
		n += m
		if errors.Is(err, io.EOF) {
			r = nil
			break
		}
		if err != nil {
			return "", nil, err
		}
	}
	whole := io.Reader(bytes.NewReader(head[:n]))
	if r != nil {
		whole = io.MultiReader(whole, r)
	}
	mediaType, err := codec.Sniff(bytes.NewReader(head[:n]), int64(n))
	return mediaType, whole, err
}

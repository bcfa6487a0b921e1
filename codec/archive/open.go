package archive

import (
	"bufio"
	"io"

	"github.com/spoolmedia/spool/codec"
)

// open opens the archive as what its type says.
func (s *session) open() (opened, error) {
	if s.in.Size() == 0 {
		return opened{}, codec.Errorf(codec.Invalid, "%s is empty", s.in.Name())
	}
	switch s.in.Type() {
	case "application/zip":
		return s.openZip()
	case "application/x-tar":
		return s.openTar(bufio.NewReaderSize(s.reader(), 64<<10))
	case "application/x-7z-compressed":
		return s.openSevenZip()
	case "application/vnd.rar":
		return s.openRar()
	case "application/gzip", "application/x-bzip2", "application/x-xz":
		return s.openCompressed()
	}
	return opened{}, codec.Errorf(codec.Unsupported, "%s is no archive: it is %s",
		s.in.Name(), codec.TypeName(s.in.Type()))
}

// protected refuses an archive whose files nobody can read.
func (s *session) protected() error {
	return codec.Errorf(codec.Unsupported, "%s is protected by a password", s.in.Name())
}

// dictionary refuses an archive that takes too much memory to unpack.
func (s *session) dictionary(limit int) error {
	return codec.Errorf(codec.Limit,
		"%s needs a dictionary of more than %d bytes to be unpacked", s.in.Name(), limit)
}

// metered is a body that counts what it decodes, and ends with the context.
type metered struct {
	s *session
	r io.Reader
}

func (m metered) Read(p []byte) (int, error) {
	if err := m.s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	if over := m.s.budget.decode(n); over != nil {
		return 0, over
	}
	return n, err
}

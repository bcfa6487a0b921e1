package archive

import (
	"errors"
	"io"
	"strings"

	"github.com/bodgit/sevenzip"
)

func (s *session) openSevenZip() (opened, error) {
	if err := s.checkSevenZip(); err != nil {
		return opened{}, err
	}
	z, err := sevenzip.NewReader(s, s.in.Size())
	if err != nil {
		return opened{}, s.sevenZipError(err)
	}
	if err := s.budget.checkEntries(int64(len(z.File))); err != nil {
		return opened{}, err
	}
	var decoded uint64
	for _, f := range z.File {
		if decoded += f.UncompressedSize; decoded < f.UncompressedSize {
			decoded = 1<<64 - 1
		}
	}
	if err := s.budget.checkDecoded(decoded); err != nil {
		return opened{}, err
	}
	return opened{all: func(yield func(entry, error) bool) {
		for _, f := range z.File {
			if !yield(s.sevenZipEntry(f), nil) {
				return
			}
		}
	}}, nil
}

func (s *session) sevenZipEntry(f *sevenzip.File) entry {
	e := entry{
		name: strings.ReplaceAll(f.Name, `\`, "/"), kind: kindOf(f.Mode()),
		size: int64(f.UncompressedSize), perm: f.Mode().Perm(), modified: f.Modified.UTC(),
	}
	e.open = func() (io.ReadCloser, error) {
		body, err := f.Open()
		if err != nil {
			return nil, s.sevenZipError(err)
		}
		return sevenZipBody{body, s}, nil
	}
	return e
}

// sevenZipBody finds out late that a password is missing: the bytes make no sense.
type sevenZipBody struct {
	io.ReadCloser
	s *session
}

func (b sevenZipBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	return n, b.s.sevenZipError(err)
}

func (s *session) sevenZipError(err error) error {
	if e, ok := errors.AsType[*sevenzip.ReadError](err); ok && e.Encrypted {
		return s.protected()
	}
	return err
}

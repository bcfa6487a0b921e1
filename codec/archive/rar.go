package archive

import (
	"bufio"
	"errors"
	"io"
	"time"

	"github.com/nwaples/rardecode/v2"
	"github.com/spoolmedia/spool/codec"
)

// maxRarDictionary is what RAR's own programs take without asking, with some
// room: they write 32 MiB by default, and 4 GiB where told.
const maxRarDictionary = 256 << 20

func (s *session) openRar() (opened, error) {
	r, err := rardecode.NewReader(
		bufio.NewReaderSize(s.reader(), 64<<10), rardecode.MaxDictionarySize(maxRarDictionary))
	if err != nil {
		return opened{}, s.rarError(err)
	}
	times := s.rarTimes()
	first, err := r.Next()
	if errors.Is(err, io.EOF) {
		return opened{all: func(func(entry, error) bool) {}}, nil
	}
	if err != nil {
		return opened{}, s.rarError(err)
	}
	return opened{all: func(yield func(entry, error) bool) {
		h := first
		for err == nil {
			if !yield(s.rarEntry(h, r, times), nil) {
				return
			}
			h, err = r.Next()
		}
		if !errors.Is(err, io.EOF) {
			yield(entry{}, s.rarError(err))
		}
	}}, nil
}

func (s *session) rarEntry(
	h *rardecode.FileHeader, r *rardecode.Reader, times func(time.Time) time.Time,
) entry {
	e := entry{
		name: h.Name, kind: kindOf(h.Mode()), size: h.UnPackedSize, perm: h.Mode().Perm(),
		modified: times(h.ModificationTime),
		open:     func() (io.ReadCloser, error) { return io.NopCloser(rarBody{r, s}), nil },
	}
	switch {
	case h.LinkType != rardecode.LinkTypeNone:
		e.kind = link
	case h.Encrypted:
		e.open = func() (io.ReadCloser, error) { return nil, s.protected() }
	case h.UnKnownSize:
		e.size = -1
	}
	return e
}

// rarTimes returns how the times of the archive are to be read. Before RAR 5 they
// are those of a clock on the wall, which are taken as UTC, so that the result
// does not depend on where it is made.
func (s *session) rarTimes() func(time.Time) time.Time {
	signature := make([]byte, 8)
	_, _ = s.ReadAt(signature, 0) // a fault is kept, and found with the first entry
	if string(signature) == "Rar!\x1a\x07\x01\x00" {
		return time.Time.UTC
	}
	return func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return time.Date(t.Year(), t.Month(), t.Day(),
			t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	}
}

type rarBody struct {
	r *rardecode.Reader
	s *session
}

func (b rarBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	return n, b.s.rarError(err)
}

func (s *session) rarError(err error) error {
	switch {
	case errors.Is(err, rardecode.ErrArchiveEncrypted),
		errors.Is(err, rardecode.ErrArchivedFileEncrypted),
		errors.Is(err, rardecode.ErrBadPassword):
		return s.protected()
	case errors.Is(err, rardecode.ErrMultiVolume):
		return codec.Errorf(codec.Unsupported, "%s is one of several volumes", s.in.Name())
	case errors.Is(err, rardecode.ErrDictionaryTooLarge):
		return s.dictionary(maxRarDictionary)
	}
	return err
}

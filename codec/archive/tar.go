package archive

import (
	"archive/tar"
	"errors"
	"io"
	"unicode/utf8"
)

// openTar reads the first header of a tar.
func (s *session) openTar(r io.Reader) (opened, error) {
	t := tar.NewReader(r)
	first, err := next(t)
	if errors.Is(err, io.EOF) {
		return opened{all: func(func(entry, error) bool) {}}, nil
	}
	if err != nil {
		return opened{}, err
	}
	return opened{all: func(yield func(entry, error) bool) {
		h := first
		for err == nil {
			if !global(h) && !yield(tarEntry(h, t), nil) {
				return
			}
			h, err = next(t)
		}
		if !errors.Is(err, io.EOF) {
			yield(entry{}, err)
		}
	}}, nil
}

// next returns the next header. Names that lead out of the folder are made safe
// later.
func next(t *tar.Reader) (*tar.Header, error) {
	h, err := t.Next()
	if errors.Is(err, tar.ErrInsecurePath) {
		err = nil
	}
	return h, err
}

// global tells records about the archive, which are no entries.
func global(h *tar.Header) bool { return h.Typeflag == tar.TypeXGlobalHeader }

func tarEntry(h *tar.Header, t *tar.Reader) entry {
	e := entry{
		name: h.Name, kind: kindOf(h.FileInfo().Mode()), size: h.Size,
		perm: h.FileInfo().Mode().Perm(), modified: h.ModTime,
		open: func() (io.ReadCloser, error) { return io.NopCloser(t), nil },
	}
	if h.Typeflag == tar.TypeLink {
		e.kind = link
	}
	if !utf8.ValidString(e.name) {
		// There is no way back to the other names, so this one decides alone.
		e.name = guessPage([]string{e.name}).text(e.name)
	}
	return e
}

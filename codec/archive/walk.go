package archive

import (
	"fmt"
	"io"

	"github.com/spoolmedia/spool/codec"
)

// found is an entry that passes, under a safe name.
type found struct {
	entry
	path string // safe and unique in the archive
}

// walk calls fn with the files and folders of the archive. It returns notes about
// what was left out or renamed since the last call of fn through *notes, so that
// fn can hand them on.
func (s *session) walk(all entries, notes *notes, fn func(f found) error) error {
	var names unique
	for e, err := range all {
		if err != nil {
			return err
		}
		if err := s.budget.entry(); err != nil {
			return err
		}
		path, changed := safePath(e.name)
		switch {
		case e.kind == link || e.kind == device:
			notes.add("%q was left out: it is a %s", e.name, e.kind)
			continue
		case path == "" && e.kind == folder:
			continue // the archive's own root
		case path == "":
			path, changed = "unnamed", true
		}
		if changed {
			notes.add("%q is called %q: its name was not safe", e.name, path)
		}
		if e.kind == folder {
			path = names.folder(path)
		} else {
			path = names.file(path)
		}
		// Names can imply a thousand folders each.
		if err := s.budget.checkEntries(int64(len(names.folders))); err != nil {
			return err
		}
		if err := fn(found{e, path}); err != nil {
			return err
		}
	}
	return s.ctx.Err()
}

// body calls fn with what is in the file, and its media type. All of it must be
// read: checksums are at the end.
func (s *session) body(e entry, fn func(mediaType string, r io.Reader) error) error {
	rc, err := e.open()
	if err != nil {
		return err
	}
	defer rc.Close() // nothing is written through it
	mediaType, r, err := sniffed(metered{s, rc})
	if err != nil {
		return err
	}
	return fn(mediaType, r)
}

// notes collects what people should know, in bounds.
type notes struct {
	list []string
	more int
}

const maxNotes = 20

func (n *notes) add(format string, args ...any) {
	if len(n.list) == maxNotes {
		n.more++
		return
	}
	n.list = append(n.list, fmt.Sprintf(format, args...))
}

// take returns the notes since the last call.
func (n *notes) take() []string {
	list := n.list
	if n.more > 0 {
		list = append(list, fmt.Sprintf("and %d more of this kind", n.more))
	}
	*n = notes{}
	return list
}

// copied and packed are the accounts of an output's bytes.
func copied() []codec.Stream {
	return []codec.Stream{{Kind: "data", Action: codec.Copied}}
}

func packed(encoder string) []codec.Stream {
	return []codec.Stream{{Kind: "data", Action: codec.Encoded, Encoder: encoder}}
}

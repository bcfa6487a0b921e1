package archive

import (
	"context"
	"io"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

// convert makes another archive of the entries of one, or compresses the one file
// in a gz, bz2 or xz in another way.
func convert(ctx context.Context, w *codec.Work, op codec.Convert) error {
	s, err := newSession(ctx, w)
	if err != nil {
		return err
	}
	format, ok := codec.LookupFormat(op.Format)
	if !ok || extensions[op.Format] == "" {
		return codec.Errorf(codec.Unsupported, "no archive can be converted to %s", op.Format)
	}
	return s.do(func() error {
		archive, err := s.open()
		if err != nil {
			return err
		}
		if archive.single && (format.Name == "gz" || format.Name == "xz") {
			return s.recompress(archive.all, format)
		}
		return s.repack(archive, format)
	})
}

// extensions of archives by their format.
var extensions = map[string]string{
	"zip": ".zip", "tar": ".tar", "tgz": ".tgz", "gz": ".tar.gz", "xz": ".tar.xz",
}

// nameOr is the name for an output of the base name, if it is one.
func nameOr(base, other, extension string) string {
	if base == "" {
		base = other
	}
	return base + extension
}

func (s *session) repack(archive opened, format codec.Format) (err error) {
	name := nameOr(stem(s.in.Name()), "archive", extensions[format.Name])
	p, err := s.newPacker(name, format)
	if err != nil {
		return err
	}
	defer p.out.abort()
	var notes notes
	err = s.walk(archive.all, &notes, func(f found) error {
		if f.kind == folder {
			_, err := p.add(member{name: f.path, folder: true, modified: f.modified})
			return err
		}
		if f.size < 0 && p.sized() {
			if archive.count == nil {
				return codec.Errorf(codec.Unsupported,
					"%s does not tell the size of %q, which a tar needs; a zip does not",
					s.in.Name(), f.path)
			}
			if f.size, err = archive.count(); err != nil {
				return err
			}
		}
		return s.body(f.entry, func(mediaType string, r io.Reader) error {
			return p.file(r, member{name: f.path, size: f.size, perm: f.perm, modified: f.modified,
				packed: packedType(mediaType)})
		})
	})
	if err != nil {
		return err
	}
	p.out.result.Notes = notes.take()
	return p.finish()
}

// recompress makes a compressed file of another kind.
func (s *session) recompress(all entries, format codec.Format) error {
	var notes notes
	return s.walk(all, &notes, func(f found) error {
		return s.body(f.entry, func(_ string, r io.Reader) error {
			return s.compress(outputName(f.path)+format.Extension, format, r)
		})
	})
}

// compress writes one compressed file.
func (s *session) compress(name string, format codec.Format, r io.Reader) error {
	out, err := s.create(name, format.Type)
	if err != nil {
		return err
	}
	defer out.abort()
	c, err := newCompressor(format.Name, out)
	if err != nil {
		return err
	}
	if _, err := io.Copy(c, r); err != nil {
		return err
	}
	if err := c.Close(); err != nil {
		return err
	}
	out.result.Streams = packed(format.Name)
	return out.commit()
}

// packer writes one archive.
type packer struct {
	writer
	out    *output
	format codec.Format
	dirs   map[string]bool
}

func (s *session) newPacker(name string, format codec.Format) (*packer, error) {
	out, err := s.create(name, format.Type)
	if err != nil {
		return nil, err
	}
	w, err := newWriter(format.Name, out)
	if err != nil {
		out.abort()
		return nil, err
	}
	return &packer{writer: w, out: out, format: format, dirs: make(map[string]bool)}, nil
}

// add writes the header of a member; of a folder that came before, nothing.
func (p *packer) add(m member) (io.Writer, error) {
	if m.folder {
		key := strings.ToLower(m.name)
		if p.dirs[key] {
			return io.Discard, nil
		}
		p.dirs[key] = true
	}
	return p.writer.add(m)
}

func (p *packer) file(r io.Reader, m member) error {
	w, err := p.add(m)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return err
}

func (p *packer) finish() error {
	if err := p.close(); err != nil {
		return err
	}
	p.out.result.Streams = packed(p.format.Name)
	return p.out.commit()
}

package archive

import (
	"context"

	"github.com/spoolmedia/spool/codec"
)

// pack joins the inputs in one archive, or compresses the only one.
func pack(ctx context.Context, w *codec.Work, op codec.Archive) error {
	if len(w.In) == 0 {
		return errNoInput
	}
	format, _ := codec.LookupFormat(op.Format) // Validate has seen it
	s := sessionOf(ctx, w, w.In[0])
	if len(w.In) == 1 && (format.Name == "gz" || format.Name == "xz") {
		name, _ := safePath(s.in.Name())
		name = nameOr(op.Filename, nameOr(outputName(name), "file", ""), format.Extension)
		return s.do(func() error { return s.compress(name, format, s.reader()) })
	}
	name := op.Filename
	if name == "" && len(w.In) == 1 {
		name = stem(s.in.Name())
	}
	return s.do(func() error {
		return s.packAll(w.In, nameOr(name, "archive", extensions[format.Name]), format)
	})
}

func (s *session) packAll(inputs []codec.Input, name string, format codec.Format) error {
	for _, in := range inputs[1:] {
		s.progress.whole += in.Size()
	}
	p, err := s.newPacker(name, format)
	if err != nil {
		return err
	}
	defer p.out.abort()
	var names unique
	for _, in := range inputs {
		s.in = in
		path, _ := safePath(in.Name())
		err := p.file(s.reader(), member{
			name: names.name(nameOr(path, "unnamed", "")), size: in.Size(),
			packed: packedType(in.Type()),
		})
		if err != nil {
			return err
		}
	}
	return p.finish()
}

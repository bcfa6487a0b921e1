package libav

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spoolmedia/spool/codec"
)

// draft is an output that may be refused when it is complete: until then it is in
// a temporary file, and the sink knows nothing of it.
type draft struct {
	*os.File
	ctx  context.Context
	out  codec.Sink
	spec codec.OutSpec
	most int64 // bytes; not positive: no limit
}

// holdBack keeps the output from the sink until it is complete if hardware makes it: if
// that fails, there is another of this name.
func (r *run) holdBack() {
	if r.hardware != nil {
		r.accept = func(*run) error { return nil }
	}
}

var _ codec.SeekableWriter = (*draft)(nil)

func newDraft(ctx context.Context, w *codec.Work, spec codec.OutSpec) (*draft, error) {
	f, err := os.CreateTemp("", "spool-")
	if err != nil {
		return nil, err
	}
	spec.Seekable = false
	return &draft{f, ctx, w.Out, spec, w.Policy.Limits.WithDefaults().OutputBytes}, nil
}

// Write holds the file to the limit, too, before the sink sees anything of it.
func (d *draft) Write(p []byte) (int, error) {
	if at, err := d.Seek(0, io.SeekCurrent); err != nil {
		return 0, err
	} else if d.most > 0 && at+int64(len(p)) > d.most {
		return 0, codec.Errorf(codec.Limit,
			"%s is larger than %d bytes, the limit of output bytes", d.spec.Name, d.most)
	}
	return d.File.Write(p)
}

// Commit hands the bytes to the sink.
func (d *draft) Commit(r codec.Result) error {
	w, err := d.out.Create(d.ctx, d.spec)
	if err != nil {
		return fmt.Errorf("create the output: %w", err)
	}
	defer w.Abort()
	if _, err := d.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(w, d.File); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return w.Commit(r)
}

// Abort removes the file.
func (d *draft) Abort() error {
	if err := d.Close(); err != nil {
		return err
	}
	return os.Remove(d.Name())
}

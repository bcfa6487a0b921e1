package engine

import (
	"archive/tar"
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/store"
)

// doArchive joins the outputs of a job in one blob and commits that.
func (w worker) doArchive(ctx context.Context, c *claimed, rec record) {
	ctx, span := w.telemetry.start(ctx, "spool.archive", c)
	o, err := w.archive(ctx, c, rec.Archive)
	span.end(err)
	w.conclude(ctx, c, err, func(tx *store.Tx, f finished) error {
		return c.claim().archived(tx, o, f, w.now())
	})
}

// archive streams all outputs into one blob.
func (e *Engine) archive(ctx context.Context, c *claimed, format string) (store.Output, error) {
	name := c.task.Job + "." + format
	w, err := e.config.Storage.Create(ctx, blobPrefix(c.task.Ref, c.task.Token)+name)
	if err != nil {
		return store.Output{}, err
	}
	defer w.Abort()
	a := newArchive(format, w)
	for f, err := range e.config.Store.Files(ctx, c.task.Job, 0) {
		if err != nil {
			return store.Output{}, err
		}
		if err := e.archiveFile(ctx, a, f); err != nil {
			return store.Output{}, err
		}
	}
	if err := a.close(); err != nil {
		return store.Output{}, err
	}
	info, err := w.Commit()
	return store.Output{
		Name: name, Key: info.Key, Type: archiveTypes[format], SHA256: info.SHA256, Size: info.Size,
	}, err
}

var archiveTypes = map[string]string{
	ArchiveZip: "application/zip", ArchiveTar: "application/x-tar",
}

func (e *Engine) archiveFile(ctx context.Context, a *archive, f store.File) (err error) {
	if f.Status != store.Completed {
		return nil
	}
	outputs := f.Outputs
	if f.Manifest != "" {
		if outputs, err = e.readManifest(ctx, f.Manifest); err != nil {
			return err
		}
	}
	for _, o := range outputs {
		if err := e.archiveOutput(ctx, a, o, f.Ended); err != nil {
			return fmt.Errorf("%s: %w", o.Name, err)
		}
	}
	return nil
}

func (e *Engine) archiveOutput(
	ctx context.Context, a *archive, o store.Output, modified time.Time,
) error {
	blob, err := e.config.Storage.Open(ctx, o.Key)
	if errors.Is(err, storage.ErrNotFound) {
		return codec.Errorf(codec.Internal, "the output is no longer in storage: %w", err)
	}
	if err != nil {
		return err
	}
	defer blob.Close()
	w, err := a.add(o.Name, o.Size, modified)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, stoppable{ctx, io.NewSectionReader(blob, 0, o.Size)})
	return err
}

// stoppable is a reader that ends with a context.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// archive is one that is being written. Members are stored as they are: media is
// compressed already.
type archive struct {
	add   func(name string, size int64, modified time.Time) (io.Writer, error)
	close func() error
}

func newArchive(format string, w io.Writer) *archive {
	var names memberNames
	if format == ArchiveTar {
		t := tar.NewWriter(w)
		return &archive{close: t.Close, add: func(
			name string, size int64, modified time.Time,
		) (io.Writer, error) {
			return t, t.WriteHeader(&tar.Header{
				Name: names.unique(name), Size: size, Mode: 0o644,
				ModTime: modified.Truncate(time.Second),
			})
		}}
	}
	z := zip.NewWriter(w)
	return &archive{close: z.Close, add: func(
		name string, _ int64, modified time.Time,
	) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{
			Name: names.unique(name), Method: zip.Store, Modified: modified,
		})
	}}
}

// memberNames gives each member a name of its own: a.webp, a (2).webp, …
type memberNames struct{ seen map[string]int }

func (m *memberNames) unique(name string) string {
	if m.seen == nil {
		m.seen = make(map[string]int)
	}
	for {
		// File systems that do not tell case apart must be able to unpack it.
		key := strings.ToLower(name)
		m.seen[key]++
		n := m.seen[key]
		if n == 1 {
			return name
		}
		ext := path.Ext(name)
		name = strings.TrimSuffix(name, ext) + " (" + strconv.Itoa(n) + ")" + ext
	}
}

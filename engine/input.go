package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/store"
)

// inputPrefix begins the keys of the inputs that Submit or a draft stored:
// in/<session>/<job>/<index>, or upload-<number> in place of the index.
const inputPrefix = "in/"

// inputsOf begins the keys of the inputs of a job that this session makes.
func (e *Engine) inputsOf(job string) string {
	return inputPrefix + e.session.ID() + "/" + job + "/"
}

// stagedInput is an input that is stored, on its way into a file record.
type stagedInput struct {
	store.Source
	lane   string // of the first task of its file
	stored bool   // by Submit, under a key of its own
}

// stage makes the input durable and finds out what it is.
func (e *Engine) stage(ctx context.Context, in Input, key string) (stagedInput, error) {
	s := stagedInput{Source: store.Source{Name: cleanName(in.Name), Blob: key}}
	var err error
	switch {
	case in.path != "" && in.inPlace:
		s.Blob, err = referTo(in.path)
	case in.key != "":
		s.Blob, s.Type, s.Size = in.key, in.upload.Type, in.upload.Size
	case in.url != "":
		s.Source = store.Source{Name: givenName(in.Name), URL: in.url}
		return s, nil
	default:
		s.stored = true
		var info storage.Info
		s.Type, info, err = e.copyIn(ctx, in, key)
		s.Size = info.Size
	}
	if err == nil && s.Type == "" {
		s.Type, s.Size, err = e.sniff(ctx, s.Blob)
	}
	if err != nil && s.stored {
		// Also after a failed copy: a commit whose answer was lost has left a blob.
		err = errors.Join(err, e.config.Storage.Remove(context.WithoutCancel(ctx), key))
	}
	return s, err
}

// sniff finds out what a blob is.
func (e *Engine) sniff(ctx context.Context, blob string) (mediaType string, size int64, err error) {
	source, err := e.openSource(ctx, blob, -1)
	if err != nil {
		return "", 0, err
	}
	mediaType, err = codec.Sniff(source, source.size)
	return mediaType, source.size, errors.Join(err, source.Close())
}

// unstage removes what stage stored.
func (e *Engine) unstage(ctx context.Context, staged []stagedInput) {
	for _, s := range staged {
		if !s.stored {
			continue
		}
		if err := e.config.Storage.Remove(ctx, s.Blob); err != nil {
			e.config.Logger.Warn("spool: removing an input", "key", s.Blob, "error", err)
		}
	}
}

// copyIn copies a path or a reader into storage. If what is written can be read
// back at once, it finds out what it is.
func (e *Engine) copyIn(
	ctx context.Context, in Input, key string,
) (mediaType string, info storage.Info, err error) {
	r := in.reader
	if in.path != "" {
		f, err := openRegular(in.path)
		if err != nil {
			return "", info, err
		}
		defer f.Close()
		r = f
	}
	w, err := e.config.Storage.Create(ctx, key)
	if err != nil {
		return "", info, err
	}
	defer func() { err = errors.Join(err, w.Abort()) }()
	size, err := copyAll(w, r)
	if err != nil {
		return "", info, err
	}
	if written, ok := storage.As[storage.Seeker](w); ok {
		if mediaType, err = codec.Sniff(written, size); err != nil {
			return "", info, err
		}
	}
	info, err = w.Commit()
	return mediaType, info, err
}

// buffers are what inputs are copied through.
var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// copyAll copies r to w, as io.Copy does, which takes a new buffer each time.
func copyAll(w io.Writer, r io.Reader) (int64, error) {
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	if f, ok := r.(*os.File); ok {
		r = struct{ io.Reader }{f} // its WriteTo takes one of its own
	}
	return io.CopyBuffer(w, r, buffer[:])
}

// openRegular opens a file that can be read by range.
func openRegular(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// referTo returns the blob name of a file in place: a file URL with its time of
// change. Storage keys contain no colon, so the two cannot be confused.
func referTo(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	u := url.URL{
		Scheme: "file", Path: filepath.ToSlash(path),
		RawQuery: "modified=" + strconv.FormatInt(info.ModTime().UnixMicro(), 10),
	}
	return u.String(), nil
}

// source is the bytes of an input, open for reading.
type source struct {
	io.ReaderAt
	io.Closer
	size int64
}

// openSource opens what a file record names as its blob. A file in place must
// have the size, unless that is negative, and the time of change of the record.
func (e *Engine) openSource(ctx context.Context, blob string, size int64) (source, error) {
	if !strings.HasPrefix(blob, "file:") {
		b, err := e.config.Storage.Open(ctx, blob)
		if errors.Is(err, storage.ErrNotFound) {
			return source{}, codec.Errorf(codec.Invalid, "the input is no longer in storage: %w", err)
		}
		if err != nil {
			return source{}, err
		}
		return source{b, b, b.Info().Size}, nil
	}
	u, err := url.Parse(blob)
	if err != nil {
		return source{}, err
	}
	f, err := openRegular(filepath.FromSlash(u.Path))
	if err != nil {
		return source{}, codec.Errorf(codec.Invalid, "the input cannot be opened: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return source{}, errors.Join(err, f.Close())
	}
	changed := u.Query().Get("modified") != strconv.FormatInt(info.ModTime().UnixMicro(), 10)
	if changed || size >= 0 && size != info.Size() {
		return source{}, errors.Join(codec.Errorf(codec.Invalid,
			"%s has changed since it was submitted", f.Name()), f.Close())
	}
	return source{f, f, info.Size()}, nil
}

// input is what a codec sees of a file.
type input struct {
	source
	name, mediaType string

	mu     sync.Mutex // guards failed
	failed error      // the first fault of storage
}

// ReadAt implements [io.ReaderAt]. It keeps the first fault, because native
// libraries do not pass it on.
func (in *input) ReadAt(p []byte, off int64) (int, error) {
	n, err := in.source.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		in.mu.Lock()
		defer in.mu.Unlock()
		if in.failed == nil {
			in.failed = err
		}
	}
	return n, err
}

func (in *input) fault() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.failed
}

func (in *input) Size() int64  { return in.size }
func (in *input) Name() string { return in.name }
func (in *input) Type() string { return in.mediaType }

// cleanName makes a file name that is safe as the last element of a key and of a
// path: without a folder, control characters and what file systems refuse, and
// at most 200 bytes.
func cleanName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError || strings.ContainsRune(`:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	if len(name) > 200 {
		ext := filepath.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:200-len(ext)], "") + ext
	}
	if strings.Trim(name, ". ") == "" {
		return "input"
	}
	return name
}

// givenName cleans a name that a submitter gave, if there is one.
func givenName(name string) string {
	if name == "" {
		return ""
	}
	return cleanName(name)
}

package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spoolmedia/spool/storage"
)

var readChecks = []check{
	{"Open of a missing key is ErrNotFound", openMissing},
	{"ReadAt reads ranges as io.ReaderAt says", ranges},
	{"Info of an open blob has its key and size", openInfo},
	{"ReadAt after Close fails", readClosed},
	{"an open blob is readable after Remove", readRemoved},
	{"Remove deletes the blob and frees its key", remove},
	{"Remove of a missing key is no error", removeMissing},
	{"Open and Remove with an ended context fail with its error", readEnded},
	{"a Filer's file has the bytes of the blob", blobFile},
}

func openMissing(ctx context.Context, s storage.Storage) error {
	if _, err := put(ctx, s, "a/b", []byte("x")); err != nil {
		return err
	}
	for _, key := range []string{"x", "a", "a/c", "a/b/c", "a/b/c/d"} {
		_, err := s.Open(ctx, key)
		if err := want(fmt.Sprintf("Open(%q)", key), err, storage.ErrNotFound); err != nil {
			return err
		}
	}
	return nil
}

func ranges(ctx context.Context, s storage.Storage) error {
	if _, err := put(ctx, s, "a", []byte("0123456789")); err != nil {
		return err
	}
	b, err := s.Open(ctx, "a")
	if err != nil {
		return err
	}
	defer b.Close()
	for _, c := range []struct {
		off  int64
		n    int
		want string
		eof  bool
	}{
		{0, 4, "0123", false}, {3, 4, "3456", false}, {0, 9, "012345678", false},
		{8, 4, "89", true}, {0, 11, "0123456789", true},
		{10, 1, "", true}, {11, 1, "", true}, {1 << 40, 1, "", true},
	} {
		buf := make([]byte, c.n)
		n, err := b.ReadAt(buf, c.off)
		if string(buf[:n]) != c.want || (c.eof && err != io.EOF) || (!c.eof && err != nil) {
			return fmt.Errorf("got ReadAt of %d at %d = %q, %v; want %q, EOF %v",
				c.n, c.off, buf[:n], err, c.want, c.eof)
		}
	}
	// At the very end both answers are those of an io.ReaderAt.
	if n, err := b.ReadAt(make([]byte, 10), 0); n != 10 || (err != nil && err != io.EOF) {
		return fmt.Errorf("got ReadAt of all = %d, %v; want 10 and nil or EOF", n, err)
	}
	if n, err := b.ReadAt(make([]byte, 1), -1); n != 0 || err == nil || err == io.EOF {
		return fmt.Errorf("got ReadAt at -1 = %d, %v; want an error", n, err)
	}
	return nil
}

func openInfo(ctx context.Context, s storage.Storage) error {
	made, err := put(ctx, s, "in/a", []byte("0123456789"))
	if err != nil {
		return err
	}
	b, err := s.Open(ctx, "in/a")
	if err != nil {
		return err
	}
	defer b.Close()
	return sameInfo("Open", b.Info(), made)
}

// sameInfo checks what a storage says of a blob later against what Commit said.
func sameInfo(what string, got, made storage.Info) error {
	if got.Key != made.Key || got.Size != made.Size {
		return fmt.Errorf("got Info of %s = %+v, want %+v", what, got, made)
	}
	if got.SHA256 != "" && got.SHA256 != made.SHA256 {
		return fmt.Errorf("got SHA256 of %s = %q, want none or %q", what, got.SHA256, made.SHA256)
	}
	return nil
}

func readClosed(ctx context.Context, s storage.Storage) error {
	if _, err := put(ctx, s, "a", []byte("data")); err != nil {
		return err
	}
	b, err := s.Open(ctx, "a")
	if err != nil {
		return err
	}
	if err := b.Close(); err != nil {
		return err
	}
	if _, err := b.ReadAt(make([]byte, 1), 0); err == nil || err == io.EOF {
		return fmt.Errorf("got ReadAt after Close = %v, want an error", err)
	}
	return wantBlob(ctx, s, "a", []byte("data"))
}

func readRemoved(ctx context.Context, s storage.Storage) error {
	data := pattern(1 << 20)
	if _, err := put(ctx, s, "a/b", data); err != nil {
		return err
	}
	b, err := s.Open(ctx, "a/b")
	if err != nil {
		return err
	}
	defer b.Close()
	if err := s.Remove(ctx, "a/b"); err != nil {
		return err
	}
	if _, err := put(ctx, s, "a/b", []byte("other")); err != nil {
		return err
	}
	got, err := io.ReadAll(io.NewSectionReader(b, 0, b.Info().Size))
	if err != nil || string(got) != string(data) {
		return fmt.Errorf("reading after Remove = %d bytes, %v; want the %d bytes of the blob",
			len(got), err, len(data))
	}
	return nil
}

func remove(ctx context.Context, s storage.Storage) error {
	for _, key := range []string{"a/b/c", "a/b/d"} {
		if _, err := put(ctx, s, key, []byte(key)); err != nil {
			return err
		}
	}
	if err := s.Remove(ctx, "a/b/c"); err != nil {
		return err
	}
	if err := wantGone(ctx, s, "a/b/c"); err != nil {
		return err
	}
	if err := wantBlob(ctx, s, "a/b/d", []byte("a/b/d")); err != nil {
		return err
	}
	if _, err := put(ctx, s, "a/b/c", []byte("again")); err != nil {
		return fmt.Errorf("the key is not free after Remove: %w", err)
	}
	return wantBlob(ctx, s, "a/b/c", []byte("again"))
}

func removeMissing(ctx context.Context, s storage.Storage) error {
	if _, err := put(ctx, s, "a/b", []byte("x")); err != nil {
		return err
	}
	for _, key := range []string{"x", "a", "a/c", "x/y", "a/b/c", "a/b/c/d"} {
		if err := s.Remove(ctx, key); err != nil {
			return fmt.Errorf("a Remove(%q): %w", key, err)
		}
	}
	return wantBlob(ctx, s, "a/b", []byte("x"))
}

func readEnded(ctx context.Context, s storage.Storage) error {
	if _, err := put(ctx, s, "a", []byte("x")); err != nil {
		return err
	}
	_, err := s.Open(ended(ctx), "a")
	return errors.Join(
		want("Open", err, context.Canceled),
		want("Remove", s.Remove(ended(ctx), "a"), context.Canceled),
		wantBlob(ctx, s, "a", []byte("x")),
	)
}

func blobFile(ctx context.Context, s storage.Storage) error {
	if _, err := put(ctx, s, "a", []byte("data")); err != nil {
		return err
	}
	b, err := s.Open(ctx, "a")
	if err != nil {
		return err
	}
	defer b.Close()
	filer, ok := storage.As[storage.Filer](b)
	if !ok {
		return errSkip
	}
	got, err := io.ReadAll(io.NewSectionReader(filer.File(), 0, 1<<20))
	if err != nil || string(got) != "data" {
		return fmt.Errorf("the file has %q, %v; want data", got, err)
	}
	return nil
}

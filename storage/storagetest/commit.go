package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spoolmedia/spool/storage"
)

var commitChecks = []check{
	{"Abort after Commit does nothing", abortAfterCommit},
	{"the second Commit fails and the blob stays", commitTwice},
	{"Write after Commit fails and the blob stays", writeAfterCommit},
}

var seekChecks = []check{
	{"a Seeker changes what it has written", rewrite},
	{"a Seeker that writes past the end leaves zeros", sparse},
	{"a Seeker reads back what it has written", readBack},
	{"a Seeker refuses places before the start", seekNegative},
	{"a Filer's file is what the blob will be", writerFile},
}

// committed returns a writer that has committed the blob "a".
func committed(ctx context.Context, s storage.Storage) (storage.Writer, error) {
	w, err := s.Create(ctx, "a")
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte("data")); err != nil {
		return nil, errors.Join(err, w.Abort())
	}
	_, err = w.Commit()
	return w, err
}

func abortAfterCommit(ctx context.Context, s storage.Storage) error {
	w, err := committed(ctx, s)
	if err != nil {
		return err
	}
	if err := w.Abort(); err != nil {
		return fmt.Errorf("an Abort after Commit: %w", err)
	}
	return wantBlob(ctx, s, "a", []byte("data"))
}

func commitTwice(ctx context.Context, s storage.Storage) error {
	w, err := committed(ctx, s)
	if err != nil {
		return err
	}
	if _, err := w.Commit(); err == nil {
		return errors.New("the second Commit of a writer succeeds")
	}
	return wantBlob(ctx, s, "a", []byte("data"))
}

func writeAfterCommit(ctx context.Context, s storage.Storage) error {
	w, err := committed(ctx, s)
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte("more")); err == nil {
		return errors.New("a Write after Commit succeeds")
	}
	return wantBlob(ctx, s, "a", []byte("data"))
}

// seeker is a writer with its ability.
type seeker struct {
	storage.Writer
	storage.Seeker
}

// createSeeker starts the blob "a", or returns errSkip.
func createSeeker(ctx context.Context, s storage.Storage) (seeker, error) {
	w, err := s.Create(ctx, "a")
	if err != nil {
		return seeker{}, err
	}
	sk, ok := storage.As[storage.Seeker](w)
	if !ok {
		return seeker{}, errors.Join(errSkip, w.Abort())
	}
	return seeker{w, sk}, nil
}

// at writes text at the place.
func (w seeker) at(offset int64, whence int, text string) error {
	if _, err := w.Seek(offset, whence); err != nil {
		return err
	}
	_, err := w.Write([]byte(text))
	return err
}

// finish commits the blob "a" and checks it.
func (w seeker) finish(ctx context.Context, s storage.Storage, data string) error {
	since := time.Now()
	info, err := w.Commit()
	if err != nil {
		return err
	}
	if err := wantInfo(info, "a", []byte(data), since); err != nil {
		return err
	}
	return wantBlob(ctx, s, "a", []byte(data))
}

func rewrite(ctx context.Context, s storage.Storage) error {
	w, err := createSeeker(ctx, s)
	if err != nil {
		return err
	}
	defer w.Abort()
	err = errors.Join(
		w.at(0, io.SeekStart, "0123456789"),
		w.at(2, io.SeekStart, "ab"),
		w.at(3, io.SeekCurrent, "c"),
		w.at(-1, io.SeekEnd, "de"),
		w.at(0, io.SeekStart, "f"),
	)
	if err != nil {
		return err
	}
	return w.finish(ctx, s, "f1ab456c8de")
}

func sparse(ctx context.Context, s storage.Storage) error {
	w, err := createSeeker(ctx, s)
	if err != nil {
		return err
	}
	defer w.Abort()
	err = errors.Join(w.at(0, io.SeekStart, "a"), w.at(4, io.SeekStart, "b"))
	if err != nil {
		return err
	}
	if _, err := w.Seek(100, io.SeekStart); err != nil { // no write: no bytes
		return err
	}
	return w.finish(ctx, s, "a\x00\x00\x00b")
}

func readBack(ctx context.Context, s storage.Storage) error {
	w, err := createSeeker(ctx, s)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.at(0, io.SeekStart, "0123456789"); err != nil {
		return err
	}
	buf := make([]byte, 4)
	if n, err := w.ReadAt(buf, 3); n != 4 || err != nil || string(buf) != "3456" {
		return fmt.Errorf("got ReadAt = %d, %v, %q; want 4, nil, 3456", n, err, buf)
	}
	if n, err := w.ReadAt(buf, 8); n != 2 || err != io.EOF {
		return fmt.Errorf("got ReadAt over the end = %d, %v; want 2, EOF", n, err)
	}
	if err := w.at(0, io.SeekCurrent, "ab"); err != nil { // ReadAt moved nothing
		return err
	}
	return w.finish(ctx, s, "0123456789ab")
}

func seekNegative(ctx context.Context, s storage.Storage) error {
	w, err := createSeeker(ctx, s)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.at(0, io.SeekStart, "ab"); err != nil {
		return err
	}
	if _, err := w.Seek(-3, io.SeekEnd); err == nil {
		return errors.New("a Seek before the start succeeds")
	}
	if _, err := w.ReadAt(make([]byte, 1), -1); err == nil {
		return errors.New("a ReadAt before the start succeeds")
	}
	if _, err := w.Write([]byte("c")); err != nil {
		return err
	}
	return w.finish(ctx, s, "abc")
}

func writerFile(ctx context.Context, s storage.Storage) error {
	w, err := s.Create(ctx, "a")
	if err != nil {
		return err
	}
	defer w.Abort()
	filer, ok := storage.As[storage.Filer](w)
	if !ok {
		return errSkip
	}
	if _, err := w.Write([]byte("0123")); err != nil {
		return err
	}
	if _, err := filer.File().WriteAt([]byte("ab"), 1); err != nil {
		return err
	}
	since := time.Now()
	info, err := w.Commit()
	if err != nil {
		return err
	}
	return errors.Join(wantInfo(info, "a", []byte("0ab3"), since),
		wantBlob(ctx, s, "a", []byte("0ab3")))
}

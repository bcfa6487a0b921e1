// Package storage is the contract between spool's engine and what keeps its
// bytes: the inputs of jobs and the outputs that codecs made.
//
// A [Storage] maps keys to blobs. A blob is written once, becomes visible as a
// whole by [Writer.Commit], never changes, and is read by range:
//
//	w, err := s.Create(ctx, "out/job/0/1/hero.webp")
//	if err != nil { … }
//	defer w.Abort() // does nothing after Commit
//	if _, err := io.Copy(w, r); err != nil { … }
//	info, err := w.Commit()
//
// Backends live in packages below this one: storage/memstorage in memory,
// storage/filestorage in a folder. storage/storagetest holds the suite that
// every backend passes.
package storage

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// The errors of this contract. Backends wrap them with context; callers test
// them with [errors.Is].
var (
	ErrNotFound = errors.New("storage: not found")
	ErrExist    = errors.New("storage: key already exists")
	ErrBadKey   = errors.New("storage: bad key")
	ErrClosed   = errors.New("storage: closed")
)

// Storage keeps blobs under keys. All methods may be called by many goroutines
// at once. A key that [ValidKey] refuses is ErrBadKey in every method; a
// cancelled ctx is ctx.Err(), wrapped or not.
type Storage interface {
	// Create starts a blob. It is invisible, to Open and to List, until
	// Writer.Commit. If the key exists already, Create or Commit returns
	// ErrExist, and the existing blob stays as it is: of several writers of one
	// key exactly one commits. Writers that are neither committed nor aborted
	// leak; what a killed process left half-written is removed when a durable
	// backend is opened next. When ctx ends, writes fail with its error.
	Create(ctx context.Context, key string) (Writer, error)
	// Open opens the blob for reading. A missing key is ErrNotFound. The blob
	// stays readable until Close, also if it is removed meanwhile.
	Open(ctx context.Context, key string) (Blob, error)
	// Remove deletes the blob. A missing key is no error.
	Remove(ctx context.Context, key string) error
	// List yields the blobs whose keys begin with prefix and sort after after,
	// in byte order of their keys. prefix need not end at a slash. Blobs that
	// come or go meanwhile may be yielded or not. After an error it ends. The
	// iterator holds no lock while it yields.
	List(ctx context.Context, prefix, after string) iter.Seq2[Info, error]
}

// Writer takes the bytes of one blob. It is used by one goroutine at a time.
type Writer interface {
	io.Writer
	// Commit makes the blob durable, in the sense of the backend, and visible.
	// Its Info has all fields set. After a failed Commit nothing is visible and
	// nothing is left behind.
	Commit() (Info, error)
	// Abort drops what was written. After Commit or Abort it does nothing and
	// returns nil, so it can be deferred.
	Abort() error
}

// Seeker is the ability of a [Writer] to change what it has written: Seek moves
// the place of the next Write, ReadAt reads back. The blob ends at the highest
// byte written.
type Seeker interface {
	io.Seeker
	io.ReaderAt
}

// Blob is an open blob. ReadAt may be called by many goroutines at once; after
// Close it fails with an error.
type Blob interface {
	io.ReaderAt
	io.Closer
	Info() Info
}

// Info describes a blob.
type Info struct {
	Key string
	// SHA256 of the bytes in hex. Commit always sets it; Open and List only where
	// the backend keeps it.
	SHA256  string
	Size    int64
	Created time.Time
}

// Filer is the ability of a [Writer] or a [Blob] that is a local file: to be
// handed to another process, mapped or cloned. The file belongs to the writer
// or blob, and is closed with it.
type Filer interface{ File() *os.File }

// Unwrapper is a decorator around another value of the contract.
type Unwrapper interface{ Unwrap() any }

// As returns v as a T, looking through decorators that implement [Unwrapper].
func As[T any](v any) (T, bool) {
	for {
		if t, ok := v.(T); ok {
			return t, true
		}
		u, ok := v.(Unwrapper)
		if !ok {
			var zero T
			return zero, false
		}
		v = u.Unwrap()
	}
}

// ValidKey reports whether key can name a blob in every backend: at most 1,024
// bytes of UTF-8, made of elements of 1 to 255 bytes joined by single slashes,
// none of which is "." or "..", without control characters, backslashes and
// colons.
func ValidKey(key string) bool {
	if len(key) > 1024 || !utf8.ValidString(key) {
		return false
	}
	if strings.ContainsFunc(key, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '\\' || r == ':'
	}) {
		return false
	}
	for element := range strings.SplitSeq(key, "/") {
		if element == "" || element == "." || element == ".." || len(element) > 255 {
			return false
		}
	}
	return true
}

package filestorage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/spoolmedia/spool/storage"
)

const (
	batch = 1024 // names that are read from a folder at once
	// page is how many names of a folder a listing keeps: a larger folder is read
	// once for each page, so that memory stays flat.
	page = 1 << 16
)

// List implements [storage.Storage].
func (s *Storage) List(
	ctx context.Context, prefix, after string,
) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		l := lister{ctx: ctx, storage: s, prefix: prefix, after: after, yield: yield, page: page}
		l.run()
	}
}

// A lister is one listing. It walks the folders in the order of keys.
type lister struct {
	ctx           context.Context // of this call
	storage       *Storage
	prefix, after string
	yield         func(storage.Info, error) bool
	page          int
}

// A name is a file or folder within the folder that is being listed.
type name struct {
	key  string // of the blob; what all keys in the folder begin with
	file string
	dir  bool
}

func (l *lister) run() {
	root, err := l.enter(l.storage.root, blobsDir)
	if err == nil {
		defer root.Close()
		err = l.folder(root, "")
	}
	if err == nil {
		err = l.ctx.Err() // also if nothing was listed
	}
	if err != nil && !errors.Is(err, errBreak) {
		l.yield(storage.Info{}, fmt.Errorf("filestorage: list: %w", err))
	}
}

// errBreak says that the caller wants no more.
var errBreak = errors.New("break")

// folder yields what is in the folder, whose keys all begin with base.
func (l *lister) folder(root *os.Root, base string) error {
	for from := ""; ; {
		names, more, err := l.read(root, base, from)
		if err != nil {
			return err
		}
		for _, n := range names {
			if err := l.name(root, n); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		from = names[len(names)-1].key
	}
}

// name yields a blob or what is in a folder. What has gone meanwhile is passed
// over.
func (l *lister) name(root *os.Root, n name) error {
	if err := l.ctx.Err(); err != nil {
		return err
	}
	if n.dir {
		sub, err := l.enter(root, n.file)
		if missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		defer sub.Close()
		return l.folder(sub, n.key)
	}
	info, err := root.Lstat(n.file)
	if missing(err) {
		return nil
	}
	if err == nil && !l.yield(infoOf(n.key, info), nil) {
		err = errBreak
	}
	return err
}

// enter opens a folder, as long as the storage is open.
func (l *lister) enter(root *os.Root, name string) (*os.Root, error) {
	if err := l.storage.enter(); err != nil {
		return nil, err
	}
	defer l.storage.mu.RUnlock()
	return root.OpenRoot(name)
}

// read returns the first names of the folder, in order, that sort after from and
// that the listing wants, and whether there are more.
func (l *lister) read(root *os.Root, base, from string) ([]name, bool, error) {
	dir, err := root.Open(".")
	if missing(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer dir.Close()
	names, more := []name(nil), false
	for {
		entries, err := dir.ReadDir(batch)
		for _, e := range entries {
			if n, ok := nameOf(e, base); ok && n.key > from && l.wants(n) {
				names = append(names, n)
			}
		}
		if missing(err) {
			err = io.EOF // the folder was removed meanwhile
		}
		if err != nil && err != io.EOF {
			return nil, false, err
		}
		if len(names) >= 2*l.page || err == io.EOF {
			slices.SortFunc(names, func(a, b name) int { return strings.Compare(a.key, b.key) })
			if len(names) > l.page {
				clear(names[l.page:])
				names, more = names[:l.page], true
			}
		}
		if err == io.EOF {
			return names, more, nil
		}
	}
}

// nameOf returns what e adds to the listing of the folder whose keys begin with
// base. Files that no key has are passed over.
func nameOf(e fs.DirEntry, base string) (n name, ok bool) {
	var element string
	switch {
	case e.IsDir():
		element, ok = dirElement(e.Name())
	case e.Type().IsRegular():
		element, ok = blobElement(e.Name())
		ok = ok && storage.ValidKey(base+element)
	}
	return name{key: base + element, file: e.Name(), dir: e.IsDir()}, ok
}

// wants reports whether the blob, or a blob in the folder, can be in the listing.
func (l *lister) wants(n name) bool {
	if n.dir {
		return (strings.HasPrefix(n.key, l.prefix) || strings.HasPrefix(l.prefix, n.key)) &&
			(n.key > l.after || strings.HasPrefix(l.after, n.key))
	}
	return strings.HasPrefix(n.key, l.prefix) && n.key > l.after
}

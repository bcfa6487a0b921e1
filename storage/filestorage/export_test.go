package filestorage

import (
	"context"
	"errors"

	"github.com/spoolmedia/spool/storage"
)

// WithoutLinks makes s behave as on a file system without hard links.
func WithoutLinks(s *Storage) {
	s.link = func(string, string) error { return errors.ErrUnsupported }
}

// ListPaged lists all keys with so few names of a folder in memory.
func ListPaged(ctx context.Context, s *Storage, page int) (keys []string, err error) {
	l := lister{ctx: ctx, storage: s, page: page, yield: func(info storage.Info, lerr error) bool {
		keys, err = append(keys, info.Key), lerr
		return err == nil
	}}
	l.run()
	return keys, err
}

// Escape is what becomes of an element in the two kinds of file systems.
var Escape = escape

// Unescape reverses Escape.
var Unescape = unescape

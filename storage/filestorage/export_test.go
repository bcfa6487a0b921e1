package filestorage

import (
	"context"
	"errors"
	"syscall"

	"github.com/spoolmedia/spool/storage"
)

// WithoutRename makes s behave as on a file system that renames a file without a look
// at what has the name.
func WithoutRename(s *Storage) {
	s.rename = func(int, string, int, string) error { return syscall.EINVAL }
}

// WithoutLinks makes s behave as on a file system without hard links, too.
func WithoutLinks(s *Storage) {
	WithoutRename(s)
	s.link = func(string, string) error { return errors.ErrUnsupported }
}

// Unsynced returns how many folders of s may not be durable.
func Unsynced(s *Storage) int { return len(s.fresh.ages) }

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

//go:build !linux

package filestorage

import (
	"os"

	"github.com/spoolmedia/spool/storage"
)

// openFile opens the file at path in the root.
func (s *Storage) openFile(path string, flag int) (*os.File, error) {
	return s.root.OpenFile(path, flag, 0)
}

// openBlob opens the regular file at path in the root for reading, and tells its size
// and time of change.
func (s *Storage) openBlob(path, key string) (handle, storage.Info, error) {
	return s.openHandle(path, key)
}

//go:build !linux

package filestorage

import "os"

// openFile opens the file at path in the root.
func (s *Storage) openFile(path string, flag int) (*os.File, error) {
	return s.root.OpenFile(path, flag, 0)
}

package filestorage

import (
	"errors"
	"io/fs"
)

// makeFolder returns the folder at path, and makes it and those above it if they are
// not there. It is to be closed.
func (s *Storage) makeFolder(path string) (*folder, error) {
	var err error
	for range tries {
		var dir *folder
		dir, err = s.openFolder(path)
		if !errors.Is(err, fs.ErrNotExist) || path == blobsDir {
			return dir, err
		}
		above, aerr := s.makeFolder(folderOf(path))
		if aerr != nil {
			return nil, aerr
		}
		if !s.cfg.NoSync {
			s.fresh.add(path) // before others can see it
		}
		dir, err = above.make(baseOf(path))
		if err == nil {
			return dir, nil
		}
		above.close()
		if !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, err
}

// made reports whether makeFolder has made the folder, and not found it.
func (f *folder) made() bool { return f != nil && f.above != nil }

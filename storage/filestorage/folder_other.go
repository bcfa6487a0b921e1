//go:build !linux

package filestorage

import "errors"

// A folder is one of the root, by its path.
type folder struct {
	storage *Storage
	path    string
	above   *folder // that it was made in; nil if it was found
}

func (s *Storage) openFolder(path string) (*folder, error) {
	if _, err := s.root.Lstat(path); err != nil {
		return nil, err
	}
	return &folder{storage: s, path: path}, nil
}

// make makes a folder in f.
func (f *folder) make(name string) (*folder, error) {
	path := f.path + "/" + name
	if err := f.storage.root.Mkdir(path, 0o700); err != nil {
		return nil, err
	}
	return &folder{f.storage, path, f}, nil
}

// place gives temp a free name in f.
func (f *folder) place(temp, name string) error {
	return f.storage.linkOrMove(temp, f.path+"/"+name)
}

func (f *folder) sync() error { return f.storage.syncNow(f.path) }

func (f *folder) close() {}

// renameExclusive is for systems that rename a file only if the new name is free.
func renameExclusive(int, string, int, string) error { return errors.ErrUnsupported }

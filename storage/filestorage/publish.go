package filestorage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/spoolmedia/spool/storage"
)

// publish gives the temporary file its place, which must be free, and closes it.
// If it fails, the place is as it was.
func (s *Storage) publish(file *os.File, temp, path string) error {
	err := s.settle(file, temp, path)
	if err != nil {
		s.prune(folderOf(path))
	}
	return err
}

func (s *Storage) settle(file *os.File, temp, path string) error {
	// New folders come before the sync of the file: on journalling file systems
	// they reach the disk with it, so that syncing them later is cheap.
	dir, err := s.makeFolder(folderOf(path))
	if err != nil {
		return err
	}
	defer func() { dir.close() }()
	if !s.cfg.NoSync {
		if err := file.Sync(); err != nil {
			return err
		}
	}
	if err := file.Close(); err != nil { // Windows moves no open file
		return err
	}
	if dir, err = s.place(temp, path, dir); err != nil {
		return err
	}
	if err := s.syncFolders(dir); err != nil {
		return errors.Join(err, s.root.Remove(path))
	}
	return nil
}

// tries are for folders that a Remove takes away meanwhile. The number is for those
// that can never be entered.
const tries = 1000

// place moves temp to path, in the folder dir or in what is made in its place. It
// returns that.
func (s *Storage) place(temp, path string, dir *folder) (*folder, error) {
	for n := 1; ; n++ {
		err := dir.place(temp, baseOf(path))
		if n == tries || !errors.Is(err, fs.ErrNotExist) {
			return dir, err
		}
		again, err := s.makeFolder(dir.path)
		if err != nil {
			return dir, err
		}
		dir.close()
		dir = again
	}
}

// linkOrMove makes temp's file appear at path in one step. Where there are no
// hard links it is renamed; as the folder is ours alone, a mutex makes that safe.
func (s *Storage) linkOrMove(temp, path string) error {
	err := s.link(temp, path)
	switch {
	case err == nil:
		// If the second name stays, the next Open removes it.
		_ = s.root.Remove(temp)
		return nil
	case errors.Is(err, fs.ErrExist):
		return storage.ErrExist
	case errors.Is(err, fs.ErrNotExist):
		return err
	}
	s.move.Lock()
	defer s.move.Unlock()
	if _, err := s.root.Lstat(path); err == nil {
		return storage.ErrExist
	}
	return s.root.Rename(temp, path)
}

// prune removes the folder and those above it, as far as they are empty.
func (s *Storage) prune(dir string) {
	for ; dir != blobsDir; dir = folderOf(dir) {
		// What is no folder was not made by us, such as a symbolic link.
		if info, err := s.root.Lstat(dir); err != nil || !info.IsDir() {
			return
		}
		if s.root.Remove(dir) != nil {
			return
		}
	}
}

// syncFolders makes what was placed in dir durable, and dir itself, if it may
// not be so yet. Folders that the caller has made it syncs itself, others with
// whoever else wants that.
func (s *Storage) syncFolders(dir *folder) error {
	if s.cfg.NoSync {
		return nil
	}
	if err := s.syncMade(dir, dir.path); err != nil {
		return err
	}
	for path := dir.path; path != blobsDir; path = folderOf(path) {
		if dir != nil {
			dir = dir.above
		}
		age, ok := s.fresh.age(path)
		if !ok {
			continue
		}
		if err := s.syncMade(dir, folderOf(path)); err != nil {
			return err
		}
		s.fresh.synced(path, age)
	}
	return nil
}

// syncMade syncs the folder at path, which is dir if that is not nil.
func (s *Storage) syncMade(dir *folder, path string) error {
	if dir.made() {
		return dir.sync()
	}
	return s.sync(path)
}

// sync makes what was made in dir durable.
func (s *Storage) sync(dir string) error {
	if s.cfg.NoSync {
		return nil
	}
	return s.syncs.share(dir, func() error { return s.syncNow(dir) })
}

func (s *Storage) syncNow(dir string) error {
	file, err := s.root.Open(dir)
	if missing(err) {
		return nil // another removed the blob, and the folder with it
	}
	if err != nil {
		return err
	}
	return errors.Join(syncDir(file), file.Close())
}

// fresh are the folders that may not be durable yet: whoever commits into one
// has to sync the folder above it, even if it was made by another.
type fresh struct {
	mu   sync.Mutex // guards what follows
	ages map[string]uint64
	last uint64
}

func (f *fresh) add(dir string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ages == nil {
		f.ages = make(map[string]uint64)
	}
	f.last++
	f.ages[dir] = f.last
}

func (f *fresh) age(dir string) (uint64, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	age, ok := f.ages[dir]
	return age, ok
}

// synced forgets the folder, unless it was made again meanwhile.
func (f *fresh) synced(dir string, age uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ages[dir] == age {
		delete(f.ages, dir)
	}
}

// makeRoot makes the folder dir, durably.
func makeRoot(dir string, cfg Config) error {
	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
		}
		return nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	above := filepath.Dir(dir)
	if above != dir {
		if err := makeRoot(above, cfg); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if cfg.NoSync {
		return nil
	}
	file, err := os.Open(above)
	if err != nil {
		return err
	}
	return errors.Join(syncDir(file), file.Close())
}

// missing reports whether err says that there is no such file.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

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
		s.prune(folder(path))
	}
	return err
}

func (s *Storage) settle(file *os.File, temp, path string) error {
	dir := folder(path)
	// New folders come before the sync of the file: on journalling file systems
	// they reach the disk with it, so that syncing them later is cheap.
	if err := s.makeFolder(dir); err != nil {
		return err
	}
	if !s.cfg.NoSync {
		if err := file.Sync(); err != nil {
			return err
		}
	}
	if err := file.Close(); err != nil { // Windows moves no open file
		return err
	}
	if err := s.place(temp, path); err != nil {
		return err
	}
	if err := s.syncFolders(dir); err != nil {
		return errors.Join(err, s.root.Remove(path))
	}
	return nil
}

// place moves temp to path. A folder that a Remove takes away meanwhile is made
// again; the number of tries is for folders that can never be entered.
func (s *Storage) place(temp, path string) (err error) {
	for range 1000 {
		err = s.linkOrMove(temp, path)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := s.makeFolder(folder(path)); err != nil {
			return err
		}
	}
	return err
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

// makeFolder makes the folder and those above it.
func (s *Storage) makeFolder(dir string) error {
	for {
		if _, err := s.root.Lstat(dir); err == nil {
			return nil
		}
		if !s.cfg.NoSync {
			s.fresh.add(dir) // before others can see it
		}
		err := s.root.Mkdir(dir, 0o700)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == blobsDir {
			return err
		}
		if err := s.makeFolder(folder(dir)); err != nil {
			return err
		}
	}
}

// prune removes the folder and those above it, as far as they are empty.
func (s *Storage) prune(dir string) {
	for ; dir != blobsDir; dir = folder(dir) {
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
// not be so yet.
func (s *Storage) syncFolders(dir string) error {
	if s.cfg.NoSync {
		return nil
	}
	if err := s.sync(dir); err != nil {
		return err
	}
	for ; dir != blobsDir; dir = folder(dir) {
		age, ok := s.fresh.age(dir)
		if !ok {
			continue
		}
		if err := s.sync(folder(dir)); err != nil {
			return err
		}
		s.fresh.synced(dir, age)
	}
	return nil
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

// Package filestorage is the [storage.Storage] that keeps blobs as files in a
// folder of a local file system.
//
//	s, err := filestorage.Open("/var/lib/app/blobs", filestorage.Config{})
//	if err != nil { … }
//	defer s.Close()
//
// A blob is written to a file in dir/tmp. Commit syncs it, moves it to its place
// below dir/blobs, which fails if the key is taken, and syncs the folders that
// changed: once it has returned, a power cut loses nothing. What a killed process
// left in dir/tmp is removed by the next Open; a lock on dir/lock makes sure that
// no living process uses it.
//
// Each element of a key but the last is a folder with the suffix ".d", so that
// "a" and "a/b" can both be keys: "out/7/hero.webp" is blobs/out.d/7.d/hero.webp.
// Characters that a name cannot have are written as %xx, elements of 80 bytes and
// more are split. No key and no symbolic link leads out of the folder ([os.Root]).
// Folders and files are readable by their owner only.
//
// Writers can seek ([storage.Seeker]); writers and blobs are files
// ([storage.Filer]).
package filestorage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/spoolmedia/spool/storage"
)

var _ storage.Storage = (*Storage)(nil)

// ErrLocked says that another [Storage], of this process or of another one, uses
// the folder.
var ErrLocked = errors.New("filestorage: folder is in use")

// Config are the settings of a [Storage]. The zero Config is ready to use.
type Config struct {
	// NoSync leaves it to the operating system when bytes reach the disk. It is
	// fast, and for tests: a power cut can lose or tear what was committed.
	NoSync bool
}

// Storage keeps blobs in a folder.
type Storage struct {
	cfg   Config
	root  *os.Root
	dir   *os.File // the root's
	temp  *os.Root // its folder tempDir
	tmp   *os.File // the same
	lock  *os.File
	temps atomic.Uint64 // how many temporary files were made

	mu     sync.RWMutex // held for reading by whatever uses root
	closed bool

	fresh fresh
	syncs syncs
	move  sync.Mutex                          // held while a file is moved to a free place
	link  func(oldname, newname string) error // root.Link
	// rename renames a file unless the new name is taken.
	rename func(oldDir int, oldName string, newDir int, newName string) error
}

// The folders and the file in the root.
const (
	blobsDir = "blobs"
	tempDir  = "tmp"
	lockFile = "lock"
)

// Open opens the storage in the folder dir, which it makes if there is none. It
// returns [ErrLocked] if the folder is in use.
func Open(dir string, cfg Config) (*Storage, error) {
	if err := makeRoot(dir, cfg); err != nil {
		return nil, fmt.Errorf("filestorage: open: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("filestorage: open: %w", err)
	}
	s := &Storage{cfg: cfg, root: root, link: root.Link, rename: renameExclusive}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("filestorage: open %q: %w", dir, err), s.Close())
	}
	return s, nil
}

// prepare takes the lock and brings the folder into shape.
func (s *Storage) prepare() error {
	file, err := s.root.OpenFile(lockFile, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	s.lock = file
	if s.dir, err = s.root.Open("."); err != nil {
		return err
	}
	if err := lock(file); err != nil {
		return err
	}
	for _, name := range []string{blobsDir, tempDir} {
		if err := s.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if s.temp, err = s.root.OpenRoot(tempDir); err != nil {
		return err
	}
	if s.tmp, err = s.temp.Open("."); err != nil {
		return err
	}
	if err := s.clean(); err != nil {
		return err
	}
	return s.sync(".")
}

// clean removes what writers of a dead process left.
func (s *Storage) clean() error {
	dir, err := s.temp.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		names, err := dir.Readdirnames(batch)
		for _, name := range names {
			if err := s.temp.RemoveAll(name); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Close releases the folder. Open blobs stay readable; writers can no longer
// commit. Closing twice is no error.
func (s *Storage) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.root.Close()
	if s.temp != nil {
		err = errors.Join(err, s.temp.Close())
	}
	for _, file := range []*os.File{s.dir, s.tmp, s.lock} { // the last gives the lock back
		if file != nil {
			err = errors.Join(err, file.Close())
		}
	}
	return err
}

// enter is called before root is used; if it returns nil, s.mu.RUnlock follows.
func (s *Storage) enter() error {
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return storage.ErrClosed
	}
	return nil
}

// use calls fn, which may use root, if the key is valid and ctx has not ended.
func (s *Storage) use(ctx context.Context, verb, key string, fn func(path string) error) error {
	err := storage.ErrBadKey
	if storage.ValidKey(key) {
		err = ctx.Err()
	}
	if err == nil {
		err = s.enter()
	}
	if err == nil {
		defer s.mu.RUnlock()
		err = fn(keyPath(key))
	}
	if err != nil {
		return fmt.Errorf("filestorage: %s %q: %w", verb, key, err)
	}
	return nil
}

// Create implements [storage.Storage]. Whether the key exists is found out by Commit.
func (s *Storage) Create(ctx context.Context, key string) (storage.Writer, error) {
	var w *writer
	err := s.use(ctx, "create", key, func(string) error {
		name := strconv.FormatUint(s.temps.Add(1), 36)
		file, err := s.temp.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			w = newWriter(ctx, s, file, tempDir+"/"+name, key)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// Open implements [storage.Storage].
func (s *Storage) Open(ctx context.Context, key string) (storage.Blob, error) {
	var b *blob
	err := s.use(ctx, "open", key, func(path string) (err error) {
		b, err = s.open(path, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Remove implements [storage.Storage]. The removal is not synced: after a power
// cut the blob may be back.
func (s *Storage) Remove(ctx context.Context, key string) error {
	return s.use(ctx, "remove", key, func(path string) error {
		err := s.root.Remove(path)
		if err != nil {
			if missing(err) {
				return nil
			}
			return err
		}
		s.prune(folderOf(path))
		return nil
	})
}

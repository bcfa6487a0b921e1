package filestorage

import "sync"

// syncs lets those who want the same folder synced at the same time share it: many
// blobs are often committed below one folder at once.
type syncs struct {
	mu      sync.Mutex // guards what follows
	folders map[string]*folderSync
}

// folderSync is the syncs of one folder that is wanted synced.
type folderSync struct {
	wanted int           // by how many; guarded by syncs.mu
	begun  int           // how many syncs; guarded by syncs.mu
	run    chan struct{} // holds a token while a sync runs
	err    error         // of the last one; for who holds the token
}

// share returns once fn has run that began after this call, with its error.
func (s *syncs) share(dir string, fn func() error) error {
	f, number := s.want(dir)
	defer s.leave(dir, f)
	f.run <- struct{}{}
	defer func() { <-f.run }()
	if s.begin(f, number) {
		f.err = fn()
	}
	return f.err
}

// want returns the syncs of the folder and the number of the one to wait for.
func (s *syncs) want(dir string) (*folderSync, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.folders[dir]
	if f == nil {
		if s.folders == nil {
			s.folders = make(map[string]*folderSync)
		}
		f = &folderSync{run: make(chan struct{}, 1)}
		s.folders[dir] = f
	}
	f.wanted++
	return f, f.begun + 1
}

// begin reports whether the sync with that number is still to be run, by the caller.
func (s *syncs) begin(f *folderSync, number int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.begun >= number {
		return false
	}
	f.begun++
	return true
}

func (s *syncs) leave(dir string, f *folderSync) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.wanted--; f.wanted == 0 {
		delete(s.folders, dir)
	}
}

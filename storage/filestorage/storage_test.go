package filestorage_test

import (
	"testing"

	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/filestorage"
	"github.com/spoolmedia/spool/storage/storagetest"
)

func TestStorageKeepsTheContract(t *testing.T) {
	for name, cfg := range map[string]filestorage.Config{"synced": {}, "NoSync": {NoSync: true}} {
		t.Run(name, func(t *testing.T) {
			storagetest.Run(t, func(t *testing.T) storage.Storage {
				return open(t, t.TempDir(), cfg)
			})
		})
	}
}

// open returns a storage that is closed at the end of the test.
func open(t testing.TB, dir string, cfg filestorage.Config) *filestorage.Storage {
	t.Helper()
	s, err := filestorage.Open(dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

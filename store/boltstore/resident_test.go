package boltstore_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// What was read of a large file does not stay in the memory of the process.
func TestMappedFileLeavesMemory(t *testing.T) {
	if _, ok := boltstore.FileMemory(); !ok {
		t.Skip("this system does not tell")
	}
	dir := t.TempDir()
	s := openWith(t, dir, boltstore.Config{NoSync: true})
	probe, err := json.Marshal(strings.Repeat("x", 60_000))
	if err != nil {
		t.Fatal(err)
	}
	const files = 350 // 21 MB
	large := func(yield func(store.File, store.Task) bool) {
		for i := range files {
			if !yield(store.File{Index: i, Probe: probe}, store.Task{}) {
				return
			}
		}
	}
	if _, _, err := s.Create(t.Context(), store.Job{ID: "j"}, large); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // so that all of it is in the file
		t.Fatal(err)
	}
	s = openWith(t, dir, boltstore.Config{NoSync: true})
	s.LimitMemory(4 << 20)
	before, _ := boltstore.FileMemory()
	for range s.Files(t.Context(), "j", 0) {
	}
	full, _ := boltstore.FileMemory()
	if full < before+15<<20 {
		t.Skipf("got %d bytes more in memory after reading all, want most of the file", full-before)
	}
	for range 200 {
		if _, err := s.Job(t.Context(), "j"); err != nil {
			t.Fatal(err)
		}
	}
	if after, _ := boltstore.FileMemory(); after > full-10<<20 {
		t.Errorf("got %d bytes of files in memory of %d, want most of them gone", after, full)
	}
	for f, err := range s.Files(t.Context(), "j", files-1) { // and can be read again
		if err != nil || len(f.Probe) != len(probe) {
			t.Errorf("got %d bytes, %v, want %d", len(f.Probe), err, len(probe))
		}
	}
}

package boltstore_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// A file of format 1 has no counters and no marks: Open makes them.
func TestOpenUpgradesAFileOfFormat1(t *testing.T) {
	dir := t.TempDir()
	s := openWith(t, dir, boltstore.Config{NoSync: true})
	for i, status := range []store.Status{store.Pending, store.Failed, store.Pending} {
		j := store.Job{
			ID: fmt.Sprint("j", i), Account: "a", State: store.State{Status: status},
		}
		if _, _, err := s.Create(t.Context(), j, imageFiles(1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	editFile(t, dir+"/jobs.db", func(tx *bolt.Tx) error {
		return errors.Join(
			tx.DeleteBucket([]byte("count")), tx.DeleteBucket([]byte("paused")),
			tx.Bucket([]byte("meta")).Put([]byte("format"), []byte{0, 0, 0, 1}),
		)
	})
	for range 2 {
		s = openWith(t, dir, boltstore.Config{NoSync: true})
		for _, account := range []string{"", "a"} {
			got, err := s.Count(t.Context(), account)
			want := map[store.Status]int{store.Pending: 2, store.Failed: 1}
			if err != nil || !maps.Equal(got, want) {
				t.Errorf("counts of %q: got %v, %v, want %v", account, got, err, want)
			}
		}
		if err := s.SetPaused(t.Context(), store.Pause{All: true}, true); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

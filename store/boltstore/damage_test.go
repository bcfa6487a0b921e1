package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// A file that was damaged at random is an error or reads as something, but never
// a panic: neither at open nor while all of it is read and written.
func TestDamagedFileIsAnError(t *testing.T) {
	dir := t.TempDir()
	s := openTuned(t, dir, boltstore.Config{}) // with most of it in the file
	if _, _, err := s.Create(t.Context(), store.Job{ID: "j"}, imageFiles(300)); err != nil {
		t.Fatal(err)
	}
	held := store.Ref{Job: "j", Task: "f/7"}
	err := s.Update(t.Context(), held, func(tx *store.Tx) error {
		tx.Task.Session = "gone"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"after a crash", "after Close"} {
		good := filesIn(t, dir)
		t.Run(name, func(t *testing.T) { damageAtRandom(t, good) })
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// damageAtRandom damages the file of the store. The good files are by their names.
func damageAtRandom(t *testing.T, good map[string][]byte) {
	dir := t.TempDir()
	path := filepath.Join(dir, "jobs.db")
	refused, failed := 0, 0
	const seeds = 80
	for seed := range uint64(seeds) {
		putFiles(t, dir, good)
		bad := damaged(good["jobs.db"], seed)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := boltstore.Open(path, boltstore.Config{NoSync: true})
		if err == nil {
			if useAll(t.Context(), s) != nil {
				failed++
			}
			continue
		}
		refused++
		if !errors.Is(err, boltstore.ErrDamaged) {
			t.Errorf("seed %d: got %v, want ErrDamaged", seed, err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, bad) {
			t.Errorf("seed %d: the refused file was changed (%v)", seed, err)
		}
	}
	t.Logf("%d of %d refused, %d failed later", refused, seeds, failed)
	if refused < seeds/4 { // at least each of those that were cut short
		t.Errorf("got %d of %d damaged files refused, want a quarter or more", refused, seeds)
	}
}

// filesIn returns what is in the files of a folder.
func filesIn(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// putFiles makes files in a folder that has no others of a store.
func putFiles(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for _, suffix := range []string{"", "-wal0", "-wal1"} {
		if err := os.RemoveAll(filepath.Join(dir, "jobs.db"+suffix)); err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// After a panic within bbolt, be it in a checkpoint, nothing more is written, and
// nothing hangs.
func TestDamageFoundInACommitIsTheEndOfWriting(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "jobs.db")
	s := openWith(t, dir, boltstore.Config{})
	if _, _, err := s.Create(t.Context(), store.Job{ID: "j"}, imageFiles(2000)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	page := os.Getpagesize()
	for at := 2 * page; at < len(good); at += 5 * page { // some will do
		bad := slices.Clone(good)
		bad[at+8] = 0x40 // a kind of page that there is not
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := boltstore.OpenTuned(path, boltstore.Config{NoSync: true}, 4<<10, 1<<10, nil)
		if err != nil {
			continue
		}
		if err := s.Delete(t.Context(), "j"); err != nil {
			found++
			if !errors.Is(err, boltstore.ErrDamaged) {
				t.Errorf("delete: got %v, want ErrDamaged", err)
			}
			_, _, err = s.Create(t.Context(), store.Job{ID: "k"}, imageFiles(1))
			if !errors.Is(err, boltstore.ErrDamaged) {
				t.Errorf("create: got %v, want ErrDamaged", err)
			}
		}
		_ = s.Close() // damage in the pages of the buckets is an error of it, too
	}
	if found == 0 {
		t.Error("no damage was found while something was deleted")
	}
}

// A leaf that holds the records of another does not lead an iterator in circles.
func TestIteratorsEndWhereALeafIsAtTheWrongPlace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "jobs.db")
	s := openWith(t, dir, boltstore.Config{NoSync: true})
	const files = 700
	if _, _, err := s.Create(t.Context(), store.Job{ID: "j"}, imageFiles(files)); err != nil {
		t.Fatal(err)
	}
	for i := range files {
		j := store.Job{ID: fmt.Sprintf("k%04d", i), State: store.State{Status: store.Pending}}
		if _, _, err := s.Create(t.Context(), j, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	isLeaf := func(at int) bool {
		return good[at+8] == 2 && good[at+9] == 0 && good[at+12] == 0 // without overflow
	}
	var leaves []int
	for at := 2 * page; at < len(good); at += page {
		if isLeaf(at) {
			leaves = append(leaves, at)
		}
	}
	found := 0
	for i := 1; i < len(leaves); i += 3 { // some will do
		bad := slices.Clone(good)
		copy(bad[leaves[i]+8:leaves[i]+page], good[leaves[i-1]+8:leaves[i-1]+page])
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := boltstore.Open(path, boltstore.Config{NoSync: true})
		if err != nil {
			continue
		}
		if !ends(t, s, 4*files) {
			found++
		}
		if err := s.Close(); err != nil && !errors.Is(err, boltstore.ErrDamaged) {
			t.Error(err)
		}
	}
	if found == 0 {
		t.Errorf("none of %d leaves at a wrong place was noticed", len(leaves))
	}
}

// ends checks that iterators yield no more than that, and reports whether all of
// them were without an error.
func ends(t *testing.T, s *boltstore.Store, most int) bool {
	t.Helper()
	whole := true
	check := func(what string, n int, err error) {
		if err != nil {
			whole = false
		}
		if err != nil && !errors.Is(err, boltstore.ErrDamaged) && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrDamaged", what, err)
		}
		if n > most {
			t.Fatalf("%s: got %d records and no end", what, n)
		}
	}
	n := 0
	for _, err := range s.Files(t.Context(), "j", 0) {
		n++
		check("files", n, err)
	}
	for _, oldest := range []bool{false, true} {
		n = 0
		for _, err := range s.List(t.Context(), store.Query{Oldest: oldest}) {
			n++
			check("list", n, err)
		}
	}
	for _, q := range []store.TaskQuery{
		{Under: store.Ref{Job: "j"}}, {Orphaned: true}, {Lanes: []string{"image"}},
		{Lanes: []string{"image"}, Limit: most, PerAccount: most},
	} {
		n = 0
		for _, err := range s.Tasks(t.Context(), q) {
			n++
			check("tasks", n, err)
		}
	}
	n = 0
	for _, err := range s.Events(t.Context(), store.EventQuery{}) {
		n++
		check("events", n, err)
	}
	return whole
}

// damaged returns a copy of good that is cut short, or has a page of zeroes or
// noise, or some bits turned over, but never in its first two pages.
func damaged(good []byte, seed uint64) []byte {
	page := os.Getpagesize()
	r := rand.New(rand.NewPCG(seed, 1))
	bad := slices.Clone(good)
	switch at := 2*page + r.IntN(len(bad)-3*page); seed % 4 {
	case 0:
		return bad[:at]
	case 1:
		clear(bad[at : at+page])
	case 2:
		for i := range page {
			bad[at+i] = byte(r.Uint32())
		}
	default:
		for range 20 {
			bad[2*page+r.IntN(len(bad)-2*page)] ^= 1 << r.IntN(8)
		}
	}
	return bad
}

// useAll reads and writes all that there is, and closes the store.
func useAll(ctx context.Context, s *boltstore.Store) (err error) {
	defer s.Close()
	for j, e := range s.List(ctx, store.Query{}) {
		err = errors.Join(err, e)
		for _, e := range s.Files(ctx, j.ID, 0) {
			err = errors.Join(err, e)
		}
	}
	for _, e := range s.Events(ctx, store.EventQuery{}) {
		err = errors.Join(err, e)
	}
	for _, q := range []store.TaskQuery{
		{Lanes: []string{"image"}}, {Lanes: []string{"image"}, Limit: 400}, {Orphaned: true},
		{Under: store.Ref{Job: "j"}},
	} {
		for _, e := range s.Tasks(ctx, q) {
			err = errors.Join(err, e)
		}
	}
	_, e := s.Count(ctx, "")
	err = errors.Join(err, e)
	return errors.Join(err, s.Update(ctx, store.Ref{Job: "j", Task: "f/0"}, func(tx *store.Tx) error {
		tx.Events = []store.Event{{Kind: "x"}}
		return nil
	}), s.Delete(ctx, "j"))
}

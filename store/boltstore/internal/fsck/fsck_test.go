package fsck_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/spoolmedia/spool/store/boltstore/internal/fsck"
)

var depths = []fsck.Depth{fsck.Branches, fsck.All, fsck.Needed}

// write makes a file with trees of several levels, long values, small buckets and
// free pages, which are listed in it or not. Seed 0 makes a small one.
func write(t testing.TB, seed uint64, listFree bool) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		NoSync: true, NoFreelistSync: !listFree, FreelistType: bolt.FreelistMapType,
	})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for range 6 {
		err := db.Update(func(tx *bolt.Tx) error {
			for _, name := range []string{"a", "b", "small", "empty"} {
				if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
					return err
				}
			}
			if seed == 0 {
				return tx.Bucket([]byte("small")).Put(fmt.Append(nil, r.IntN(9)), nil)
			}
			change(tx, r)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func change(tx *bolt.Tx, r *rand.Rand) {
	put := func(bucket string, key, value []byte) {
		if err := tx.Bucket([]byte(bucket)).Put(key, value); err != nil {
			panic(err)
		}
	}
	put("small", fmt.Append(nil, r.IntN(5)), []byte("v"))
	for range 200 {
		key := bytes.Repeat(fmt.Append(nil, r.IntN(1000), "-"), 1+r.IntN(30))
		put("a", key, nil)
		put("b", key, make([]byte, r.IntN(50)))
	}
	put("b", fmt.Append(nil, "long", r.IntN(9)), make([]byte, r.IntN(20_000)))
	for range 60 {
		c := tx.Bucket([]byte("a")).Cursor()
		if k, _ := c.Seek(fmt.Append(nil, r.IntN(1000))); k != nil {
			if err := c.Delete(); err != nil {
				panic(err)
			}
		}
	}
}

func check(data []byte, depth fsck.Depth) error {
	return fsck.Check(bytes.NewReader(data), int64(len(data)), depth)
}

func TestCheckPassesWhatBboltWrote(t *testing.T) {
	for seed := range uint64(20) {
		data := write(t, seed, seed%2 == 0)
		for _, depth := range depths {
			if err := check(data, depth); err != nil {
				t.Errorf("seed %d, depth %v: %v", seed, depth, err)
			}
		}
	}
}

// What passes, bbolt can walk, whatever else is wrong with it.
func TestWhatPassesBboltCanWalk(t *testing.T) {
	refused := 0
	const seeds = 400
	good := [][]byte{write(t, 1, true), write(t, 2, false), write(t, 3, true), write(t, 4, false)}
	for seed := range uint64(seeds) {
		data := slices.Clone(good[seed%4])
		r := rand.New(rand.NewPCG(seed, 1))
		for range 1 + r.IntN(4) {
			data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		}
		if err := check(data, fsck.All); err != nil {
			if !errors.Is(err, fsck.ErrDamaged) {
				t.Errorf("seed %d: got %v, want ErrDamaged", seed, err)
			}
			refused++
			continue
		}
		walk(t, data)
	}
	if refused < seeds/20 || refused > seeds*19/20 {
		t.Errorf("got %d of %d files refused, want some and not all", refused, seeds)
	}
}

// walk has bbolt check the file, which ends the process if it is worse than that.
func walk(t *testing.T, data []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bolt.Tx) error {
		for err := range tx.Check() {
			// Pages that nobody uses are lost space. bbolt does not free them.
			if !strings.Contains(err.Error(), "unreachable unfreed") {
				t.Error(err)
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// Each kind of damage is found at the depth that reads where it is.
func TestCheckFindsDamage(t *testing.T) {
	good := write(t, 1, true)
	for name, test := range map[string]struct {
		damage func(f *image)
		both   bool // also when only branches are read
	}{
		"no good meta page":        {func(f *image) { f.data[20]++; f.data[f.size+20]++ }, true},
		"cut short":                {func(f *image) { f.data = f.data[:len(f.data)/2] }, true},
		"empty":                    {func(f *image) { f.data = nil }, true},
		"branch of another number": {func(f *image) { f.page(branch)[0]++ }, true},
		"branch of another kind":   {func(f *image) { f.page(branch)[8] = 8 }, true},
		"branch leads nowhere":     {func(f *image) { f.page(branch)[10], f.page(branch)[11] = 0, 0 }, true},
		"branch leads far away":    {func(f *image) { f.page(branch)[16+8+7]++ }, true},
		"branch leads to itself": {func(f *image) {
			p := f.page(branch)
			copy(p[16+8:16+16], p[:8])
		}, true},
		"branch with two ways to a page": {func(f *image) {
			p := f.page(branch)
			copy(p[16+8:16+16], p[32+8:32+16])
		}, true},
		"keys of a branch out of order": {func(f *image) {
			p := f.page(branch)
			p[16+int(p[16])+int(p[17])<<8] = 0xff
		}, true},
		"leaf of another number": {func(f *image) { f.page(leaf)[0]++ }, false},
		"leaf of another kind":   {func(f *image) { f.page(leaf)[8] = 4 }, false},
		"keys of a leaf misplaced": {func(f *image) {
			p := f.page(leaf)
			p[16+int(p[20])+int(p[21])<<8] = 0xff
		}, false},
		"element beyond the leaf":    {func(f *image) { f.page(leaf)[16+7] = 0x7f }, false},
		"leaf without end":           {func(f *image) { f.page(leaf)[15] = 0x7f }, false},
		"free page that is used":     {func(f *image) { copy(f.page(free)[16:], f.page(branch)[:8]) }, true},
		"free page far away":         {func(f *image) { f.page(free)[16+7]++ }, true},
		"list of free pages is none": {func(f *image) { f.page(free)[8] = leaf }, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, depth := range depths {
				f := &image{slices.Clone(good), os.Getpagesize()}
				test.damage(f)
				err := check(f.data, depth)
				if want := test.both || depth == fsck.All; errors.Is(err, fsck.ErrDamaged) != want {
					t.Errorf("depth %v: got %v, want ErrDamaged: %v", depth, err, want)
				}
			}
		})
	}
}

// Where bbolt is going to read all pages, all of them are checked.
func TestCheckReadsWhatIsNeeded(t *testing.T) {
	for _, listed := range []bool{true, false} {
		f := &image{write(t, 1, listed), os.Getpagesize()}
		if err := check(f.data, fsck.Needed); err != nil {
			t.Errorf("list of free pages %t: %v", listed, err)
		}
		f.page(leaf)[8] = 4
		if err := check(f.data, fsck.Needed); errors.Is(err, fsck.ErrDamaged) == listed {
			t.Errorf("list of free pages %t: got %v for a damaged leaf", listed, err)
		}
	}
}

// An image is a file to be damaged.
type image struct {
	data []byte
	size int // of a page
}

// The kinds of pages.
const (
	branch = 1
	leaf   = 2
	free   = 16
)

// page returns a page of that kind that is in use: of leaves one that is not read to
// learn that the branch above it leads to leaves.
func (f *image) page(kind byte) []byte {
	for id := range len(f.data) / f.size {
		p := f.data[id*f.size : (id+1)*f.size]
		if id < 2 || p[8] != kind || p[10] < 5 { // there are four buckets
			continue
		}
		spoilt := slices.Clone(f.data)
		spoilt[id*f.size+8] = 4
		used := check(spoilt, fsck.All) != nil
		if used && (kind != leaf || check(spoilt, fsck.Branches) == nil) {
			return p
		}
	}
	panic("no such page")
}

func FuzzCheck(f *testing.F) {
	f.Add(write(f, 0, true), true)
	f.Add(write(f, 0, false), false)
	f.Fuzz(func(t *testing.T, data []byte, all bool) {
		depth := fsck.Branches
		if all {
			depth = fsck.All
		}
		if err := check(data, depth); err != nil && !errors.Is(err, fsck.ErrDamaged) {
			t.Errorf("got %v, want ErrDamaged", err)
		}
	})
}

package boltstore

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// Whatever has changed in which layer, however much of a checkpoint is in the file, and
// whatever gaps are known, a read sees the keys that a plain map has.
func TestReadSeesWhatASortedMapHas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, NoGrowSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rapid.Check(t, func(t *rapid.T) {
		m := &layerModel{store: &Store{db: db}, keys: make(map[string]string)}
		m.store.tuning.step = 1 << 20
		m.store.gaps[modelBucket].least = 1
		m.version.top = &layer{}
		m.empty(t)
		t.Repeat(map[string]func(*rapid.T){
			"":           m.look,
			"change":     m.change,
			"publish":    m.publish,
			"freeze":     m.freeze,
			"checkpoint": m.checkpoint,
			"half":       m.half,
		})
	})
}

// layerModel is a version, with what the keys in its bucket must be.
type layerModel struct {
	store     *Store
	version   version
	keys      map[string]string
	published *version // with
	then      map[string]string
}

const modelBucket = bucketReady

func (m *layerModel) empty(t *rapid.T) {
	err := m.store.db.Update(func(tx *bolt.Tx) error {
		for _, name := range bucketNames {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		c := tx.Bucket(bucketNames[modelBucket]).Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.First() {
			if err := c.Delete(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var modelKeys = rapid.StringMatching(`[ab]{1,4}`)

func (m *layerModel) change(t *rapid.T) {
	m.version.commit++
	for range rapid.IntRange(1, 20).Draw(t, "times") {
		key := modelKeys.Draw(t, "key")
		if rapid.Bool().Draw(t, "delete") {
			m.version.top.apply(actionDelete, modelBucket, key, nil)
			delete(m.keys, key)
			continue
		}
		value := rapid.StringMatching(`[xyz]{0,2}`).Draw(t, "value")
		a := actionPut
		if _, ok := m.keys[key]; !ok && rapid.Bool().Draw(t, "add") {
			a = actionAdd
		}
		m.store.gaps[modelBucket].add(m.version.commit, []string{key})
		m.version.top.apply(a, modelBucket, key, []byte(value))
		m.keys[key] = value
	}
}

// publish keeps a version, of which the next is a copy.
func (m *layerModel) publish(*rapid.T) {
	v := m.version
	m.published, m.then = &v, maps.Clone(m.keys)
	m.version.top = v.top.clone()
}

func (m *layerModel) freeze(*rapid.T) {
	if m.version.below == nil {
		m.version.below, m.version.top = m.version.top, &layer{}
		m.published = nil // nobody sees it when a checkpoint begins
	}
}

func (m *layerModel) checkpoint(t *rapid.T) {
	if m.version.below == nil {
		return
	}
	m.file(t, m.version.below)
	m.version.below = nil
}

// half has a part of a checkpoint in the file.
func (m *layerModel) half(t *rapid.T) {
	if m.version.below == nil || m.version.below.tables[modelBucket] == nil {
		return
	}
	part := &layer{}
	iter := m.version.below.tables[modelBucket].Iter()
	for ok := iter.First(); ok; ok = iter.Next() {
		if rapid.Bool().Draw(t, "written") {
			part.table(modelBucket).Set(iter.Key(), iter.Value())
		}
	}
	m.file(t, part)
}

func (m *layerModel) file(t *rapid.T, l *layer) {
	f := filing{store: m.store}
	if err := f.layer(l); err != nil {
		t.Fatal(err)
	}
	if f.tx == nil {
		return
	}
	if err := f.commit(); err != nil {
		t.Fatal(err)
	}
}

func (m *layerModel) look(t *rapid.T) {
	if m.published != nil {
		m.compare(t, m.published, nil, m.then)
		m.walk(t, m.published) // so that gaps are found in what is old
	}
	m.compare(t, &m.version, &m.store.gaps, m.keys)
}

// walk goes through all keys.
func (m *layerModel) walk(t *rapid.T, v *version) {
	err := m.store.db.View(func(tx *bolt.Tx) error {
		c := (&read{version: v, tx: tx, gaps: &m.store.gaps}).cursor(modelBucket)
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// compare gets keys and moves a cursor about, and checks where that leads.
func (m *layerModel) compare(
	t *rapid.T, v *version, g *[buckets]gaps, want map[string]string,
) {
	err := m.store.db.View(func(tx *bolt.Tx) error {
		r := &read{version: v, tx: tx, gaps: g}
		for range 3 {
			key := modelKeys.Draw(t, "key")
			got := r.get(modelBucket, []byte(key))
			if value, ok := want[key]; ok != (got != nil) || value != string(got) {
				t.Fatalf("get %s: got %q, want %q (%v)", key, got, value, ok)
			}
		}
		moveAbout(t, r.cursor(modelBucket), want)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// moveAbout moves the cursor, and an index of the sorted keys along with it.
func moveAbout(t *rapid.T, c *cursor, want map[string]string) {
	keys := slices.Sorted(maps.Keys(want))
	at := len(keys)
	for range rapid.IntRange(1, 12).Draw(t, "moves") {
		var key, value []byte
		move := rapid.SampledFrom([]string{
			"first", "last", "seek", "next", "next", "prev", "prev",
		}).Draw(t, "move")
		inside := at >= 0 && at < len(keys)
		switch {
		case move == "first":
			key, value = c.First()
			at = 0
		case move == "last":
			key, value = c.Last()
			at = len(keys) - 1
		case move == "seek" || !inside:
			to := modelKeys.Draw(t, "to")
			key, value = c.Seek([]byte(to))
			at, _ = slices.BinarySearch(keys, to)
		case move == "next":
			key, value = c.Next()
			at++
		case move == "prev":
			key, value = c.Prev()
			at--
		}
		if at < 0 || at >= len(keys) {
			if key != nil {
				t.Fatalf("%s: got %q, want none of %q", move, key, keys)
			}
			continue
		}
		if string(key) != keys[at] || string(value) != want[keys[at]] {
			t.Fatalf("%s: got %q = %q, want %q = %q", move, key, value, keys[at], want[keys[at]])
		}
	}
}

// A gap that was found before keys were added that nobody remembers is none.
func TestGapsNeedAllThatWasAdded(t *testing.T) {
	for added, known := range map[int]bool{2 * maxAdded: true, 2*maxAdded + 1: false} {
		g := &gaps{least: 1}
		for i := range added {
			g.add(uint64(1+i), []string{fmt.Sprint("k", i)})
		}
		g.note(0, passage{first: []byte("a"), last: []byte("b"), met: 2})
		if _, ok := g.end([]byte("a")); ok != known {
			t.Errorf("behind %d keys: got a gap: %v, want %v", added, ok, known)
		}
	}
}

// What is replayed is what was applied; a record that is something else is damage.
func FuzzReplay(f *testing.F) {
	var record []byte
	record = appendChange(record, actionAdd, bucketJob, []byte("j"), []byte("job"))
	record = appendChange(record, actionPut, bucketList, []byte("k"), nil)
	record = appendChange(record, actionDelete, bucketJob, []byte("i"), nil)
	f.Add(record)
	f.Add(record[:len(record)-1])
	f.Add([]byte{3, 0, 1, 'k'})
	f.Fuzz(func(t *testing.T, record []byte) {
		l := &layer{}
		if l.replay(record) != nil {
			return
		}
		size := 0
		for _, table := range l.tables {
			if table == nil {
				continue
			}
			for _, c := range table.Values() {
				size += len(c.value)
			}
		}
		if size > len(record) {
			t.Errorf("got %d bytes of values from a record of %d", size, len(record))
		}
	})
}

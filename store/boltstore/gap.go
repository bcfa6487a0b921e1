package boltstore

import (
	"cmp"
	"slices"
	"sync"
)

// A task that has ended is deleted in a layer, and still in the file until a
// checkpoint, and so is a job in the list of those that are pending. Whoever looks for
// ready tasks, or for the oldest job, would meet all of those, again and again: gaps are
// where there is nothing but them.
const (
	minGap   = 16   // deleted keys in a row that are worth a gap
	maxGaps  = 1024 // of a bucket; then they are found anew
	maxAdded = 4096 // keys, at least, that are known to have been added
)

// hasGaps reports whether gaps of the bucket are known.
func hasGaps(b bucket) bool {
	return b == bucketReady || b == bucketLater || b == bucketList
}

// gaps are ranges of keys in which none is there, in any version that is newer than
// those in which they were found, and from whose first key on one may go to their end.
type gaps struct {
	least int // tests set it instead of minGap

	mu     sync.Mutex // guards what follows
	ranges []gap      // in order, apart from each other
	added  []addition // the newest, by commit
	since  uint64     // added has all of the commits behind that
	passed int        // deleted keys that cursors have met
}

// A gap has the keys from from until to, which it does not have.
type gap struct{ from, to string }

// An addition is a key that a commit has added, which need not have come to be.
type addition struct {
	commit uint64
	key    string
}

// add notes keys that a commit adds, before anybody can see them.
func (g *gaps) add(commit uint64, keys []string) {
	if len(keys) == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, key := range keys {
		g.ranges = cut(g.ranges, key)
		g.added = append(g.added, addition{commit, key})
	}
	if old := len(g.added) - maxAdded; old > maxAdded {
		g.since = g.added[old-1].commit
		g.added = append([]addition(nil), g.added[old:]...)
	}
}

// cut takes the key out of the ranges.
func cut(ranges []gap, key string) []gap {
	i, ok := find(ranges, key)
	if !ok {
		return ranges
	}
	rest := []gap{{ranges[i].from, key}, {key + "\x00", ranges[i].to}}
	rest = slices.DeleteFunc(rest, func(r gap) bool { return r.from >= r.to })
	return slices.Replace(ranges, i, i+1, rest...)
}

// find returns the index of the range that has the key, or of the first one behind it.
func find(ranges []gap, key string) (int, bool) {
	i, _ := slices.BinarySearchFunc(ranges, key, func(r gap, key string) int {
		if r.to <= key {
			return -1
		}
		return 1
	})
	return i, i < len(ranges) && ranges[i].from <= key
}

// end returns where the gap that has the key ends, if there is one.
func (g *gaps) end(key []byte) (string, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i, ok := find(g.ranges, shareString(key)); ok {
		return g.ranges[i].to, true
	}
	return "", false
}

// A passage is what a cursor has passed over on the way to the next key that is there.
type passage struct {
	first, last []byte // deleted keys; nothing is there between them
	met         int    // deleted keys
	jumps       int    // gaps
}

// note learns from a passage in the version of that commit.
func (g *gaps) note(commit uint64, p passage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.passed += p.met
	known := p.jumps == p.met
	if known || commit < g.since || p.jumps == 0 && p.met < cmp.Or(g.least, minGap) {
		return
	}
	found := []gap{{string(p.first), string(p.last) + "\x00"}}
	for _, a := range slices.Backward(g.added) {
		if a.commit <= commit {
			break
		}
		found = cut(found, a.key)
	}
	for _, f := range found {
		g.ranges = join(g.ranges, f)
	}
	if len(g.ranges) > maxGaps {
		g.ranges = nil
	}
}

// join adds a range to those that there are, of which it may have parts.
func join(ranges []gap, r gap) []gap {
	i, _ := find(ranges, r.from)
	if i > 0 && ranges[i-1].to == r.from {
		i--
	}
	end := i
	for ; end < len(ranges) && ranges[end].from <= r.to; end++ {
		r.from, r.to = min(r.from, ranges[end].from), max(r.to, ranges[end].to)
	}
	return slices.Replace(ranges, i, end, r)
}

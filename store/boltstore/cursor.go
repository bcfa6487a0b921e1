package boltstore

import (
	"bytes"

	"github.com/tidwall/btree"
	bolt "go.etcd.io/bbolt"
)

// A cursor goes through the keys of a bucket in their order, as its layers leave
// them. Whoever changes the bucket needs a new one.
type cursor struct {
	walks   []walk         // at most maxWalks
	key     []byte         // where it is; nil: before the first or behind the last
	on      [maxWalks]bool // which of the walks are at key, too
	forward bool           // every walk is at its first key that is not before key, else not behind
	gaps    *gaps          // of the bucket; nil: not known
	commit  uint64         // of the version
}

const maxWalks = 3 // two layers and the file

// A walk is a cursor's way through one layer or, below them, the file.
type walk interface {
	seek(key []byte) // to the first key that is not before it
	first()
	last()
	next()
	prev()
	// at returns what is there, or false at either end.
	at() (key []byte, c change, ok bool)
}

// First moves to the first key. Here as below, a key that is nil means that there is
// none.
func (c *cursor) First() (key, value []byte) {
	for _, w := range c.walks {
		w.first()
	}
	return c.settle(true)
}

// Last moves to the last key.
func (c *cursor) Last() (key, value []byte) {
	for _, w := range c.walks {
		w.last()
	}
	return c.settle(false)
}

// Seek moves to the key, or the one behind it.
func (c *cursor) Seek(key []byte) (k, value []byte) {
	for _, w := range c.walks {
		w.seek(key)
	}
	return c.settle(true)
}

// Next moves to the next key. From the last one there is no way on or back.
func (c *cursor) Next() (key, value []byte) { return c.step(true) }

// Prev moves to the key before.
func (c *cursor) Prev() (key, value []byte) { return c.step(false) }

func (c *cursor) step(forward bool) (key, value []byte) {
	if c.key == nil {
		return nil, nil
	}
	if c.forward == forward {
		c.pass()
	} else {
		c.turn()
	}
	return c.settle(forward)
}

// pass moves the walks that are at the key on.
func (c *cursor) pass() {
	for i, w := range c.walks {
		if c.on[i] {
			move(w, c.forward)
		}
	}
}

func move(w walk, forward bool) {
	if forward {
		w.next()
	} else {
		w.prev()
	}
}

// turn moves every walk across the key, to where the other direction goes on.
func (c *cursor) turn() {
	for _, w := range c.walks {
		switch _, _, ok := w.at(); {
		case ok:
			move(w, !c.forward)
		case c.forward: // all of it is before the key
			w.last()
		default:
			w.first()
		}
	}
}

// settle goes on until the next key that is there, in the uppermost layer that knows
// it.
func (c *cursor) settle(forward bool) (key, value []byte) {
	c.forward = forward
	var p passage
	for {
		now, ok := c.nearest()
		if !ok || !now.deleted {
			if c.gaps != nil && p.met > 0 && forward {
				c.gaps.note(c.commit, p)
			}
			return c.key, now.value
		}
		if p.last = c.key; p.first == nil {
			p.first = c.key
		}
		if c.gaps != nil && forward && p.met%minGap == 0 && c.jump() {
			p.jumps++
		} else {
			c.pass()
		}
		p.met++
	}
}

// jump moves the walks to the end of the gap that they are in.
func (c *cursor) jump() bool {
	end, ok := c.gaps.end(c.key)
	if ok {
		for _, w := range c.walks {
			w.seek(shareBytes(end))
		}
	}
	return ok
}

// nearest makes the first key in the direction that of the cursor.
func (c *cursor) nearest() (now change, ok bool) {
	c.key, c.on = nil, [maxWalks]bool{}
	for i, w := range c.walks {
		k, v, there := w.at()
		if !there {
			continue
		}
		order := bytes.Compare(k, c.key)
		switch {
		case c.key == nil || order != 0 && (order < 0) == c.forward:
			c.key, c.on = k, [maxWalks]bool{}
			now, ok, c.on[i] = v, true, true
		case order == 0:
			c.on[i] = true
		}
	}
	return now, ok
}

var (
	_ walk = (*layerWalk)(nil)
	_ walk = (*fileWalk)(nil)
)

// A layerWalk goes through a layer.
type layerWalk struct {
	iter btree.MapIter[string, change]
	ok   bool
}

func (w *layerWalk) seek(key []byte) { w.ok = w.iter.Seek(shareString(key)) }
func (w *layerWalk) first()          { w.ok = w.iter.First() }
func (w *layerWalk) last()           { w.ok = w.iter.Last() }
func (w *layerWalk) next()           { w.ok = w.iter.Next() }
func (w *layerWalk) prev()           { w.ok = w.iter.Prev() }

func (w *layerWalk) at() ([]byte, change, bool) {
	if !w.ok {
		return nil, change{}, false
	}
	return shareBytes(w.iter.Key()), w.iter.Value(), true
}

// A fileWalk goes through a bucket of the file.
type fileWalk struct {
	cursor     *bolt.Cursor
	key, value []byte
}

func (w *fileWalk) seek(key []byte) { w.key, w.value = w.cursor.Seek(key) }
func (w *fileWalk) first()          { w.key, w.value = w.cursor.First() }
func (w *fileWalk) last()           { w.key, w.value = w.cursor.Last() }
func (w *fileWalk) next()           { w.key, w.value = w.cursor.Next() }
func (w *fileWalk) prev()           { w.key, w.value = w.cursor.Prev() }

func (w *fileWalk) at() ([]byte, change, bool) {
	return w.key, change{value: w.value}, w.key != nil
}

package boltstore

import (
	"fmt"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"github.com/spoolmedia/spool/store/boltstore/internal/wal"
)

// fill is how full a page is left when it is split, from 0 to 1. Keys begin with or
// end in numbers and IDs that grow, so that little is ever put between others.
const fill = 0.9

// A checkpoint writes a layer to the file, after which its part of the log is not
// needed any more.
type checkpoint struct {
	layer *layer
	last  wal.Position // of the log that the layer holds
	done  chan struct{}
	err   error // good when done is closed
}

// makeRoom begins a new epoch of the log, with a checkpoint of what there is, if the
// present one has grown enough. It waits for the checkpoint before that: the other
// file of the log, and the memory, are not free earlier.
func (c *committer) makeRoom(s *Store) error {
	if c.size < s.tuning.maxLog {
		return nil
	}
	if c.logger.busy() {
		c.logged(s, <-c.logger.logged)
	}
	if c.size = s.log.Size(); c.size < s.tuning.maxLog {
		return nil // of what was counted some has failed
	}
	if err := c.settle(s); err != nil {
		return err
	}
	last := s.log.Last()
	s.log.Turn()
	v := &version{
		epoch: last.Epoch + 1, top: &layer{}, below: c.last.top, seq: c.last.seq,
		commit: c.last.commit,
	}
	s.versions.publish(v) // before anything of what is below comes to the file
	c.last, c.size = v, 0
	c.checkpoint = s.startCheckpoint(v.below, last)
	return nil
}

// settle waits for the checkpoint. One that has failed is made again.
func (c *committer) settle(s *Store) error {
	if c.checkpoint == nil {
		return nil
	}
	if <-c.checkpoint.done; c.checkpoint.err != nil && s.fault.get() == nil {
		c.checkpoint = s.startCheckpoint(c.checkpoint.layer, c.checkpoint.last)
		<-c.checkpoint.done
	}
	return c.checkpoint.err
}

func (s *Store) startCheckpoint(l *layer, last wal.Position) *checkpoint {
	c := &checkpoint{layer: l, last: last, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		s.tuning.at("checkpoint")
		if c.err = s.file(l, mark{open: true, id: s.id, done: last}); c.err == nil {
			c.layer = nil
			s.versions.wrote(last.Epoch)
			s.commits.poke()
		}
	}()
	return c
}

// file writes the layer to the file, and then the mark. If it is cut off, what it has
// written is what the log says as well.
func (s *Store) file(l *layer, m mark) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	f := filing{store: s}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
			s.fault.set(err) // nobody knows what bbolt holds in memory now
		}
	}()
	defer func() {
		s.stuck.Store(true)
		f.rollback()
		s.stuck.Store(false)
	}()
	if err := f.layer(l); err != nil {
		return err
	}
	if err := f.begin(); err != nil {
		return err
	}
	if err := f.buckets[bucketMeta].Put(markKey, m.append(nil)); err != nil {
		return err
	}
	return f.commit()
}

// A filing writes changes to the file, in transactions of some size.
type filing struct {
	store   *Store
	tx      *bolt.Tx // nil: none yet
	buckets [buckets]*bolt.Bucket
	bytes   int // that the transaction has
	most    int // that it is to have
}

// perFree is how many bytes a transaction has for each free page, at least. With it goes
// the list of those, 8 bytes each: a long one is written less often.
const perFree = 32

func (f *filing) layer(l *layer) error {
	for b, t := range l.tables {
		if t == nil {
			continue
		}
		iter := t.Iter()
		for ok := iter.First(); ok; ok = iter.Next() {
			if err := f.change(bucket(b), shareBytes(iter.Key()), iter.Value()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *filing) change(b bucket, key []byte, c change) error {
	if f.bytes > f.most {
		if err := f.commit(); err != nil {
			return err
		}
	}
	if err := f.begin(); err != nil {
		return err
	}
	f.bytes += len(key) + len(c.value)
	if c.deleted {
		return f.buckets[b].Delete(key)
	}
	return f.buckets[b].Put(key, c.value)
}

// begin begins a transaction, if there is none.
func (f *filing) begin() (err error) {
	if f.tx != nil {
		return nil
	}
	if f.tx, err = f.store.db.Begin(true); err != nil {
		return err
	}
	f.most = max(f.store.tuning.step, perFree*f.store.db.Stats().FreePageN)
	for b, name := range bucketNames {
		f.buckets[b] = f.tx.Bucket(name)
		f.buckets[b].FillPercent = fill
	}
	return nil
}

func (f *filing) commit() error {
	f.store.tuning.at("transaction")
	if err := f.tx.Commit(); err != nil {
		return err
	}
	f.tx, f.bytes = nil, 0
	f.store.tuning.at("written")
	return nil
}

func (f *filing) rollback() {
	if f.tx != nil {
		_ = f.tx.Rollback()
	}
}

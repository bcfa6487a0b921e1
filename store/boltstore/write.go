package boltstore

import (
	"bytes"
	"encoding"
	"encoding/binary"
	"fmt"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
	bolt "go.etcd.io/bbolt"
)

// A write is the transaction of one commit.
type write struct {
	read
	states map[string]*state // those used in this commit
	counts map[string]int    // what is to be added to counters, by key
	seq    uint64            // of the newest event
	news   bool              // there are new events
	fresh  []store.Event     // the new events
	purged bool              // events were deleted
	dirty  bool              // something was written
	err    error             // the first error of a put or delete: nothing is committed
}

// A state is that of a job as this commit has left it so far.
type state struct {
	exists  bool
	changed bool
	listed  bool         // the job is listed in the file
	under   store.Status // it is listed under
	value   store.State
	bytes   []byte // at rest; good while the transaction lasts
}

func newWrite(tx *bolt.Tx) *write {
	return &write{
		read:   read{tx: tx},
		states: make(map[string]*state),
		counts: make(map[string]int),
		seq:    tx.Bucket(bucketEvent).Sequence(),
	}
}

// fill is how full a page is left when it is split, from 0 to 1. Keys begin with or
// end in numbers and IDs that grow, so that little is ever put between others.
const fill = 0.9

func (w *write) put(bucket, key, value []byte) {
	w.dirty = true
	if err := w.table(bucket).Put(key, value); err != nil && w.err == nil {
		w.err = err
	}
}

func (w *write) delete(bucket, key []byte) {
	w.dirty = true
	c := w.table(bucket).cursor
	if k, _ := c.Seek(key); !bytes.Equal(k, key) {
		return
	}
	if err := c.Delete(); err != nil && w.err == nil {
		w.err = err
	}
}

// state returns the state of the job, decoded once in a commit.
func (w *write) state(job string) (*state, error) {
	if st, ok := w.states[job]; ok {
		return st, nil
	}
	st := &state{}
	if b := w.get(bucketState, []byte(job)); b != nil {
		st.exists, st.bytes = true, b
		if err := decode(b, &st.value); err != nil {
			return nil, err
		}
		st.listed, st.under = st.value.Deleted.IsZero(), st.value.Status
	}
	w.states[job] = st
	return st, nil
}

// setState gives the job a state. It is written once, at the end.
func (w *write) setState(st *state, r *rules.Record[store.State]) {
	if !bytes.Equal(st.bytes, r.Bytes) {
		st.changed, st.value, st.bytes = true, r.Value.Clone(), r.Bytes
	}
}

// flush writes what was put off to the end.
func (w *write) flush() {
	for job, st := range w.states {
		if !st.exists || !st.changed {
			continue
		}
		w.put(bucketState, []byte(job), st.bytes)
		w.relist(st, job)
	}
	w.flushCounts()
	if events := w.table(bucketEvent); w.news && w.err == nil {
		w.err = events.SetSequence(w.seq)
	}
}

// relist lists and counts the job as its state now is.
func (w *write) relist(st *state, job string) {
	listed := st.value.Deleted.IsZero()
	if st.listed == listed && st.under == st.value.Status {
		return
	}
	if st.listed {
		w.unlist(st.value.Account, st.under, job)
	}
	if listed {
		w.list(st.value.Account, st.value.Status, job)
	}
	st.listed, st.under = listed, st.value.Status
}

func (w *write) list(account string, status store.Status, job string) {
	for _, key := range listKeys(account, status, job) {
		w.put(bucketList, key, nil)
	}
	w.count(account, status, 1)
}

func (w *write) unlist(account string, status store.Status, job string) {
	for _, key := range listKeys(account, status, job) {
		w.delete(bucketList, key)
	}
	w.count(account, status, -1)
}

// place is where a task stands in an index. The zero place is none.
type place struct {
	bucket string
	key    string
}

func placeOf(t store.Task) place {
	switch {
	case t.Done:
		return place{}
	case t.Session != "":
		return place{string(bucketHeld), string(heldKey(t))}
	case t.NotBefore.IsZero():
		return place{string(bucketReady), string(readyKey(t))}
	default:
		return place{string(bucketLater), string(laterKey(t))}
	}
}

// putTask writes a task that is old now, or was not there.
func (w *write) putTask(old *store.Task, t *rules.Record[store.Task]) {
	key := taskKey(t.Value.Ref)
	w.put(bucketTask, key, t.Bytes)
	to := placeOf(t.Value)
	if old != nil {
		if placeOf(*old) == to && to.bucket != string(bucketLater) {
			return
		}
		w.removePlace(*old)
	}
	if to.bucket != "" {
		w.put([]byte(to.bucket), []byte(to.key), nil)
	}
}

func (w *write) deleteTask(t store.Task) {
	w.delete(bucketTask, taskKey(t.Ref))
	w.removePlace(t)
}

func (w *write) removePlace(t store.Task) {
	from := placeOf(t)
	if from.bucket == "" {
		return
	}
	w.delete([]byte(from.bucket), []byte(from.key))
	if from.bucket == string(bucketLater) {
		w.delete(bucketReady, readyKey(t)) // where promote moves it
	}
}

// putEvents writes the events of one Update, which are those of one job, as one
// record.
func (w *write) putEvents(events []*rules.Record[store.Event]) {
	if len(events) == 0 {
		return
	}
	first := events[0].Value
	for _, e := range events {
		w.fresh = append(w.fresh, e.Value)
	}
	var value []byte
	for _, e := range events {
		value = append(binary.AppendUvarint(value, uint64(len(e.Bytes))), e.Bytes...)
	}
	w.put(bucketEvent, eventKey(first.Seq), value)
	w.put(bucketLog, logKey(logPrefix("", first.Job), first.Seq), nil)
	if first.Account != "" {
		w.put(bucketLog, logKey(logPrefix(first.Account, ""), first.Seq), nil)
	}
	w.seq, w.news = events[len(events)-1].Value.Seq, true
}

// deleteEvents deletes the record of events that begins with the number seq.
func (w *write) deleteEvents(account, job string, seq uint64) {
	w.purged = true
	w.delete(bucketEvent, eventKey(seq))
	w.delete(bucketLog, logKey(logPrefix("", job), seq))
	if account != "" {
		w.delete(bucketLog, logKey(logPrefix(account, ""), seq))
	}
}

// decode reads a record. What it cannot read this package did not write.
func decode(b []byte, v encoding.BinaryUnmarshaler) error {
	if err := v.UnmarshalBinary(b); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

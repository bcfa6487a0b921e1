package boltstore

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/binary"
	"fmt"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore/internal/wal"
	"github.com/spoolmedia/spool/store/internal/rules"
	bolt "go.etcd.io/bbolt"
)

// A write is what a group of Updates does: a transaction of its own, whose changes
// become a record of the log.
type write struct {
	read
	memory
	counts map[counted]int   // what is to be added to counters
	seq    uint64            // of the newest event
	news   bool              // there are new events
	purged bool              // events were deleted
	added  [buckets][]string // keys, of buckets that have gaps
	err    error             // the first error of a change: nothing is committed
}

// A memory is what a write leaves to another when it has come to its end.
type memory struct {
	record  []byte
	fresh   []store.Event     // the new events
	states  map[string]*state // those used in this write
	unused  []*state
	lasting []byte // for the keys of the layer; what is in it stays
	key     []byte // for keys
	place   []byte // and for those of places
	scratch *scratch
}

// clear makes m ready for the next write.
func (m *memory) clear() {
	m.record, m.fresh = wal.Begin(m.record[:0]), m.fresh[:0]
	for _, st := range m.states {
		m.unused = append(m.unused, st)
	}
	clear(m.states)
	if m.states == nil {
		m.states, m.scratch = make(map[string]*state), new(scratch)
	}
}

// newState returns one that holds nothing.
func (m *memory) newState() *state {
	n := len(m.unused)
	if n == 0 {
		return new(state)
	}
	st := m.unused[n-1]
	m.unused = m.unused[:n-1]
	*st = state{}
	return st
}

// A state is that of a job as this write has left it so far.
type state struct {
	exists  bool
	changed bool
	listed  bool         // the job is listed in the file
	under   store.Status // it is listed under
	value   store.State
	bytes   []byte // at rest; good while the transaction lasts
}

// newWrite returns a write on top of v, in a transaction that began when v was known.
func newWrite(v *version, tx *bolt.Tx, m memory) *write {
	own := *v
	own.top = v.top.clone()
	own.commit++
	m.clear()
	return &write{
		read: read{version: &own, tx: tx}, memory: m,
		counts: make(map[counted]int), seq: v.seq,
	}
}

// dirty reports whether there are changes.
func (w *write) dirty() bool { return wal.Size(w.record) > 0 }

// put sets the value of a key. The write keeps the value.
func (w *write) put(b bucket, key, value []byte) { w.change(actionPut, b, key, value) }

// add is put for a key that is known not to be there.
func (w *write) add(b bucket, key, value []byte) { w.change(actionAdd, b, key, value) }

// delete removes a key, which need not be there.
func (w *write) delete(b bucket, key []byte) { w.change(actionDelete, b, key, nil) }

func (w *write) change(a action, b bucket, key, value []byte) {
	if len(key) == 0 || len(key) > bolt.MaxKeySize {
		w.err = cmp.Or(w.err, fmt.Errorf("a key of %d bytes in the bucket %s", len(key), b))
		return
	}
	w.record = appendChange(w.record, a, b, key, value)
	own := w.keep(key)
	if a != actionDelete && hasGaps(b) {
		w.added[b] = append(w.added[b], own)
	}
	w.version.top.apply(a, b, own, value)
}

// keep returns a copy of the key that lasts. Many share a piece of memory.
func (w *write) keep(key []byte) string {
	if len(key) > cap(w.lasting)-len(w.lasting) {
		w.lasting = make([]byte, 0, max(len(key), lastingSize))
	}
	n := len(w.lasting)
	w.lasting = append(w.lasting, key...)
	return shareString(w.lasting[n:])
}

// lastingSize is how much memory is made for keys at once.
const lastingSize = 4 << 10

// state returns the state of the job, decoded once in a write.
func (w *write) state(job string) (*state, error) {
	if st, ok := w.states[job]; ok {
		return st, nil
	}
	st := w.newState()
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
	if w.news {
		w.put(bucketMeta, seqKey, binary.BigEndian.AppendUint64(nil, w.seq))
		w.version.seq = w.seq
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
	w.listAs(actionAdd, account, status, job)
	w.count(account, status, 1)
}

func (w *write) unlist(account string, status store.Status, job string) {
	w.listAs(actionDelete, account, status, job)
	w.count(account, status, -1)
}

// listAs does it among all jobs, and among those of the account.
func (w *write) listAs(a action, account string, status store.Status, job string) {
	w.key = listKey(w.key[:0], "", status, job)
	w.change(a, bucketList, w.key, nil)
	if account != "" {
		w.key = listKey(w.key[:0], account, status, job)
		w.change(a, bucketList, w.key, nil)
	}
}

// place is where a task stands in an index. The zero place is none.
type place struct {
	bucket bucket
	key    []byte // nil: none
}

// placeOf uses the memory of b.
func placeOf(b []byte, t store.Task) place {
	switch {
	case t.Done:
		return place{}
	case t.Session != "":
		return place{bucketHeld, heldKey(b[:0], t)}
	case t.NotBefore.IsZero():
		return place{bucketReady, readyKey(b[:0], t)}
	default:
		return place{bucketLater, laterKey(b[:0], t)}
	}
}

// putTask writes a task that is old now, or was not there.
func (w *write) putTask(old *store.Task, t *rules.Record[store.Task]) {
	a := actionAdd
	if old != nil {
		a = actionPut
	}
	w.key = taskKey(w.key[:0], t.Value.Ref)
	w.change(a, bucketTask, w.key, t.Bytes)
	to := placeOf(w.place, t.Value)
	if old != nil {
		from := placeOf(w.key, *old)
		if from.bucket == to.bucket && bytes.Equal(from.key, to.key) && to.bucket != bucketLater {
			return
		}
		w.removePlace(*old)
	}
	if to.key != nil {
		w.add(to.bucket, to.key, nil)
		w.place = to.key
	}
}

func (w *write) deleteTask(t store.Task) {
	w.key = taskKey(w.key[:0], t.Ref)
	w.delete(bucketTask, w.key)
	w.removePlace(t)
}

func (w *write) removePlace(t store.Task) {
	from := placeOf(w.key, t)
	if from.key == nil {
		return
	}
	w.key = from.key
	w.delete(from.bucket, from.key)
	if from.bucket == bucketLater {
		w.key = readyKey(w.key[:0], t) // where promote moves it
		w.delete(bucketReady, w.key)
	}
}

// putEvents writes the events of one Update, which are those of one job, as one
// record.
func (w *write) putEvents(events []rules.Record[store.Event]) {
	if len(events) == 0 {
		return
	}
	first := &events[0].Value
	size := 0
	for i := range events {
		w.fresh = append(w.fresh, events[i].Value)
		size += binary.MaxVarintLen32 + len(events[i].Bytes)
	}
	value := make([]byte, 0, size)
	for i := range events {
		e := &events[i]
		value = append(binary.AppendUvarint(value, uint64(len(e.Bytes))), e.Bytes...)
	}
	w.logAs(actionAdd, first.Account, first.Job, first.Seq, value)
	w.seq, w.news = events[len(events)-1].Value.Seq, true
}

// deleteEvents deletes the record of events that begins with the number seq.
func (w *write) deleteEvents(account, job string, seq uint64) {
	w.purged = true
	w.logAs(actionDelete, account, job, seq, nil)
}

// logAs does it to a record of events, and to its keys in the logs of the job and the
// account.
func (w *write) logAs(a action, account, job string, seq uint64, value []byte) {
	w.key = eventKey(w.key[:0], seq)
	w.change(a, bucketEvent, w.key, value)
	w.key = logKey(w.key[:0], "", job, seq)
	w.change(a, bucketLog, w.key, nil)
	if account != "" {
		w.key = logKey(w.key[:0], account, "", seq)
		w.change(a, bucketLog, w.key, nil)
	}
}

// decode reads a record. What it cannot read this package did not write.
func decode(b []byte, v encoding.BinaryUnmarshaler) error {
	if err := v.UnmarshalBinary(b); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

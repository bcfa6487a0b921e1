package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/spoolmedia/spool/store"
)

// Count implements [store.Store].
func (s *Store) Count(
	ctx context.Context, account string,
) (counts map[store.Status]int, err error) {
	err = s.view(ctx, func(r *read) (err error) {
		counts, err = r.counts(account)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("boltstore: count: %w", err)
	}
	return counts, nil
}

func (r *read) counts(account string) (map[store.Status]int, error) {
	counts := make(map[store.Status]int)
	prefix := text(nil, account)
	c := r.cursor(bucketCount)
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		n, err := counter(v)
		if err != nil {
			return nil, err
		}
		counts[store.Status(k[len(prefix):])] = n
	}
	return counts, nil
}

// counter reads a counter. One that is not there is 0.
func counter(b []byte) (int, error) {
	if b == nil {
		return 0, nil
	}
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: a counter of %d bytes", ErrDamaged, len(b))
	}
	return int(binary.BigEndian.Uint64(b)), nil
}

// counted are the jobs of an account, or of all if that is "", that have a status.
type counted struct {
	account string
	status  store.Status
}

// count counts n more jobs of the account that have the status.
func (w *write) count(account string, status store.Status, n int) {
	w.counts[counted{"", status}] += n
	if account != "" {
		w.counts[counted{account, status}] += n
	}
}

// flushCounts writes the counters that have changed.
func (w *write) flushCounts() {
	for c, more := range w.counts {
		w.key = countKey(w.key[:0], c.account, c.status)
		n, err := counter(w.get(bucketCount, w.key))
		if err != nil && w.err == nil {
			w.err = err
		}
		switch after := n + more; {
		case after == n:
		case after == 0:
			w.delete(bucketCount, w.key)
		default:
			w.put(bucketCount, w.key, binary.BigEndian.AppendUint64(nil, uint64(after)))
		}
	}
}

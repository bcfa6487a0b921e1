package boltstore

import (
	"encoding/binary"
	"fmt"

	"github.com/tidwall/btree"
)

// A change is what a layer says of one key.
type change struct {
	value   []byte
	deleted bool // the key is not there
	fresh   bool // the key is not in what is below the layer
}

// An action is what is done to a key. In the log it is its number.
type action uint8

const (
	actionPut    action = iota // sets the value
	actionAdd                  // sets the value of a key that is not there
	actionDelete               // removes the key, which may not be there
)

// A layer is what has changed since some moment, by bucket and key. A copy of it may
// be read while the layer changes.
type layer struct {
	tables [buckets]*btree.Map[string, change]
	own    [buckets]bool // the table is not shared with a copy
}

// degree is that of the trees. Copies share their nodes until those are changed, so
// that large ones cost more than they save.
const degree = 12

// clone returns a layer that begins as l is, which must not be changed any more.
func (l *layer) clone() *layer { return &layer{tables: l.tables} }

// table returns the table of the bucket, to be changed.
func (l *layer) table(b bucket) *btree.Map[string, change] {
	if l.own[b] {
		return l.tables[b]
	}
	l.own[b] = true
	if t := l.tables[b]; t != nil {
		l.tables[b] = t.Copy()
	} else {
		l.tables[b] = btree.NewMap[string, change](degree)
	}
	return l.tables[b]
}

// apply takes the action. The layer keeps the value.
func (l *layer) apply(a action, b bucket, key string, value []byte) {
	t := l.table(b)
	if a == actionDelete {
		// What is made and deleted within a layer need never come to the file.
		if old, ok := t.Delete(key); !ok || !old.fresh {
			t.Set(key, change{deleted: true})
		}
		return
	}
	now := change{value: value, fresh: a == actionAdd}
	if old, ok := t.Set(key, now); ok && old.fresh != now.fresh {
		now.fresh = old.fresh
		t.Set(key, now)
	}
}

// get returns what the layer says of the key, if it does.
func (l *layer) get(b bucket, key string) (change, bool) {
	if l == nil || l.tables[b] == nil {
		return change{}, false
	}
	return l.tables[b].Get(key)
}

// appendChange appends what apply is given to a record of the log.
func appendChange(record []byte, a action, b bucket, key, value []byte) []byte {
	record = append(record, byte(a), byte(b))
	record = binary.AppendUvarint(record, uint64(len(key)))
	record = append(record, key...)
	if a == actionDelete {
		return record
	}
	record = binary.AppendUvarint(record, uint64(len(value)))
	return append(record, value...)
}

// replay applies a record of the log, whose memory the layer keeps. A part of that may
// be in the file already, from a checkpoint that was cut off: no key is fresh.
func (l *layer) replay(record []byte) error {
	for len(record) > 0 {
		rest, ok := l.replayOne(record)
		if !ok {
			return fmt.Errorf("%w: a record of the log holds something else", ErrDamaged)
		}
		record = rest
	}
	return nil
}

func (l *layer) replayOne(record []byte) (rest []byte, ok bool) {
	if len(record) < 2 || action(record[0]) > actionDelete || bucket(record[1]) >= buckets {
		return nil, false
	}
	a, b := action(record[0]), bucket(record[1])
	key, rest, ok := cutBytes(record[2:])
	if !ok || len(key) == 0 {
		return nil, false
	}
	var value []byte
	if a != actionDelete {
		if value, rest, ok = cutBytes(rest); !ok {
			return nil, false
		}
	}
	if a == actionAdd {
		a = actionPut
	}
	l.apply(a, b, shareString(key), value)
	return rest, true
}

// cutBytes returns the bytes that b begins with, behind their length, and the rest.
func cutBytes(b []byte) (value, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	end := n + int(size)
	return b[n:end:end], b[end:], true
}

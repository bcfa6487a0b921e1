package wal

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever was on its way to the disk when a process died, the log has what was
// appended, and takes more.
func TestOpenGoesOnBehindWhatWasAppended(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		m := &logModel{path: filepath.Join(dir, "x"), id: NewID()}
		var err error
		if m.log, err = Create(m.path, m.id, Config{NoSync: true}); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = m.log.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"append": m.append,
			"turn":   m.turn,
			"crash":  m.crash,
		})
	})
}

// A logModel is a log with what must be in it.
type logModel struct {
	path    string
	id      ID
	log     *Log
	done    Position
	records []Record
}

func (m *logModel) append(t *rapid.T) {
	payload := rapid.SliceOfN(rapid.Byte(), 0, 99).Draw(t, "payload")
	if err := m.log.Append(append(Begin(nil), payload...)); err != nil {
		t.Fatal(err)
	}
	m.records = append(m.records, Record{Position: m.log.Last(), Payload: payload})
}

// turn does what a store does: what is in the other file is not needed any more.
func (m *logModel) turn(*rapid.T) {
	if m.log.Size() == 0 {
		return
	}
	i := slices.IndexFunc(m.records, func(r Record) bool { return r.Epoch == m.log.epoch })
	if i > 0 {
		m.done, m.records = m.records[i-1].Position, m.records[i:]
	}
	m.log.Turn()
}

// crash leaves a part of the next record, if any, and opens the log again.
func (m *logModel) crash(t *rapid.T) {
	f, at := m.log.files[m.log.epoch%2], Position{m.log.epoch, m.log.last.Number + 1}
	payload := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "torn")
	record := seal(append(Begin(nil), payload...), m.id, at)
	size := rapid.IntRange(0, len(record)).Draw(t, "size")
	if _, err := f.WriteAt(record[:size], m.log.end); err != nil {
		t.Fatal(err)
	}
	there := make([]byte, len(record))
	n, _ := f.ReadAt(there, m.log.end) // the file may be shorter
	if r, ok := next(there[:n], m.id); ok && r.Position == at {
		m.records = append(m.records, r) // its Append has not returned, but it is whole
	}
	if err := m.log.Close(); err != nil {
		t.Fatal(err)
	}
	log, records, err := Open(m.path, m.id, m.done, Config{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	m.log = log
	same := slices.EqualFunc(records, m.records, func(a, b Record) bool {
		return a.Position == b.Position && bytes.Equal(a.Payload, b.Payload)
	})
	if !same {
		t.Fatalf("got %v, want %v", records, m.records)
	}
}

package wal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// payload is that of the record with the number, of a length of its own.
func payload(number uint64) []byte {
	return bytes.Repeat([]byte{byte(number)}, int(number*number%61))
}

// written returns the path of a log with records of the numbers up to last, that had
// taken turns before each of the numbers in turns.
func written(t *testing.T, id ID, last uint64, turns ...uint64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	l, err := Create(path, id, Config{})
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n <= last; n++ {
		if slices.Contains(turns, n) {
			l.Turn()
		}
		if err := l.Append(append(Begin(nil), payload(n)...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// contents returns what is in the files of the log.
func contents(t *testing.T, path string) (files [2][]byte) {
	t.Helper()
	for i, name := range Paths(path) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = b[:min(len(b), 1<<10)] // what follows is zeroes
	}
	return files
}

// check checks that records are those from the number first to the number last.
func check(t *testing.T, records []Record, first, last uint64) {
	t.Helper()
	if want := int(last + 1 - first); len(records) != want {
		t.Fatalf("got %d records, want %d", len(records), want)
	}
	for i, r := range records {
		n := first + uint64(i)
		if r.Number != n || !bytes.Equal(r.Payload, payload(n)) {
			t.Errorf("got record %d with %v, want %d", r.Number, r.Payload, n)
		}
	}
}

func TestReadReturnsWhatWasAppended(t *testing.T) {
	id := NewID()
	for name, c := range map[string]struct {
		last  uint64
		turns []uint64
		done  Position
	}{
		"nothing":                 {},
		"one file":                {last: 9},
		"two files":               {last: 9, turns: []uint64{5}},
		"a file used again":       {last: 9, turns: []uint64{5, 7}, done: Position{1, 4}},
		"and both":                {last: 20, turns: []uint64{9, 12, 17}, done: Position{2, 11}},
		"one with nothing new":    {last: 8, turns: []uint64{5, 9}, done: Position{1, 4}},
		"all done with":           {last: 8, turns: []uint64{5}, done: Position{2, 8}},
		"a turn without a record": {last: 4, turns: []uint64{5}},
	} {
		t.Run(name, func(t *testing.T) {
			records, err := read(written(t, id, c.last, c.turns...), id, c.done)
			if err != nil {
				t.Fatal(err)
			}
			check(t, records, c.done.Number+1, c.last)
		})
	}
}

// A log that was cut off anywhere has the records that were whole.
func TestReadLeavesOutATornRecord(t *testing.T) {
	id := NewID()
	files := contents(t, written(t, id, 6, 3))
	whole := files[0] // of epoch 2, which has the records from 3
	ends := []int{headerSize}
	for n := uint64(3); n <= 6; n++ {
		end := ends[len(ends)-1] + headSize + len(payload(n))
		ends = append(ends, (end+align-1)/align*align)
	}
	for at := headerSize; at <= ends[len(ends)-1]; at++ {
		last := uint64(2)
		for i, end := range ends[1:] {
			if at >= end-align+1 && at >= ends[i]+headSize+len(payload(last+1)) {
				last++
			}
		}
		for filling, rest := range map[string][]byte{
			"the end": nil, "zeroes": make([]byte, 500), "old bytes": bytes.Repeat([]byte("old"), 99),
		} {
			torn := append(slices.Clone(whole[:at]), rest...)
			if bytes.Equal(torn[:min(len(torn), len(whole))], whole[:min(len(torn), len(whole))]) &&
				rest != nil {
				continue // it was zero there anyway
			}
			records, err := parseAll([2][]byte{torn, files[1]}, id, Position{})
			if err != nil {
				t.Fatalf("%d bytes and %s: %v", at, filling, err)
			}
			if got := uint64(len(records)); got != last {
				t.Errorf("%d bytes and %s: got %d records, want %d", at, filling, got, last)
			}
		}
	}
}

// Any byte that is wrong in any record but the last is damage.
func TestReadFindsDamage(t *testing.T) {
	id := NewID()
	files := contents(t, written(t, id, 6, 3))
	for i, whole := range files {
		records, err := parse(whole, id, Position{})
		if err != nil {
			t.Fatal(err)
		}
		end := headerSize
		for _, r := range records[:len(records)-1+i] { // there is a file behind the second
			end += headSize + (len(r.Payload)+align-1)/align*align
		}
		for at := range end {
			bad := slices.Clone(whole)
			bad[at] ^= 0x10
			spoilt := files
			spoilt[i] = bad
			records, err := parseAll(spoilt, id, Position{})
			padding := err == nil && len(records) == 6 // which nobody reads
			if !padding && !errors.Is(err, ErrDamaged) {
				t.Errorf("byte %d of file %d: got %d records, %v", at, i, len(records), err)
			}
		}
	}
}

func TestReadRefusesWhatDoesNotBelong(t *testing.T) {
	id := NewID()
	for name, spoil := range map[string]func(path string) error{
		"a file that is missing": func(path string) error { return os.Remove(Paths(path)[1]) },
		"a file of another log": func(path string) error {
			other := written(t, NewID(), 6, 3)
			return os.Rename(Paths(other)[0], Paths(path)[0])
		},
		"a file that is cut off in its header": func(path string) error {
			return os.Truncate(Paths(path)[0], headerSize-1)
		},
		"a file without the records of its turn": func(path string) error {
			return os.Truncate(Paths(path)[1], headerSize)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := written(t, id, 6, 3)
			if err := spoil(path); err != nil {
				t.Fatal(err)
			}
			if records, err := read(path, id, Position{}); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %d records, %v, want ErrDamaged", len(records), err)
			}
		})
	}
}

// What could not be written is not there, and what follows takes its place.
func TestAppendGoesOnAfterAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	id := NewID()
	l, err := Create(path, id, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Append(append(Begin(nil), payload(1)...)); err != nil {
		t.Fatal(err)
	}
	good := l.files[1].File
	if l.files[1].File, err = os.Open(Paths(path)[1]); err != nil { // for reading only
		t.Fatal(err)
	}
	if err := l.Append(append(Begin(nil), payload(7)...)); err == nil {
		t.Error("got no error of a file that cannot be written")
	}
	if err := l.files[1].File.Close(); err != nil {
		t.Fatal(err)
	}
	l.files[1].File = good
	if _, err := good.WriteAt([]byte("half of a record"), l.end); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(append(Begin(nil), payload(2)...)); err != nil {
		t.Fatal(err)
	}
	records, err := read(path, id, Position{})
	if err != nil {
		t.Fatal(err)
	}
	check(t, records, 1, 2)
}

// After a sync that failed nobody knows what is on disk.
func TestAppendEndsWithAFailedSync(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	var l *Log
	l, err := Create(path, NewID(), Config{Moment: func(name string) {
		if name == "sync" {
			_ = l.files[1].File.Close()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 2 {
		if err := l.Append(Begin(nil)); err == nil || l.Broken() == nil {
			t.Errorf("got %v and broken: %v, want errors", err, l.Broken())
		}
	}
}

func TestLeftoverTellsWhetherALogCanGo(t *testing.T) {
	id, other := NewID(), NewID()
	for name, c := range map[string]struct {
		path string
		want bool
	}{
		"no files":            {filepath.Join(t.TempDir(), "x"), true},
		"of that log":         {written(t, id, 3), true},
		"of another":          {written(t, other, 3), false},
		"of another, unused":  {written(t, other, 0), true},
		"of another, emptied": {written(t, other, 1, 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Leftover(c.path, id)
			if got != c.want || err != nil {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
	for name, content := range map[string]string{
		"short": "spool", "something": fmt.Sprint(make([]int, 99)),
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(Paths(path)[0], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Leftover(path, id); got || err != nil {
			t.Errorf("%s: got %v, %v, want false", name, got, err)
		}
	}
}

func TestRemoveRemovesTheFiles(t *testing.T) {
	path := written(t, NewID(), 3)
	for range 2 {
		if err := Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); len(entries) != 0 || err != nil {
		t.Errorf("got %v, %v, want no files", entries, err)
	}
}

// Whatever a file holds, it is read or refused, and what is read is in order.
func FuzzParse(f *testing.F) {
	var id ID
	copy(id[:], "an ID that is 16")
	file := header(id)
	for n := uint64(1); n <= 3; n++ {
		r := append(Begin(nil), payload(n)...)
		file = append(file, seal(r, id, Position{2, n + 4})...)
	}
	f.Add(file, uint64(0))
	f.Add(file[:len(file)-9], uint64(5))
	f.Add(append(slices.Clone(file), file[headerSize:]...), uint64(7))
	f.Add(slices.Delete(slices.Clone(file), headerSize, headerSize+headSize+8), uint64(4))
	f.Fuzz(func(t *testing.T, b []byte, done uint64) {
		if len(b) >= headerSize { // or all that is found is that it is another log
			copy(b, header(id))
		}
		records, err := parse(b, id, Position{1, done})
		if err != nil && (!errors.Is(err, ErrDamaged) || records != nil) {
			t.Errorf("got %d records, %v, want ErrDamaged", len(records), err)
		}
		size := headerSize
		for i, r := range records {
			if r.Number != records[0].Number+uint64(i) || r.Epoch != records[0].Epoch {
				t.Errorf("record %d: got %v behind %v", i, r.Position, records[0].Position)
			}
			size += headSize + len(r.Payload)
		}
		if size > len(b) && len(records) > 0 {
			t.Errorf("got %d bytes of records of %d", size, len(b))
		}
	})
}

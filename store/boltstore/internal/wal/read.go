package wal

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"slices"
)

// A Record is one that was read.
type Record struct {
	Position
	Payload []byte
	at      int64  // where it begins in its file
	whole   []byte // the record with its head
}

// end returns where the next record begins.
func (r Record) end() int64 { return r.at + int64(len(r.whole)+align-1)/align*align }

// read returns the records behind done of the log of path, in their order.
func read(path string, id ID, done Position) ([]Record, error) {
	var files [2][]byte
	for i, name := range Paths(path) {
		b, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: the log %s is missing", ErrDamaged, name)
		}
		if err != nil {
			return nil, err
		}
		files[i] = b
	}
	records, err := parseAll(files, id, done)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", path, err)
	}
	return records, nil
}

// parseAll returns the records of the two files that come behind done.
func parseAll(files [2][]byte, id ID, done Position) ([]Record, error) {
	var runs [][]Record
	for i, b := range files {
		run, err := parse(b, id, done)
		if err != nil {
			return nil, fmt.Errorf("file %d: %w", i, err)
		}
		if len(run) > 0 {
			takeOut(run, len(b))
			runs = append(runs, run)
		}
	}
	slices.SortFunc(runs, func(a, b []Record) int {
		return cmp.Compare(a[0].Number, b[0].Number)
	})
	return join(runs, done)
}

// join checks that nothing is missing between the records of the files.
func join(runs [][]Record, done Position) (records []Record, err error) {
	for _, run := range runs {
		first := run[0]
		if first.Epoch != done.Epoch+1 || first.Number != done.Number+1 {
			return nil, fmt.Errorf("%w: the log goes from record %d of epoch %d to %d of %d",
				ErrDamaged, done.Number, done.Epoch, first.Number, first.Epoch)
		}
		records = append(records, run...)
		done = run[len(run)-1].Position
	}
	return records, nil
}

// parse returns the records of a file that come behind done. They share its memory.
func parse(b []byte, id ID, done Position) (run []Record, err error) {
	if !bytes.HasPrefix(b, header(id)) {
		return nil, notOf(b)
	}
	at := headerSize
	last := Position{}
	for {
		r, ok := next(b[at:], id)
		if !ok || len(run) > 0 && (r.Epoch != last.Epoch || r.Number != last.Number+1) {
			break
		}
		r.at = int64(at)
		run, last, at = append(run, r), r.Position, min(int(r.end()), len(b))
	}
	if n, ok := newer(b[at:], id, max(last.Number, done.Number)); ok {
		return nil, fmt.Errorf("%w: the record at byte %d, but not record %d behind it",
			ErrDamaged, at, n)
	}
	if last.Number <= done.Number {
		return nil, nil // of an earlier turn
	}
	return run, nil
}

// takeOut gives the records memory of their own, if they are a small part of a file of
// that size. Whoever has them keeps them for long.
func takeOut(run []Record, size int) {
	used := 0
	for _, r := range run {
		used += len(r.whole)
	}
	if used > size/2 {
		return
	}
	memory := make([]byte, 0, used)
	for i, r := range run {
		memory = append(memory, r.whole...)
		whole := memory[len(memory)-len(r.whole) : len(memory) : len(memory)]
		run[i].whole, run[i].Payload = whole, whole[headSize:]
	}
}

// notOf says why b is no file of a log.
func notOf(b []byte) error {
	if len(b) < headerSize || !bytes.HasPrefix(b, []byte(magic)) {
		return fmt.Errorf("%w: this is no log", ErrDamaged)
	}
	sum := binary.BigEndian.Uint32(b[headerSize-4:])
	if crc32.Checksum(b[:headerSize-4], castagnoli) != sum {
		return fmt.Errorf("%w: its header", ErrDamaged)
	}
	if v := binary.BigEndian.Uint32(b[headerSize-8:]); v != version {
		return fmt.Errorf("%w: it has format %d, this program knows %d", ErrDamaged, v, version)
	}
	return fmt.Errorf("%w: it belongs to another file", ErrDamaged)
}

// next returns the record that b begins with, if it is whole.
func next(b []byte, id ID) (Record, bool) {
	if len(b) < headSize || !bytes.Equal(b[24:headSize], id[:8]) {
		return Record{}, false
	}
	n := binary.BigEndian.Uint32(b[4:])
	if n > MaxPayload || uint64(n) > uint64(len(b)-headSize) {
		return Record{}, false
	}
	end := headSize + int(n)
	if crc32.Checksum(b[4:end], castagnoli) != binary.BigEndian.Uint32(b) {
		return Record{}, false
	}
	return Record{
		Position: Position{binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])},
		Payload:  b[headSize:end:end],
		whole:    b[:end:end],
	}, true
}

// newer looks for a whole record with a greater number.
func newer(b []byte, id ID, number uint64) (uint64, bool) {
	for len(b) >= headSize {
		i := bytes.Index(b[headSize-8:], id[:8])
		if i < 0 {
			break
		}
		if n := binary.BigEndian.Uint64(b[i+16:]); n > number {
			if _, ok := next(b[i:], id); ok {
				return n, true
			}
		}
		b = b[i+1:]
	}
	return 0, false
}

// Leftover reports whether what is at the paths of the log of path holds nothing:
// there are no files, or they are of the log with that ID, which is done with, or no
// record was ever written to them.
func Leftover(path string, id ID) (bool, error) {
	for _, name := range Paths(path) {
		b, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, err
		}
		if !empty(b, id) {
			return false, nil
		}
	}
	return true, nil
}

func empty(b []byte, id ID) bool {
	if len(b) < headerSize {
		return len(bytes.Trim(b, "\x00")) == 0
	}
	if bytes.HasPrefix(b, header(id)) {
		return true
	}
	return len(bytes.Trim(b[headerSize:], "\x00")) == 0
}

// Package wal is a write-ahead log in two files that take turns: what was appended
// is on disk when Append returns, at the cost of one sync.
//
//	log, err := wal.Create(path, wal.NewID(), wal.Config{})
//	record := append(wal.Begin(nil), changes...)
//	err = log.Append(record) // durable
//
//	// When the file in use has grown enough, and all that is in the other one is
//	// no longer needed:
//	log.Turn()
//
// After a crash, [Open] returns the records that were appended, and goes on behind them.
//
// # The files
//
// They are path+"-wal0" and path+"-wal1". Each begins with a header of 32 bytes: the
// eight bytes "spoolwal", the [ID] of the log, the version of the format (4 bytes),
// and a checksum (4 bytes) of what comes before. Numbers are big-endian, checksums
// are CRC-32C.
//
// Records follow. Each begins at a multiple of 8 with a head of 32 bytes:
//
//	0  checksum of the rest of the head and of the payload
//	4  length of the payload
//	8  epoch: how often the files have taken turns, from 1; epoch n is in file n % 2
//	16 number of the record, from 1, which goes on from file to file
//	24 the first 8 bytes of the ID
//
// A file that has its turn again is written over from its first record on. What is
// left of its last turn has smaller numbers, so that it is never taken for what comes
// next. Files grow in steps, by zeroes that are written ahead, and do not become
// smaller: a sync need not write how long the file is.
//
// The last record may be torn: its Append never returned, and Open leaves it out. As
// a record is written only when the one before it is on disk, a record that is whole
// behind one that is not is damage.
package wal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// ErrDamaged is in the tree of every error about the content of a file.
var ErrDamaged = errors.New("wal: damaged")

// An ID tells the logs of all stores, and of all times that one was open, apart.
type ID [16]byte

// NewID returns an ID that no other log has.
func NewID() (id ID) {
	_, _ = rand.Read(id[:]) // never fails
	return id
}

const (
	magic      = "spoolwal"
	version    = 1
	headerSize = 32 // of a file
	headSize   = 32 // of a record
	align      = 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header returns what a file of the log begins with.
func header(id ID) []byte {
	b := append([]byte(magic), id[:]...)
	b = binary.BigEndian.AppendUint32(b, version)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// Position is a record's place in the log. The zero Position is before the first.
type Position struct {
	Epoch  uint64
	Number uint64
}

// Begin appends room for the head of a record to b, which is empty. The payload is to
// be appended to that.
func Begin(b []byte) []byte { return append(b, make([]byte, headSize)...) }

// Size returns how many bytes the payload of a record that began with Begin has.
func Size(record []byte) int { return len(record) - headSize }

// seal fills in the head of a record that began with Begin, and the zeroes that bring
// it to a multiple of 8.
func seal(record []byte, id ID, at Position) []byte {
	binary.BigEndian.PutUint32(record[4:], uint32(len(record)-headSize))
	binary.BigEndian.PutUint64(record[8:], at.Epoch)
	binary.BigEndian.PutUint64(record[16:], at.Number)
	copy(record[24:headSize], id[:])
	binary.BigEndian.PutUint32(record, crc32.Checksum(record[4:], castagnoli))
	for len(record)%align != 0 {
		record = append(record, 0)
	}
	return record
}

package boltstore

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"time"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// A bucket is one of those in the file. In the log it is its number.
type bucket uint8

// The buckets. A text in the middle of a key ends with a byte 0, which IDs and
// tasks' names do not contain; others are escaped ("…" below), see text. Tasks'
// names are keys of package rules, numbers are big-endian.
const (
	bucketMeta     bucket = iota // what it is → see file.go
	bucketJob                    // job → store.Job
	bucketState                  // job → store.State
	bucketFile                   // job 0 index → store.File
	bucketTask                   // job 0 task → store.Task
	bucketEvent                  // number of the first → its size, store.Event, and so on
	bucketKey                    // "account" key → job
	bucketList                   // "account or none" "status" job
	bucketReady                  // "lane" "account" inverted priority, job 0 task
	bucketLater                  // time, job 0 task
	bucketHeld                   // "session" job 0 task
	bucketLog                    // "j" job or "a" account, number of a bucketEvent
	bucketHeadless               // job: it has records, but no head
	bucketCount                  // "account or none" status → how many jobs
	bucketPaused                 // "*": all are; or "a" account

	buckets // how many there are
)

var bucketNames = [buckets][]byte{
	[]byte("meta"), []byte("job"), []byte("state"), []byte("file"), []byte("task"),
	[]byte("event"), []byte("key"), []byte("list"), []byte("ready"), []byte("later"),
	[]byte("held"), []byte("log"), []byte("headless"), []byte("count"), []byte("paused"),
}

// String returns the name of the bucket in the file.
func (b bucket) String() string { return string(bucketNames[b]) }

// The functions that make keys append them to b, so that its memory can be used again.

// text appends s so that keys sort as the texts do and none is the beginning of
// another: 0 becomes 0 255, and the end is 0 1.
func text(b []byte, s string) []byte {
	if strings.IndexByte(s, 0) < 0 {
		return append(append(b, s...), 0, 1)
	}
	for i := range len(s) {
		if b = append(b, s[i]); s[i] == 0 {
			b = append(b, 255)
		}
	}
	return append(b, 0, 1)
}

// cutText returns the text that b begins with, and what follows it.
func cutText(b []byte) (string, []byte) {
	var s []byte
	for i := 0; i+1 < len(b); i++ {
		if b[i] == 0 && b[i+1] == 1 {
			return string(s), b[i+2:]
		}
		if s = append(s, b[i]); b[i] == 0 {
			i++
		}
	}
	return string(s), nil
}

// behind returns the least key that is greater than all that begin with prefix,
// which must end with less than 255.
func behind(prefix []byte) []byte {
	b := bytes.Clone(prefix)
	b[len(b)-1]++
	return b
}

// jobPrefix is what the keys of a job's files or tasks begin with.
func jobPrefix(b []byte, job string) []byte { return append(append(b, job...), 0) }

func fileKey(b []byte, job string, index int) []byte {
	return binary.BigEndian.AppendUint32(jobPrefix(b, job), uint32(index))
}

func taskKey(b []byte, r store.Ref) []byte {
	return append(jobPrefix(b, r.Job), rules.Key(r.Task)...)
}

func idemKey(account, key string) []byte { return append(text(nil, account), key...) }

func listPrefix(b []byte, account string, status store.Status) []byte {
	return text(text(b, account), string(status))
}

func listKey(b []byte, account string, status store.Status, job string) []byte {
	return append(listPrefix(b, account, status), job...)
}

func countKey(b []byte, account string, status store.Status) []byte {
	return append(text(b, account), status...)
}

func pauseKey(p store.Pause) []byte {
	if p.All {
		return []byte("*")
	}
	return append([]byte("a"), p.Account...)
}

func readyPrefix(b []byte, lane, account string) []byte { return text(text(b, lane), account) }

func readyKey(b []byte, t store.Task) []byte {
	inverted := uint64(math.MaxInt64) - uint64(t.Priority) // the sign goes to the top
	b = binary.BigEndian.AppendUint64(readyPrefix(b, t.Lane, t.Account), inverted)
	return taskKey(b, t.Ref)
}

const prioritySize = 8

// timePrefix sorts as times do.
func timePrefix(b []byte, t time.Time) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

const timeSize = 12

func laterKey(b []byte, t store.Task) []byte { return taskKey(timePrefix(b, t.NotBefore), t.Ref) }

func heldKey(b []byte, t store.Task) []byte { return taskKey(text(b, t.Session), t.Ref) }

const eventSize = 8

func eventKey(b []byte, seq uint64) []byte { return binary.BigEndian.AppendUint64(b, seq) }

// logPrefix is what the keys of the events of a job or, if that is "", of an
// account begin with.
func logPrefix(b []byte, account, job string) []byte {
	if job != "" {
		return text(append(b, 'j'), job)
	}
	return text(append(b, 'a'), account)
}

func logKey(b []byte, account, job string, seq uint64) []byte {
	return eventKey(logPrefix(b, account, job), seq)
}

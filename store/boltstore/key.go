package boltstore

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
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

// keyRoom is about how long what follows a text in a key is.
const keyRoom = 48

// text appends s so that keys sort as the texts do and none is the beginning of
// another: 0 becomes 0 255, and the end is 0 1.
func text(b []byte, s string) []byte {
	b = slices.Grow(b, len(s)+keyRoom)
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
func jobPrefix(job string) []byte {
	return append(append(make([]byte, 0, len(job)+16), job...), 0)
}

func fileKey(job string, index int) []byte {
	return binary.BigEndian.AppendUint32(jobPrefix(job), uint32(index))
}

func taskKey(r store.Ref) []byte { return append(jobPrefix(r.Job), rules.Key(r.Task)...) }

func idemKey(account, key string) []byte { return append(text(nil, account), key...) }

func listPrefix(account string, status store.Status) []byte {
	return text(text(nil, account), string(status))
}

// listKeys returns where the job stands: among all, and among those of its account.
func listKeys(account string, status store.Status, job string) [][]byte {
	all := append(listPrefix("", status), job...)
	if account == "" {
		return [][]byte{all}
	}
	return [][]byte{all, append(listPrefix(account, status), job...)}
}

func countKey(account string, status store.Status) []byte {
	return append(text(nil, account), status...)
}

func pauseKey(p store.Pause) []byte {
	if p.All {
		return []byte("*")
	}
	return append([]byte("a"), p.Account...)
}

func readyPrefix(lane, account string) []byte { return text(text(nil, lane), account) }

func readyKey(t store.Task) []byte {
	inverted := uint64(math.MaxInt64) - uint64(t.Priority) // the sign goes to the top
	b := binary.BigEndian.AppendUint64(readyPrefix(t.Lane, t.Account), inverted)
	return append(b, taskKey(t.Ref)...)
}

const prioritySize = 8

// timePrefix sorts as times do.
func timePrefix(t time.Time) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

const timeSize = 12

func laterKey(t store.Task) []byte { return append(timePrefix(t.NotBefore), taskKey(t.Ref)...) }

func heldKey(t store.Task) []byte { return append(text(nil, t.Session), taskKey(t.Ref)...) }

const eventSize = 8

func eventKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// logPrefix is what the keys of the events of a job or, if that is "", of an
// account begin with.
func logPrefix(account, job string) []byte {
	if job != "" {
		return text([]byte("j"), job)
	}
	return text([]byte("a"), account)
}

func logKey(prefix []byte, seq uint64) []byte { return binary.BigEndian.AppendUint64(prefix, seq) }

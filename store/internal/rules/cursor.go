package rules

import (
	"fmt"
	"strconv"

	"github.com/spoolmedia/spool/store"
)

// Cursor returns the cursor of the event with that number.
func Cursor(seq uint64) string { return strconv.FormatUint(seq, 10) }

// Seq returns the number of the event with that cursor, 0 for "". A cursor that
// is none, or that of an event after newest, is ErrBadCursor.
func Seq(cursor string, newest uint64) (uint64, error) {
	if cursor == "" {
		return 0, nil
	}
	seq, err := strconv.ParseUint(cursor, 10, 64)
	if err != nil || seq == 0 || seq > newest || Cursor(seq) != cursor {
		return 0, fmt.Errorf("%.40q: %w", cursor, store.ErrBadCursor)
	}
	return seq, nil
}

// Behind reports whether the job with that ID comes behind the cursor in the
// order of q.
func Behind(q store.Query, id, cursor string) bool {
	switch {
	case cursor == "":
		return true
	case q.Oldest:
		return id > cursor
	default:
		return id < cursor
	}
}

package boltstore

import (
	"fmt"
	"runtime/debug"

	"github.com/spoolmedia/spool/store/boltstore/internal/wal"
)

// A group holds at most so many writes and, but for the last of them, about so many
// bytes.
const (
	eager         = 32 // so many need not wait for more
	maxGroup      = 1024
	maxGroupBytes = 1 << 20
	maxSpare      = 4 * maxGroupBytes // of a record, to be used again
)

// A group is writes that become one record of the log.
type group struct {
	ops   []*op
	write *write
}

// room returns how many writes more the group may have.
func (g *group) room() int {
	switch {
	case g == nil:
		return maxGroup
	case len(g.write.record) > maxGroupBytes:
		return 0
	}
	return maxGroup - len(g.ops)
}

// run does some of the writes. After an error, which is damage, nobody knows what the
// others have done.
func (g *group) run(ops []*op) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	for _, o := range ops {
		o.err = o.run(g.write)
	}
	return nil
}

// seal makes the record of the log complete.
func (g *group) seal() (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	g.write.flush()
	g.close()
	if n := wal.Size(g.write.record); n > wal.MaxPayload && g.write.err == nil {
		return fmt.Errorf("a commit of %d bytes is too large", n)
	}
	return g.write.err
}

// close ends the transaction.
func (g *group) close() {
	if g.write != nil && g.write.tx != nil {
		_ = g.write.tx.Rollback() // which cannot fail
		g.write.tx = nil
	}
}

// fail ends all writes with the error, also those that have failed by themselves: they
// saw what never was.
func (g *group) fail(err error) {
	for _, o := range g.ops {
		o.err = err
	}
	g.finish()
}

// finish lets those who wait go on.
func (g *group) finish() {
	for _, o := range g.ops {
		close(o.done)
	}
}

package crashtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spoolmedia/spool/engine/enginetest"
)

// Report counts what happened and what was checked.
type Report struct {
	Kills  map[string]int // by the name of the moment
	Points int            // named moments that a life has
	Lives  int            // children, also those that ended before their moment came

	Submits     int // calls, also those that never returned
	Accepted    int // jobs that Submit returned
	Untold      int // jobs of Submits that were killed before they returned
	Cancelled   int // jobs
	Retried     int // jobs
	Deleted     int // jobs
	Archives    int // each with the outputs of its job
	Keys        int // idempotency keys, each of one job
	Files       int
	Fetched     int // files from URLs
	Completed   int // files
	Failed      int // files, as they should
	Quarantined int // files that failed because the process died on them too often
	Attempts    int // claims of files
	Outputs     int // each there once, with the right checksum
	Callbacks   int // each received at least once
	Received    int // callbacks, those included that came more than once
	Removed     int // blobs, by sweeps and by Submits that were not needed
	Took        time.Duration
}

func (r Report) killed() int {
	n := 0
	for _, kills := range r.Kills {
		n += kills
	}
	return n
}

// String returns the report as lines.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d kills in %d lives, at %d of %d named moments, in %v\n",
		r.killed(), r.Lives, len(r.Kills)-min(r.Kills["at random"], 1), r.Points,
		r.Took.Round(time.Millisecond))
	for _, name := range slices.Sorted(maps.Keys(r.Kills)) {
		fmt.Fprintf(&b, "  %-24s %4d\n", name, r.Kills[name])
	}
	for _, line := range []struct {
		what string
		n    int
	}{
		{"calls of Submit", r.Submits}, {"jobs accepted", r.Accepted},
		{"jobs of killed Submits", r.Untold}, {"jobs cancelled", r.Cancelled},
		{"jobs retried", r.Retried}, {"jobs deleted", r.Deleted}, {"archives checked", r.Archives},
		{"idempotency keys", r.Keys}, {"files", r.Files}, {"files from URLs", r.Fetched},
		{"files completed", r.Completed},
		{"files failed", r.Failed}, {"of these, quarantined", r.Quarantined},
		{"attempts at files", r.Attempts}, {"outputs checked", r.Outputs},
		{"callbacks", r.Callbacks}, {"callbacks received", r.Received},
		{"blobs removed", r.Removed},
	} {
		fmt.Fprintf(&b, "%-26s %4d\n", line.what, line.n)
	}
	return b.String()
}

func sortCalls(calls []enginetest.Call) {
	slices.SortFunc(calls, func(a, b enginetest.Call) int {
		return cmp.Compare(a.String(), b.String())
	})
}

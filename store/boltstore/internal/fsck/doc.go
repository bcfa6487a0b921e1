// Package fsck finds damage in a file of bbolt, by reading it as a file: what it
// meets can neither fault, as a mapped page can, nor lead it round in circles.
//
//	err := fsck.Check(file, size, fsck.Needed)
//
// bbolt trusts its file. It maps it, follows what it reads there, and partly does
// so in goroutines of its own, where a panic ends the process. A file that has
// passed is one whose trees bbolt can walk: every page is there, in one place only,
// and of the right kind, and every key is where a search looks for it.
//
// The layout is that of bbolt's internal/common package, of version 2 of the
// file: https://github.com/etcd-io/bbolt.
package fsck

import "errors"

// ErrDamaged is in the tree of every error about the content of a file.
var ErrDamaged = errors.New("fsck: damaged")

// Depth is how much of a file is read.
type Depth int

const (
	// Branches are the pages that lead to others, and the list of free pages: one
	// page in a hundred. A file that has passed may still have damaged leaves.
	Branches Depth = iota
	// All are all pages that are in use.
	All
	// Needed is All if the list of free pages is not in the file, because bbolt then
	// reads all pages to make one when it opens the file, in a goroutine of its own
	// where a panic ends the process. Else it is Branches.
	Needed
)

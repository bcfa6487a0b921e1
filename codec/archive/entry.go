package archive

import (
	"io"
	"io/fs"
	"iter"
	"time"
)

// entry is one entry of an archive that is read.
type entry struct {
	name     string // as the archive has it, with slashes, in UTF-8
	kind     kind
	size     int64 // of the body, -1 if the archive does not tell
	perm     fs.FileMode
	modified time.Time // zero: unknown
	// open returns the body of a file. It is called at most once, and read before
	// the next entry is asked for.
	open func() (io.ReadCloser, error)
}

type kind string

const (
	file   kind = "file"
	folder kind = "folder"
	link   kind = "link"
	device kind = "device"
)

// entries yields the entries of an archive in their order, and ends with the
// first error.
type entries = iter.Seq2[entry, error]

// kindOf tells apart what passes and what does not.
func kindOf(m fs.FileMode) kind {
	switch {
	case m.IsDir():
		return folder
	case m.IsRegular():
		return file
	case m&fs.ModeSymlink != 0:
		return link
	}
	return device
}

// opened is an archive whose directory or first header has been read.
type opened struct {
	all entries
	// single says that it is no archive but one compressed file, and then count
	// returns its size when it is unpacked.
	single bool
	count  func() (int64, error)
}

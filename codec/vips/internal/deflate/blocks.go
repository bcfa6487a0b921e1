package deflate

import (
	"encoding/binary"
	"fmt"
)

// maxStored is how many bytes a stored block has at most.
const maxStored = 1<<16 - 1

// blocks reads a zlib stream of stored blocks (RFC 1950, and 3.2.4 of RFC 1951). The
// checksum behind them is not looked at.
type blocks struct {
	head  []byte // of the block, or what there is of it
	begun bool   // the header of the stream is behind
	rest  int    // bytes of the block that are to come
	last  bool   // there is no other block
}

// next returns bytes that b has, and how many of b it took.
func (s *blocks) next(b []byte) (raw []byte, took int, err error) {
	switch {
	case s.rest > 0:
		took = min(s.rest, len(b))
		s.rest -= took
		return b[:took], took, nil
	case s.last:
		return nil, len(b), nil // the checksum
	}
	want := 5
	if !s.begun {
		want = 2
	}
	took = min(want-len(s.head), len(b))
	if s.head = append(s.head, b[:took]...); len(s.head) < want {
		return nil, took, nil
	}
	if s.begun {
		if s.head[0]&^1 != 0 {
			return nil, took, fmt.Errorf("%w: a block of another type", ErrSyntax)
		}
		s.last, s.rest = s.head[0] == 1, int(binary.LittleEndian.Uint16(s.head[1:]))
	}
	s.begun, s.head = true, s.head[:0]
	return nil, took, nil
}

// ended reports whether all blocks are behind.
func (s *blocks) ended() bool { return s.last && s.rest == 0 }

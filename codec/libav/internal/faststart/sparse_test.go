package faststart_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/spoolmedia/spool/codec/libav/internal/faststart"
)

const page = 4096

// sparse is a File of which only pages that are not zero take memory.
type sparse struct {
	pages     map[int64]*[page]byte
	size, pos int64
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) && off < s.size {
		n := int(min(page-off%page, int64(len(p)-done), s.size-off))
		clear(p[done : done+n])
		if b := s.pages[off/page]; b != nil {
			copy(p[done:done+n], b[off%page:])
		}
		done, off = done+n, off+int64(n)
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

func (s *sparse) Seek(off int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		off += s.size
	}
	s.pos = off
	return off, nil
}

var zeros [page]byte

func (s *sparse) Write(p []byte) (int, error) {
	for done := 0; done < len(p); {
		n := min(page-int(s.pos%page), len(p)-done)
		b := s.pages[s.pos/page]
		if b == nil && !bytes.Equal(p[done:done+n], zeros[:n]) {
			b = new([page]byte)
			s.pages[s.pos/page] = b
		}
		if b != nil {
			copy(b[s.pos%page:], p[done:done+n])
		}
		done, s.pos = done+n, s.pos+int64(n)
		s.size = max(s.size, s.pos)
	}
	return len(p), nil
}

// TestRelocateWidensOffsetsThatPass4GiB has a last chunk that lies below 4 GiB
// until the index comes in front of it.
func TestRelocateWidensOffsetsThatPass4GiB(t *testing.T) {
	const last = 1<<32 - 100
	head := ftyp + u32(1) + "mdat" + u64(last+50-20) // ends behind the last chunk
	index := box("moov", trak(stco(36, last)), trak(stco(36, 40)), trak(co64(last)))
	f := &sparse{pages: map[int64]*[page]byte{}}
	for off, text := range map[int64]string{
		0: head, 36: "first", 40: "second", last: "last", last + 50: index,
	} {
		f.pos = off
		if _, err := io.WriteString(f, text); err != nil {
			t.Fatal(err)
		}
	}
	before := f.size
	if err := faststart.Relocate(f, f.size); err != nil {
		t.Fatal(err)
	}
	if f.size != before+8 { // two offsets of the first track took 4 bytes more each
		t.Errorf("the file has grown by %d bytes, want 8", f.size-before)
	}
	front := make([]byte, 1000)
	if _, err := f.ReadAt(front, 0); err != nil {
		t.Fatal(err)
	}
	got := offsets(front)
	moved := uint64(len(index) + 8)
	for i, want := range []uint64{36, last, 36, 40, last} {
		if i >= len(got) || got[i] != want+moved {
			t.Fatalf("offsets %d, want number %d to be %d", got, i, want+moved)
		}
	}
	text := make([]byte, 4)
	if _, err := f.ReadAt(text, int64(got[1])); err != nil || string(text) != "last" {
		t.Errorf("the last chunk begins with %q, %v", text, err)
	}
	if n := bytes.Count(front, []byte("stco")); n != 1 {
		t.Errorf("%d tables of 32 bits, want 1", n)
	}
}

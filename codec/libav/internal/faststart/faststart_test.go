package faststart_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec/libav/internal/faststart"
)

// memory is a File of bytes.
type memory struct {
	data []byte
	pos  int64

	failAt int64 // a write here or behind fails; 0: none does
}

var errFull = errors.New("no room left")

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(m.data).ReadAt(p, off)
}

func (m *memory) Seek(off int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		off += int64(len(m.data))
	}
	m.pos = off
	return off, nil
}

func (m *memory) Write(p []byte) (int, error) {
	if m.failAt > 0 && m.pos >= m.failAt {
		return 0, errFull
	}
	if grow := m.pos + int64(len(p)) - int64(len(m.data)); grow > 0 {
		m.data = append(m.data, make([]byte, grow)...)
	}
	copy(m.data[m.pos:], p)
	m.pos += int64(len(p))
	return len(p), nil
}

// box returns a box with a size of 32 bits.
func box(kind string, payload ...string) string {
	body := strings.Join(payload, "")
	return u32(8+len(body)) + kind + body
}

// box64 returns a box with a size of 64 bits.
func box64(kind string, payload ...string) string {
	body := strings.Join(payload, "")
	return u32(1) + kind + u64(uint64(16+len(body))) + body
}

func u32[T int | uint32](n T) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(n)))
}

func u64(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }

func stco(offsets ...int) string {
	body := u32(0) + u32(len(offsets))
	for _, off := range offsets {
		body += u32(off)
	}
	return box("stco", body)
}

func co64(offsets ...uint64) string {
	body := u32(0) + u32(len(offsets))
	for _, off := range offsets {
		body += u64(off)
	}
	return box("co64", body)
}

// trak returns a track with these boxes in its sample table.
func trak(stbl ...string) string {
	return box("trak", box("tkhd", "t"), box("mdia", box("mdhd", "m"), box("minf",
		box("vmhd", "v"), box("stbl", box("stsd", "s"), strings.Join(stbl, ""), box("stsz", "z")))))
}

var ftyp = box("ftyp", "isom\x00\x00\x02\x00isom") // 20 bytes

func media(n int) string {
	b := make([]byte, n)
	for i, r := 0, rand.New(rand.NewPCG(1, uint64(n))); i < n; i++ {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

// kinds returns the kinds of the boxes at the top of data.
func kinds(t *testing.T, data []byte) []string {
	t.Helper()
	var all []string
	for len(data) >= 8 {
		size := uint64(binary.BigEndian.Uint32(data))
		switch size {
		case 0:
			size = uint64(len(data))
		case 1:
			size = binary.BigEndian.Uint64(data[8:])
		}
		if size < 8 || size > uint64(len(data)) {
			t.Fatalf("the box %q has the size %d of %d", data[4:8], size, len(data))
		}
		all = append(all, string(data[4:8]))
		data = data[size:]
	}
	return all
}

// offsets returns all chunk offsets in data, by a search of its own.
func offsets(data []byte) []uint64 {
	var all []uint64
	for i := 4; i+12 <= len(data); i++ {
		width := map[string]int{"stco": 4, "co64": 8}[string(data[i:i+4])]
		if width == 0 {
			continue
		}
		for n, at := binary.BigEndian.Uint32(data[i+8:]), i+12; n > 0; n-- {
			if width == 4 {
				all = append(all, uint64(binary.BigEndian.Uint32(data[at:])))
			} else {
				all = append(all, binary.BigEndian.Uint64(data[at:]))
			}
			at += width
		}
	}
	return all
}

func TestRelocateMovesTheIndexToTheFront(t *testing.T) {
	data := media(3000)
	for _, c := range []struct {
		name, file string
		want       []string
	}{
		{"one track", ftyp + box("mdat", data) + box("moov", box("mvhd", "h"), trak(stco(28, 128))),
			[]string{"ftyp", "moov", "mdat"}},
		{"64 bits", ftyp + box("mdat", data) + box("moov", trak(co64(28, 128, 2000))),
			[]string{"ftyp", "moov", "mdat"}},
		{"two tracks and tags", ftyp + box("mdat", data) + box("moov", trak(stco(28, 500)),
			trak(co64(200)), box("udta", "tags and four zeros\x00\x00\x00\x00")),
			[]string{"ftyp", "moov", "mdat"}},
		{"space in front of the data", ftyp + box("free") + box("mdat", data) +
			box("moov", trak(stco(36))), []string{"ftyp", "moov", "free", "mdat"}},
		{"wide in front of the data", ftyp + box("uuid", "x") + box("skip", "1") + box("wide") +
			box("mdat", data) + box("moov", trak(stco(60))),
			[]string{"ftyp", "uuid", "moov", "skip", "wide", "mdat"}},
		{"two pieces of data, and boxes behind the index", ftyp + box("mdat", data[:100]) +
			box("free", "x") + box("mdat", data[100:]) + box("moov", trak(stco(28, 200, 1500))) +
			box("mdat", data) + box("uuid", "end"),
			[]string{"ftyp", "moov", "mdat", "free", "mdat", "mdat", "uuid"}},
		{"sizes of 64 bits", ftyp + box64("mdat", data) + box64("moov", trak(stco(36, 99))),
			[]string{"ftyp", "moov", "mdat"}},
		{"an index without size", ftyp + box("mdat", data) +
			u32(0) + box("moov", trak(stco(28, 77)))[4:], []string{"ftyp", "moov", "mdat"}},
		{"no ftyp", box("mdat", data) + box("moov", trak(stco(8))), []string{"moov", "mdat"}},
		{"a track without chunks", ftyp + box("mdat", data) + box("moov", trak(stco())),
			[]string{"ftyp", "moov", "mdat"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &memory{data: []byte(c.file)}
			if err := faststart.Relocate(f, int64(len(c.file))); err != nil {
				t.Fatal(err)
			}
			if got := kinds(t, f.data); !slices.Equal(got, c.want) {
				t.Errorf("boxes %v, want %v", got, c.want)
			}
			if len(f.data) != len(c.file) || f.pos != int64(len(c.file)) {
				t.Errorf("%d bytes, position %d, want %d", len(f.data), f.pos, len(c.file))
			}
			before, after := offsets([]byte(c.file)), offsets(f.data)
			if len(before) != len(after) {
				t.Fatalf("%d offsets, want %d", len(after), len(before))
			}
			for i := range before {
				was, is := c.file[before[i]:][:32], string(f.data[after[i]:][:32])
				if was != is {
					t.Errorf("offset %d → %d points to %x, want %x", before[i], after[i], is, was)
				}
			}
		})
	}
}

func TestRelocateKeepsOffsetsBehindTheIndex(t *testing.T) {
	front := ftyp + box("mdat", media(100))
	index := func(off int) string { return box("moov", trak(stco(28, off))) }
	behind := len(front) + len(index(0)) + 8
	f := &memory{data: []byte(front + index(behind) + box("mdat", "behind"))}
	if err := faststart.Relocate(f, int64(len(f.data))); err != nil {
		t.Fatal(err)
	}
	if got := offsets(f.data); got[1] != uint64(behind) || string(f.data[got[1]:]) != "behind" {
		t.Errorf("offsets %v, want the second to stay %d", got, behind)
	}
}

func TestRelocateMovesMoreThanItsBuffer(t *testing.T) {
	data := media(5<<20 + 123)
	f := &memory{data: []byte(ftyp + box("mdat", data) + box("moov", trak(stco(28))))}
	if err := faststart.Relocate(f, int64(len(f.data))); err != nil {
		t.Fatal(err)
	}
	if got := string(f.data[offsets(f.data[:1000])[0]:]); got != data {
		t.Error("the data has changed")
	}
}

func TestRelocateLeavesAnIndexInFront(t *testing.T) {
	for _, file := range []string{
		ftyp + box("moov", trak(stco(200))) + box("mdat", media(100)),
		ftyp + box("moov", "not looked into"),
		ftyp + box("moov", trak(stco())) + box("moof", "f") + box("mdat", "d"),
		ftyp + box("moov", trak(stco(200))) + u32(1000) + "mdat, cut off",
	} {
		f := &memory{data: []byte(file), failAt: -1}
		if err := faststart.Relocate(f, int64(len(file))); err != nil {
			t.Error(err)
		}
		if string(f.data) != file {
			t.Error("the file has changed")
		}
	}
}

func TestRelocateRefusesWhatItCannotMove(t *testing.T) {
	front := ftyp + box("mdat", media(100))
	for _, c := range []struct{ name, file, box string }{
		{"empty", "", "moov"},
		{"no index", front, "moov"},
		{"two indexes", front + box("moov", trak(stco(28))) + box("moov"), "moov"},
		{"cut off in a header", front + "\x00\x00", "box"},
		{"size below the header", front + u32(7) + "moov", "moov"},
		{"size past the end", front + u32(900) + "moov", "moov"},
		{"64-bit size below the header", front + u32(1) + "moov" + u64(15), "moov"},
		{"64-bit size cut off", front + u32(1) + "moov\x00\x00", "moov"},
		{"negative size", front + u32(1) + "moov" + u64(1<<63+64), "moov"},
		{"compressed index", front + box("moov", box("cmov", "zlib")), "cmov"},
		{"fragments", front + box("moof", "f") + box("moov", trak(stco(28))), "moof"},
		{"encryption data", front + box("moov", trak(stco(28), box("saio", "abcdefgh"))), "saio"},
		{"table cut off", front + box("moov", trak(box("stco", "\x00\x00"))), "stco"},
		{"table that lies", front + box("moov", trak(box("stco", u32(0), u32(2), u32(28)))), "stco"},
		{"wide table that lies",
			front + box("moov", trak(box("co64", u32(0), u32(uint32(1<<31)), u64(28)))), "co64"},
		{"box larger than its parent", front + box("moov", u32(90)+"trak"), "trak"},
		{"endless tracks", front + box("moov", strings.Repeat(box("trak"), 1<<16)), "trak"},
		{"endless boxes", front + strings.Repeat(box("free"), 1<<16) + box("moov"), "free"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &memory{data: []byte(c.file)}
			err := faststart.Relocate(f, int64(len(c.file)))
			fault, ok := errors.AsType[*faststart.FormatError](err)
			if !ok || fault.Box != c.box {
				t.Errorf("error %v, want a FormatError of the box %s", err, c.box)
			}
			if string(f.data) != c.file {
				t.Error("the file has changed")
			}
		})
	}
}

func TestRelocateReturnsErrorsOfTheFile(t *testing.T) {
	file := ftyp + box("mdat", media(100)) + box("moov", trak(stco(28)))
	f := &memory{data: []byte(file), failAt: 1}
	if err := faststart.Relocate(f, int64(len(file))); !errors.Is(err, errFull) {
		t.Errorf("error %v, want the write error", err)
	}
	f = &memory{data: []byte(file[:60])}
	if err := faststart.Relocate(f, int64(len(file))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want io.ErrUnexpectedEOF", err)
	}
}

func FuzzRelocate(f *testing.F) {
	f.Add([]byte(ftyp + box("mdat", "media data") + box("moov", box("mvhd", "h"), trak(stco(28, 30)))))
	f.Add([]byte(ftyp + box("free") + box64("mdat", "media data") + box64("moov", trak(co64(44)))))
	f.Add([]byte(ftyp + box("mdat", "data") +
		box("moov", trak(stco(1<<32-9), co64(1<<63))) + box("uuid", "u")))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := &memory{data: slices.Clone(data)}
		err := faststart.Relocate(file, int64(len(data)))
		if err != nil {
			if _, ok := errors.AsType[*faststart.FormatError](err); !ok {
				t.Fatalf("error %v, want a FormatError", err)
			}
			if !bytes.Equal(file.data, data) {
				t.Fatal("a refused file has changed")
			}
			return
		}
		once := slices.Clone(file.data)
		if err := faststart.Relocate(file, int64(len(once))); err != nil {
			t.Fatalf("the second time: %v", err)
		}
		if !bytes.Equal(file.data, once) {
			t.Fatal("the second time changes the file")
		}
	})
}

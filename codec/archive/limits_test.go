package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func limited(l codec.Limits) codec.Policy { return codec.Policy{Limits: l} }

func TestEachLimitIsKeptAndNamed(t *testing.T) {
	zeros := make([]byte, 17<<20) // the ratio counts from 16 MiB on
	gz := gzOf(t, "", zeros)
	bomb := zipOfGz(t, gz, len(zeros))
	small := []item{{"a.txt", "12345"}, {"b.txt", "67890"}}
	for _, c := range []struct {
		name   string
		limits codec.Limits
		in     codec.Input
		says   string
	}{
		{"entries of a zip", codec.Limits{Entries: 1}, input("a.zip", zipOf(t, small...)), "1 entries"},
		{"entries of a tar", codec.Limits{Entries: 1}, input("a.tar", tarOf(t, small...)), "1 entries"},
		{"entries of a 7z", codec.Limits{Entries: 1}, input("a.7z", fixture(t, "small.7z")), "1 entries"},
		{"decoded bytes of a zip", codec.Limits{DecodedBytes: 9}, input("a.zip", zipOf(t, small...)), "decoded"},
		{"decoded bytes of a tar", codec.Limits{DecodedBytes: 9}, input("a.tar", tarOf(t, small...)), "decoded"},
		{"decoded bytes of a 7z", codec.Limits{DecodedBytes: 9}, input("a.7z", fixture(t, "small.7z")), "decoded"},
		{"decoded bytes of a gz", codec.Limits{DecodedBytes: 9},
			input("a.gz", gzOf(t, "", []byte("0123456789"))), "decoded"},
		{"output bytes", codec.Limits{OutputBytes: 9}, input("a.zip", zipOf(t, small...)), "output bytes"},
		{"ratio of a zip", codec.Limits{}, input("a.zip", bomb), "ratio"},
		{"ratio of a gz", codec.Limits{}, input("a.gz", gz), "ratio"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, op := range []codec.Operation{codec.Extract{}, codec.Convert{Format: "tar"}} {
				_, err := do(t, limited(c.limits), op, c.in)
				refused(t, err, codec.Limit, c.says)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		none := codec.Limits{Entries: -1, DecodedBytes: -1, Ratio: -1, OutputBytes: -1}
		outputs, err := do(t, limited(none), codec.Extract{}, input("a.zip", bomb))
		if err != nil || len(outputs) != 1 || len(outputs[0].Data) != len(zeros) {
			t.Errorf("%v", err)
		}
	})
	t.Run("outputs of an archive", func(t *testing.T) {
		_, err := do(t, limited(codec.Limits{OutputBytes: 9}), codec.Archive{}, input("a", []byte("a")))
		refused(t, err, codec.Limit, "output bytes")
	})
}

// zipOfGz makes a zip with the one file that is in gz.
func zipOfGz(t testing.TB, gz []byte, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	const header, trailer = 10, 8 // without a name
	body := gz[header : len(gz)-trailer]
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: "zeros", Method: zip.Deflate, CRC32: binary.LittleEndian.Uint32(gz[len(gz)-trailer:]),
		CompressedSize64: uint64(len(body)), UncompressedSize64: uint64(size),
	})
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestALyingSizeEndsTheWork: the directory announces one byte, and there are more.
func TestALyingSizeEndsTheWork(t *testing.T) {
	data := zipOf(t, item{"a.txt", strings.Repeat("a", 100000)})
	at := bytes.LastIndex(data, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(data[at+24:], 1)
	_, err := do(t, codec.Policy{}, codec.Extract{}, input("a.zip", data))
	refused(t, err, codec.Invalid, "damaged")
}

// TestACutStreamIsNotTakenForAShortOne cuts files that fit into the first look.
func TestACutStreamIsNotTakenForAShortOne(t *testing.T) {
	noise := make([]byte, 6000)
	for i := range noise {
		noise[i] = byte(i * i * i >> 5)
	}
	for name, data := range map[string][]byte{
		"a.gz": gzOf(t, "", noise), "a.xz": xzOf(t, noise), "a.tar": tarOf(t, item{"a", string(noise)}),
		"a.tar.gz": gzOf(t, "", tarOf(t, item{"a", string(noise)})), "a.rar": rarOf(item{"a", string(noise)}),
	} {
		for _, left := range []int{len(data) / 2, len(data) - 20} {
			if name == "a.tar" && left > 7000 {
				continue // only the zeros at the end are missing
			}
			for _, op := range []codec.Operation{codec.Extract{}, codec.Convert{Format: "zip"}} {
				_, err := do(t, codec.Policy{}, op, input(name, data[:left]))
				refused(t, err, codec.Invalid, "damaged or cut off")
			}
		}
	}
}

// overlapping returns a zip with n entries that are all the same bytes.
func overlapping(t testing.TB, n int, body []byte, pad int) []byte {
	t.Helper()
	var b bytes.Buffer
	b.Write(make([]byte, pad))
	z := zip.NewWriter(&b)
	z.SetOffset(int64(pad))
	w, err := z.CreateHeader(&zip.FileHeader{Name: "0000", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	directory := bytes.LastIndex(data, []byte("PK\x01\x02"))
	end := bytes.LastIndex(data, []byte("PK\x05\x06"))
	header, tail := bytes.Clone(data[directory:end]), bytes.Clone(data[end:])
	data = data[:directory]
	for range n {
		data = append(data, header...)
	}
	binary.LittleEndian.PutUint16(tail[8:], uint16(n))
	binary.LittleEndian.PutUint16(tail[10:], uint16(n))
	binary.LittleEndian.PutUint32(tail[12:], uint32(n*len(header)))
	return append(data, tail...)
}

func TestEntriesThatShareBytesAreRefused(t *testing.T) {
	many := overlapping(t, 1000, make([]byte, 1000), 0)
	two := overlapping(t, 2, make([]byte, 1000), 100000) // together shorter than the file
	for name, data := range map[string][]byte{"many.zip": many, "two.zip": two} {
		_, err := do(t, codec.Policy{}, codec.Extract{}, codectest.NewInput(name, "application/zip", data))
		refused(t, err, codec.Invalid, "overlap")
	}
	if _, err := do(t, codec.Policy{}, codec.Extract{},
		codectest.NewInput("one.zip", "application/zip", overlapping(t, 1, []byte("x"), 100))); err != nil {
		t.Errorf("one entry behind other bytes: %v", err)
	}
}

func TestAMillionEntriesAreRefusedBeforeTheyFillTheMemory(t *testing.T) {
	header := make([]byte, 47)
	copy(header, "PK\x01\x02\x14\x00\x14\x00")
	header[28] = 1 // bytes of the name
	header[46] = 'a'
	const n = 1_000_000
	data := bytes.Repeat(header, n)
	tail := make([]byte, 22)
	copy(tail, "PK\x05\x06")
	binary.LittleEndian.PutUint16(tail[8:], n&0xffff)
	binary.LittleEndian.PutUint16(tail[10:], n&0xffff)
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(data)))
	data = append(data, tail...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := do(t, codec.Policy{}, codec.Extract{}, codectest.NewInput("a.zip", "application/zip", data))
	runtime.ReadMemStats(&after)
	refused(t, err, codec.Limit, "10000 entries")
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("%d MiB were allocated", grown>>20)
	}
	header = tarOf(t, item{"a", ""})[:512]
	_, err = do(t, codec.Policy{}, codec.Convert{Format: "tar"},
		codectest.NewInput("a.tar", "application/x-tar", bytes.Repeat(header, 20000)))
	refused(t, err, codec.Limit, "10000 entries")
}

func TestPasswordsAreNamed(t *testing.T) {
	for _, name := range []string{"locked.zip", "locked.7z", "hidden.7z"} {
		for _, op := range []codec.Operation{codec.Extract{}, codec.Convert{Format: "tar"}} {
			_, err := do(t, codec.Policy{}, op, input(name, fixture(t, name)))
			refused(t, err, codec.Unsupported, name+" is protected by a password")
		}
	}
}

func TestAnUnknownMethodIsNamed(t *testing.T) {
	data := zipOf(t, item{"a.txt", "text"})
	for _, signature := range []string{"PK\x03\x04", "PK\x01\x02"} {
		at := bytes.Index(data, []byte(signature))
		binary.LittleEndian.PutUint16(data[at+map[string]int{"PK\x03\x04": 8, "PK\x01\x02": 10}[signature]:], 9)
	}
	_, err := do(t, codec.Policy{}, codec.Extract{}, input("a.zip", data))
	refused(t, err, codec.Unsupported, "method 9")
}

func TestAnArchiveWithoutFilesIsRefusedByExtract(t *testing.T) {
	link := tarWith(t, nil, []tar.Header{{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "b"}})
	for name, data := range map[string][]byte{"a.tar": link, "a.zip": zipOf(t, item{"docs/", ""})} {
		_, err := do(t, codec.Policy{}, codec.Extract{}, input(name, data))
		refused(t, err, codec.Invalid, "holds no files")
	}
}

// long is a tar with one file of size bytes that begins like a JPEG, made as it is
// read.
type long struct {
	head []byte
	size int64
}

func longTar(t testing.TB, size int64) long {
	var b bytes.Buffer
	if err := tar.NewWriter(&b).WriteHeader(&tar.Header{Name: "a.jpg", Size: size}); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\xff\xd8\xff\xe0")
	return long{b.Bytes(), size + 512 + 1024}
}

func (l long) Size() int64  { return l.size }
func (l long) Name() string { return "long.tar" }
func (l long) Type() string { return "application/x-tar" }

func (l long) ReadAt(p []byte, off int64) (int, error) {
	n := int(min(int64(len(p)), l.size-off))
	clear(p[:n])
	if off < int64(len(l.head)) {
		copy(p[:n], l.head[off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// TestMemoryDoesNotGrowWithTheArchive counts all that is allocated, which is more
// than what is held.
func TestMemoryDoesNotGrowWithTheArchive(t *testing.T) {
	for _, op := range []codec.Operation{codec.Convert{Format: "zip"}, codec.Convert{Format: "tar"}, codec.Extract{}} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		sink := new(discard)
		work := &codec.Work{Op: op, In: []codec.Input{longTar(t, 128<<20)}, Out: sink}
		if err := process(t, work); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if sink.n < 128<<20 {
			t.Errorf("%s wrote %d bytes", op.Name(), sink.n)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
			t.Errorf("%s allocated %d KiB for 128 MiB", op.Name(), grown>>10)
		}
	}
}

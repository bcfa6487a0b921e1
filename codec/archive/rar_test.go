package archive_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// rarOf makes a RAR 5 archive of stored files, by RARLAB's technical note "RAR 5.0
// archive format": no free program writes RAR.
func rarOf(items ...item) []byte {
	b := []byte("Rar!\x1a\x07\x01\x00")
	b = rarBlock(b, 1, 0) // the archive
	for _, i := range items {
		b = rarFile(b, i, 0)
	}
	return rarBlock(b, 5, 0) // the end
}

// rarBlock appends a header: its checksum, its size, and what is in it.
func rarBlock(b []byte, numbers ...uint64) []byte {
	var body []byte
	for _, n := range append(numbers, 0) {
		body = binary.AppendUvarint(body, n)
	}
	return rarHeader(b, body)
}

func rarHeader(b, body []byte) []byte {
	sized := append(binary.AppendUvarint(nil, uint64(len(body))), body...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(sized))
	return append(b, sized...)
}

func rarFile(b []byte, i item, fileFlags uint64) []byte {
	const file, hasData, isFolder, hasTime, hasCRC = 2, 2, 1, 2, 4
	flags, name := fileFlags|hasTime|hasCRC, i.name
	if name[len(name)-1] == '/' {
		flags, name = flags|isFolder, name[:len(name)-1]
	}
	var h []byte
	for _, n := range []uint64{file, hasData, uint64(len(i.data)), flags, uint64(len(i.data)), 0o100644} {
		h = binary.AppendUvarint(h, n)
	}
	h = binary.LittleEndian.AppendUint32(h, uint32(noon.Unix()))
	h = binary.LittleEndian.AppendUint32(h, crc32.ChecksumIEEE([]byte(i.data)))
	const stored, unix = 0, 1
	for _, n := range []uint64{stored, unix, uint64(len(name))} {
		h = binary.AppendUvarint(h, n)
	}
	return append(rarHeader(b, append(h, name...)), i.data...)
}

func TestRARIsRead(t *testing.T) {
	in := input("a.rar", rarOf(items...))
	if in.Type() != "application/vnd.rar" {
		t.Fatalf("it is %s", in.Type())
	}
	for _, format := range []string{"zip", "tar"} {
		out := one(t, codec.Convert{Format: format}, in)
		if diff := cmp.Diff(items, list(t, format, out.Data), same); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
	}
	got := extract(t, input("a.rar", rarOf(item{`..\..\up.txt`, "x"}, item{"/etc/passwd", "y"})))
	if len(got) != 2 || got[0].Path != "up.txt" || got[1].Path != "etc/passwd" {
		t.Errorf("%+v", got)
	}
}

// TestARARWithoutSizesBecomesAZipOnly: a tar must know the size before.
func TestARARWithoutSizesBecomesAZipOnly(t *testing.T) {
	const unknownSize = 8
	data := rarFile(rarBlock([]byte("Rar!\x1a\x07\x01\x00"), 1, 0), item{"a.txt", "text"}, unknownSize)
	data = rarBlock(data, 5, 0)
	out := one(t, codec.Convert{Format: "zip"}, input("a.rar", data))
	if diff := cmp.Diff([]item{{"a.txt", "text"}}, list(t, "zip", out.Data), same); diff != "" {
		t.Error(diff)
	}
	_, err := do(t, codec.Policy{}, codec.Convert{Format: "tar"}, input("a.rar", data))
	refused(t, err, codec.Unsupported, "does not tell the size")
}

func TestADamagedRARIsRefused(t *testing.T) {
	data := rarOf(item{"a.txt", "some text"})
	data[len(data)-15] ^= 1 // in the text
	_, err := do(t, codec.Policy{}, codec.Extract{}, input("a.rar", data))
	refused(t, err, codec.Invalid, "checksum")
	_, err = do(t, codec.Policy{}, codec.Extract{}, input("a.rar", data[:len(data)/2]))
	refused(t, err, codec.Invalid, "damaged")
}

// TestTimesDoNotDependOnTheZone also reads the corpus's RAR 4, whose times are those
// of a clock on the wall.
func TestTimesDoNotDependOnTheZone(t *testing.T) {
	zone := time.Local
	defer func() { time.Local = zone }()
	old := codectest.OpenInput(t, codectest.Corpus(t, "archive/filetype-fixture.rar"))
	inputs := []codec.Input{
		old, input("a.rar", rarOf(items...)), input("a.zip", zipOf(t, items...)),
		input("a.7z", fixture(t, "small.7z")), input("a.tar", tarOf(t, items...)),
	}
	for _, in := range inputs {
		time.Local = time.UTC
		utc := one(t, codec.Convert{Format: "tgz"}, in)
		time.Local = time.FixedZone("east", 5*3600)
		if east := one(t, codec.Convert{Format: "tgz"}, in); !bytes.Equal(east.Data, utc.Data) {
			t.Errorf("%s: the zone of the machine changes the result", in.Name())
		}
	}
}

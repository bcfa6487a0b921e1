package archive

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"os"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// bytesInput is a 7z in memory.
type bytesInput struct{ *bytes.Reader }

func (b bytesInput) Name() string { return "a.7z" }
func (b bytesInput) Type() string { return "application/x-7z-compressed" }

// sevenZipOf puts a header behind a packed stream.
func sevenZipOf(packed, header []byte) []byte {
	next := binary.LittleEndian.AppendUint64(nil, uint64(len(packed)))
	next = binary.LittleEndian.AppendUint64(next, uint64(len(header)))
	next = binary.LittleEndian.AppendUint32(next, crc32.ChecksumIEEE(header))
	b := binary.LittleEndian.AppendUint32([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), crc32.ChecksumIEEE(next))
	return bytes.Join([][]byte{b, next, packed, header}, nil)
}

func check(t testing.TB, data []byte, limits codec.Limits) error {
	t.Helper()
	w := &codec.Work{Policy: codec.Policy{Limits: limits}}
	s := sessionOf(context.Background(), w, bytesInput{bytes.NewReader(data)})
	return s.do(func() error {
		_, err := s.openSevenZip()
		return err
	})
}

// folderOf describes one packed stream of 4 bytes by one method.
func folderOf(method string, properties ...byte) string {
	return "\x04\x06\x00\x01\x09\x04\x00\x07\x0b\x01\x00\x01" + string(rune(0x20|len(method))) + method +
		string(rune(len(properties))) + string(properties) + "\x0c\x04\x00\x00\x00"
}

func TestSevenZipHeadersThatAskForTooMuchAreRefused(t *testing.T) {
	for _, c := range []struct{ name, header, says string }{
		{"4,000,000,000 entries", "\x01\x05\xf0\x00\x28\x6b\xee", "makes no sense"},
		{"no limit of bytes", "\x01\x05\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "makes no sense"},
		{"more entries than allowed", "\x01\x05\x83\xe8" + strings.Repeat("\x00", 2000), "the limit"},
		{"a dictionary of 4 GiB", "\x01" + folderOf(methodLZMA, 0x5d, 0xff, 0xff, 0xff, 0xff), "dictionary"},
		{"a dictionary of 4 GiB of LZMA2", "\x01" + folderOf(methodLZMA2, 40), "dictionary"},
		{"a model of 4 GiB", "\x01" + folderOf(methodPPMd, 6, 0xff, 0xff, 0xff, 0xff), "dictionary"},
		{"many folders", "\x01\x04\x07\x0b\xf0\x00\x28\x6b\xee\x00", "makes no sense"},
		{"large properties", "\x01\x04\x07\x0b\x01\x00\x01\x21\x21\xf0\x00\x28\x6b\xee", "makes no sense"},
		{"a packed header of 1 TiB", "\x17\x06\x00\x01\x09\x04\x00\x07\x0b\x01\x00\x01\x23\x03\x01\x01\x05" +
			"\x5d\x00\x00\x01\x00\x0c\xfc\x00\x00\x00\x00\x00\x01\x00\x00", "directory of more than"},
		{"nothing", "", ""},
	} {
		err := check(t, sevenZipOf([]byte("data"), []byte(c.header)), codec.Limits{Entries: 100})
		if err == nil || !codec.Permanent(err) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v of the class %s, want %q", c.name, err, codec.ClassOf(err), c.says)
		}
	}
}

func TestASignatureFurtherBackIsNotLookedFor(t *testing.T) {
	data, err := os.ReadFile("testdata/small.7z")
	if err != nil {
		t.Fatal(err)
	}
	if err := check(t, data, codec.Limits{}); err != nil {
		t.Error(err)
	}
	if err := check(t, append([]byte("behind other bytes"), data...), codec.Limits{}); err == nil {
		t.Error("an archive behind other bytes is read")
	}
}

// FuzzSevenZipHeader walks any header, and lets the library have what passes.
func FuzzSevenZipHeader(f *testing.F) {
	for _, method := range []string{methodCopy, methodLZMA, methodLZMA2, methodPPMd, methodAES} {
		f.Add([]byte("\x01" + folderOf(method, 0x5d, 0, 0, 1, 0)))
	}
	f.Add([]byte("\x01\x05\x01\x11\x05\x00a\x00\x00\x00\x0e\x01\x80\x0f\x01\x80\x00\x00"))
	f.Add([]byte("\x01\x02\x01\x01\x00\x00\x04\x06\x00\x01\x09\x04\x0a\x01\x00\x00\x00\x00\x00\x07\x0b\x01\x00\x01\x01\x00" +
		"\x0c\x04\x00\x08\x0d\x02\x09\x02\x0a\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, header []byte) {
		err := check(t, sevenZipOf([]byte("data"), header), codec.Limits{Entries: 1000})
		if err != nil && !codec.Permanent(err) {
			t.Errorf("%v of the class %s", err, codec.ClassOf(err))
		}
	})
}

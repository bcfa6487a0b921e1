package archive_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

var encodings = map[string]encoding.Encoding{
	"utf-8": unicode.UTF8, "cp437": charmap.CodePage437, "cp866": charmap.CodePage866,
	"cp1251": charmap.Windows1251, "shift-jis": japanese.ShiftJIS,
	"gbk": simplifiedchinese.GBK, "euc-kr": korean.EUCKR,
}

func inPage(t *testing.T, page, text string) string {
	t.Helper()
	raw, err := encodings[page].NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// rawZip has one file, whose name is not marked as UTF-8.
func rawZip(t testing.TB, name string) []byte {
	return zipWith(t, zip.FileHeader{Name: name, NonUTF8: true})
}

func unicodeZip(t testing.TB, name, real string) []byte {
	field := binary.LittleEndian.AppendUint32([]byte{1}, crc32.ChecksumIEEE([]byte(name)))
	field = append(field, real...)
	extra := binary.LittleEndian.AppendUint16([]byte{0x75, 0x70}, uint16(len(field)))
	return zipWith(t, zip.FileHeader{Name: name, NonUTF8: true, Extra: append(extra, field...)})
}

func zipWith(t testing.TB, headers ...zip.FileHeader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, h := range headers {
		w, err := z.CreateHeader(&h)
		if err == nil {
			_, err = w.Write([]byte("x"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rawTar has one file, whose name is in the header as it is.
func rawTar(t testing.TB, name string) []byte {
	t.Helper()
	if len(name) > 99 {
		t.Fatalf("%q is too long", name)
	}
	data := tarOf(t, item{strings.Repeat("n", len(name)), "x"})
	copy(data, name)
	sum := 0
	for i, c := range data[:512] {
		if 148 <= i && i < 156 {
			c = ' '
		}
		sum += int(c)
	}
	copy(data[148:156], octal(sum))
	return data
}

func octal(n int) []byte {
	b := []byte("000000\x00 ")
	for i := 5; i >= 0; i-- {
		b[i] = '0' + byte(n&7)
		n >>= 3
	}
	return b
}

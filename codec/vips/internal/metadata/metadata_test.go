package metadata_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec/vips/internal/metadata"
)

// cut returns the file without its metadata, and what was cut out.
func cut(t testing.TB, data []byte, mediaType string) ([]byte, []string) {
	t.Helper()
	f, err := metadata.Cut(bytes.NewReader(data), int64(len(data)), mediaType)
	if err != nil {
		t.Fatalf("%s: %v", mediaType, err)
	}
	got, err := io.ReadAll(f.Reader())
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(got)) != f.Size {
		t.Errorf("%s: %d bytes, and the size is %d", mediaType, len(got), f.Size)
	}
	return got, f.Removed
}

func segment(marker byte, body string) string {
	return string(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))) + body
}

func chunk(name, body string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, name...), body...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
}

func riffChunk(name, body string) string {
	b := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
	if len(body)%2 == 1 {
		body += "\x00"
	}
	return string(b) + body
}

func riff(chunks ...string) string {
	body := "WEBP" + strings.Join(chunks, "")
	return string(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)))) + body
}

// shorter is a file whose length is that of its beginning.
func shorter(file string) string {
	return file[:4] + string(binary.LittleEndian.AppendUint32(nil, uint32(len(file)-8))) + file[8:]
}

// plain returns a JPEG and a PNG of noise without metadata.
func plain(t testing.TB) (jpg, png_ string) {
	t.Helper()
	im := image.NewRGBA(image.Rect(0, 0, 33, 17))
	for i := range im.Pix {
		im.Pix[i] = byte(i * i * 31 >> 3)
	}
	var j, p bytes.Buffer
	if err := errors.Join(jpeg.Encode(&j, im, nil), png.Encode(&p, im)); err != nil {
		t.Fatal(err)
	}
	return j.String(), p.String()
}

type sample struct {
	name, mediaType string
	data, want      string
	removed         []string
}

func samples(t testing.TB) []sample {
	j, p := plain(t)
	profile := segment(0xe2, "ICC_PROFILE\x00\x01\x01of colours")
	adobe := segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x01")
	jfif := "JFIF\x00\x01\x01\x01\x00\x48\x00\x48"
	ihdr := 8 + 25
	picture := riffChunk("VP8 ", "a frame of odd length")
	return []sample{
		{"jpeg", "image/jpeg", j[:2] + segment(0xe0, jfif+"\x00\x00") + segment(0xe1, "Exif\x00\x00MM") +
			segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x/>") + profile + segment(0xed, "Photoshop 3.0\x00") +
			adobe + segment(0xfe, "a comment") + segment(0xe5, "what is this") + j[2:] + "and a film",
			j[:2] + segment(0xe0, jfif+"\x00\x00") + profile + adobe + j[2:],
			[]string{"EXIF", "IPTC", "XMP", "comment", "data behind the picture", "data of a program"}},
		{"jpeg with previews", "image/jpeg", j[:2] + segment(0xe0, jfif+"\x01\x01rgb") +
			segment(0xe0, "JFXX\x00\x10") + segment(0xe2, "MPF\x00II") + j[2:],
			j[:2] + segment(0xe0, jfif+"\x00\x00") + j[2:], []string{"preview"}},
		{"jpeg with a comment before its end", "image/jpeg",
			j[:len(j)-2] + segment(0xfe, "late") + j[len(j)-2:], j, []string{"comment"}},
		{"jpeg without an end", "image/jpeg", j[:2] + segment(0xfe, "x") + j[2:len(j)-40],
			j[:len(j)-40], []string{"comment"}},
		{"clean jpeg", "image/jpeg", j, j, nil},
		{"png", "image/png", p[:ihdr] + chunk("tEXt", "Author\x00Ada") + chunk("iCCP", "x\x00\x00") +
			chunk("eXIf", "MM") + chunk("tIME", "1234567") + chunk("prVt", "?") + p[ihdr:] + "tail",
			p[:ihdr] + chunk("iCCP", "x\x00\x00") + p[ihdr:],
			[]string{"EXIF", "data behind the picture", "data of a program", "text", "time"}},
		{"apng", "image/apng", p[:ihdr] + chunk("acTL", "12345678") + p[ihdr:],
			p[:ihdr] + chunk("acTL", "12345678") + p[ihdr:], nil},
		{"png without an end", "image/png", p[:ihdr] + chunk("zTXt", "") + p[ihdr:len(p)-30],
			p[:len(p)-30], []string{"text"}},
		{"webp", "image/webp", riff(riffChunk("VP8X", "\x2c\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
			riffChunk("ICCP", "profile"), picture, riffChunk("EXIF", "MM"), riffChunk("XMP ", "<x/>"),
			riffChunk("????", "")) + "tail",
			riff(riffChunk("VP8X", "\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
				riffChunk("ICCP", "profile"), picture),
			[]string{"EXIF", "XMP", "data behind the picture", "data of a program"}},
		{"webp without an end", "image/webp", riff(picture)[:30], shorter(riff(picture)[:30]), nil},
		{"simple webp", "image/webp", riff(picture), riff(picture), nil},
	}
}

func TestCutKeepsThePictureAlone(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			got, removed := cut(t, []byte(s.data), s.mediaType)
			if string(got) != s.want {
				t.Errorf("%d bytes, want %d\n got %q\nwant %q", len(got), len(s.want), got, s.want)
			}
			if !slices.Equal(removed, s.removed) {
				t.Errorf("removed %q, want %q", removed, s.removed)
			}
			f, err := metadata.Cut(strings.NewReader(s.data), int64(len(s.data)), s.mediaType)
			if early := strings.HasSuffix(s.name, "without an end"); err != nil || f.Early != early {
				t.Errorf("it ends early: %v, want %v, %v", f.Early, early, err)
			}
		})
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	j, p := plain(t)
	for name, s := range map[string]struct{ mediaType, data string }{
		"empty jpeg": {"image/jpeg", ""}, "empty png": {"image/png", ""}, "empty webp": {"image/webp", ""},
		"another type":      {"image/jpeg", p},
		"no scan":           {"image/jpeg", j[:40]},
		"no marker":         {"image/jpeg", j[:2] + "x" + j[2:]},
		"short segment":     {"image/jpeg", j[:2] + "\xff\xe1\x00\x01" + j[2:]},
		"long segment":      {"image/jpeg", j[:2] + "\xff\xe1\xff\xff"},
		"no picture":        {"image/png", p[:33]},
		"long chunk":        {"image/png", p[:33] + "\xff\xff\xff\xfftEXt"},
		"webp of nothing":   {"image/webp", riff(riffChunk("EXIF", "MM"))},
		"webp of a header":  {"image/webp", riff(riffChunk("VP8X", "\x00"))},
		"webp's long chunk": {"image/webp", riff("EXIF\xff\xff\xff\xff")},
		"too many pieces":   {"image/png", p[:33] + strings.Repeat(chunk("tEXt", "")+chunk("pHYs", ""), 1<<16) + p[33:]},
	} {
		_, err := metadata.Cut(strings.NewReader(s.data), int64(len(s.data)), s.mediaType)
		if !errors.Is(err, metadata.ErrSyntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := metadata.Cut(strings.NewReader("GIF89a"), 6, "image/gif"); err == nil {
		t.Error("gif is cut")
	}
}

// failing fails every read behind a byte.
type failing struct {
	io.ReaderAt
	from int64
	hit  bool
}

var errRead = errors.New("this read fails")

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		f.hit = true
		return 0, errRead
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestFailedReadsAreNoFaultOfTheFile(t *testing.T) {
	for _, s := range samples(t) {
		for _, from := range []int{0, len(s.data) / 3} {
			r := &failing{ReaderAt: strings.NewReader(s.data), from: int64(from)}
			_, err := metadata.Cut(r, int64(len(s.data)), s.mediaType)
			if errors.Is(err, errRead) != r.hit || from == 0 && !r.hit {
				t.Errorf("%s from %d: read %v, %v", s.name, from, r.hit, err)
			}
		}
	}
}

// FuzzCut wants that what stays is a file of which everything stays.
func FuzzCut(f *testing.F) {
	for _, s := range samples(f) {
		f.Add([]byte(s.data), s.mediaType)
	}
	f.Fuzz(func(t *testing.T, data []byte, mediaType string) {
		if !metadata.Cuts(mediaType) {
			return
		}
		file, err := metadata.Cut(bytes.NewReader(data), int64(len(data)), mediaType)
		if err != nil {
			return
		}
		once, err := io.ReadAll(file.Reader())
		if err != nil || int64(len(once)) != file.Size {
			t.Fatalf("%d bytes, %v, want %d", len(once), err, file.Size)
		}
		if twice, removed := cut(t, once, mediaType); !bytes.Equal(once, twice) || len(removed) > 0 {
			t.Fatalf("cut again, %q goes: %q, %q", removed, once, twice)
		}
	})
}

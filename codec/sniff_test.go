package codec_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// oracle says which media type each kind of the corpus' manifest must have.
var oracle = map[string]string{
	"archive/7z": "application/x-7z-compressed", "archive/gz": "application/gzip",
	"archive/rar": "application/vnd.rar", "archive/tar": "application/x-tar",
	"archive/zip": "application/zip",
	"audio/aac":   "audio/aac", "audio/aif": "audio/aiff", "audio/amr": "audio/amr",
	"audio/flac": "audio/flac", "audio/m4a": "audio/mp4", "audio/m4b": "audio/mp4",
	"audio/mp3": "audio/mpeg", "audio/ogg": "audio/ogg", "audio/opus": "audio/opus",
	"audio/wav": "audio/wav", "audio/wma": "audio/x-ms-wma", "audio/wv": "audio/x-wavpack",
	"document/docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"document/epub": "application/epub+zip", "document/pdf": "application/pdf",
	"hostile/avif": "image/avif", "hostile/bmp": "image/bmp",
	"hostile/bz2": "application/x-bzip2", "hostile/flac": "audio/flac",
	"hostile/gif": "image/gif", "hostile/gz": "application/gzip", "hostile/jpeg": "image/jpeg",
	"hostile/m3u8": "application/vnd.apple.mpegurl", "hostile/m4b": "audio/mp4",
	"hostile/mkv": "video/x-matroska", "hostile/mp3": "audio/mpeg", "hostile/mp4": "video/mp4",
	"hostile/none": codec.Unknown, "hostile/pdf": "application/pdf", "hostile/png": "image/png",
	"hostile/psd": "image/vnd.adobe.photoshop", "hostile/srt": "application/x-subrip",
	"hostile/svg": "image/svg+xml", "hostile/tiff": "image/tiff", "hostile/webm": "video/webm",
	"hostile/webp": "image/webp", "hostile/zip": "application/zip",
	"image/apng": "image/apng", "image/avif": "image/avif", "image/bmp": "image/bmp",
	"image/gif": "image/gif", "image/heic": "image/heif", "image/jp2": "image/jp2",
	"image/jpeg": "image/jpeg", "image/jxl": "image/jxl", "image/png": "image/png",
	"image/svg": "image/svg+xml", "image/tiff": "image/tiff", "image/webp": "image/webp",
	"video/3gp": "video/3gpp", "video/asf": "video/x-ms-asf", "video/avi": "video/x-msvideo",
	"video/flv": "video/x-flv", "video/m3u8": "application/vnd.apple.mpegurl",
	"video/m4s": "video/mp4", "video/mkv": "video/x-matroska", "video/mov": "video/quicktime",
	"video/mp4": "video/mp4", "video/mpg": "video/mpeg", "video/srt": "application/x-subrip",
	"video/ssa": "text/x-ssa", "video/ts": "video/mp2t", "video/vtt": "text/vtt",
	"video/webm": "video/webm",
}

// exceptions are files that are not what their names in the manifest say.
var exceptions = map[string]string{
	"audio/androidx-bbb_6ch_8kHz_opus.ogg": "audio/opus",
	// It is both, and begins as JPEG.
	"hostile/corkami-jpgmp3.mp3": "image/jpeg",
	// It is a text.
	"hostile/filetype-fixture-json.webp": "application/json",
	// It is a playlist.
	"hostile/hand-hls-concat-ssrf-named.mp4": "application/vnd.apple.mpegurl",
	// It is empty.
	"hostile/mutagen-emptyfile.mp3": codec.Unknown,
	// Its DocType says so.
	"video/androidx-roadtrip-vp92-10bit.webm": "video/x-matroska",
	// Its brand says so.
	"video/androidx-sample_edit_list.mp4": "video/quicktime",
	// The kind is "none".
	"hostile/libjxl-clusterfuzz-testcase-minimized-djxl_fuzzer-4729306868219904": "image/jxl",
}

func TestSniffPlacesTheCorpus(t *testing.T) {
	path := codectest.Corpus(t, "MANIFEST.tsv")
	root := filepath.Dir(path)
	manifest, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(manifest)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) < 3 || fields[0] == "path" {
			continue
		}
		t.Run(fields[0], func(t *testing.T) {
			f, err := os.Open(filepath.Join(root, fields[0]))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			want, ok := exceptions[fields[0]]
			if !ok {
				want, ok = oracle[fields[1]]
			}
			if !ok {
				t.Fatalf("the oracle does not know %s", fields[1])
			}
			count := &counter{r: f}
			if got, err := codec.Sniff(count, info.Size()); got != want || err != nil {
				t.Errorf("Sniff = %q, %v, want %q", got, err, want)
			}
			if count.bytes >= 64<<10 {
				t.Errorf("Sniff read %d bytes", count.bytes)
			}
		})
	}
}

// counter counts what is read, in bytes and in calls.
type counter struct {
	r            io.ReaderAt
	bytes, calls int64
}

func (c *counter) ReadAt(p []byte, off int64) (int, error) {
	c.calls++
	n, err := c.r.ReadAt(p, off)
	c.bytes += int64(n)
	return n, err
}

// isoBox returns a box of ISO/IEC 14496-12.
func isoBox(kind string, payload ...string) string {
	body := strings.Join(payload, "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))) + kind + body
}

func hdlr(kind string) string {
	zero := strings.Repeat("\x00", 12)
	return isoBox("trak", isoBox("tkhd", zero), isoBox("mdia", isoBox("mdhd", zero),
		isoBox("hdlr", zero[:8], kind, zero)))
}

// oggPage returns a page that begins a stream.
func oggPage(packet string) string {
	return "OggS\x00\x02" + strings.Repeat("\x00", 20) + "\x01" + string(rune(len(packet))) + packet
}

func id3(size int) string {
	b := []byte{
		byte(size >> 21 & 127), byte(size >> 14 & 127), byte(size >> 7 & 127), byte(size & 127),
	}
	return "ID3\x04\x00\x00" + string(b) + strings.Repeat("t", size)
}

func asf(streams string) string {
	header := "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"
	size := binary.LittleEndian.AppendUint64(nil, uint64(24+len(streams)))
	return header + string(size) + streams
}

var (
	mp3Frame  = "\xff\xfb\x90\x00" + strings.Repeat("\x55", 413) // 128 kbit/s, 44.1 kHz: 417 bytes
	adtsFrame = "\xff\xf1\x50\x80\x02\x1f\xfc" + strings.Repeat("\x21", 9)
	tsPacket  = "\x47\x40\x11\x10" + strings.Repeat("\x00", 184)
	asfAudio  = "\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b"
	asfVideo  = "\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b"
	pngHead   = "\x89PNG\r\n\x1a\n" + pngChunk("IHDR", strings.Repeat("\x01", 13))
)

func pngChunk(kind, data string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(data)))) + kind + data + "crc!"
}

func utf16le(s string) string {
	b := []byte("\xff\xfe")
	for _, c := range s {
		b = append(b, byte(c), byte(c>>8))
	}
	return string(b)
}

var samples = []struct{ name, data, want string }{
	{"empty", "", codec.Unknown},
	{"one byte", "\x00", codec.Unknown},
	{"noise", "\x00\x9f\x03\x81\x00\x00\xfe\x07", codec.Unknown},
	{"text", "dear diary\n", "text/plain"},
	{"text that begins as a bitmap", "BMW is a maker of cars, and of engines too.\n", "text/plain"},
	{"text of the sync byte", strings.Repeat("G", 4096), "text/plain"},
	{"UTF-16 text", utf16le("1\r\n00:00:01 is when\r\nit began\r\n"), "text/plain"},
	{"subtitles without numbers", "00:00:01,000 --> 00:00:02,000\nhello\n", "application/x-subrip"},
	{"UTF-16 subtitles", utf16le("1\r\n00:00:01,000 --> 00:00:02,000\r\nhello\r\n"),
		"application/x-subrip"},

	{"jpeg", "\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"},
	{"png", pngHead + pngChunk("IDAT", "x"), "image/png"},
	{"apng", pngHead + pngChunk("acTL", "12345678") + pngChunk("IDAT", "x"), "image/apng"},
	{"apng behind a large profile",
		pngHead + pngChunk("iCCP", strings.Repeat("p", 300_000)) + pngChunk("acTL", "12345678"),
		"image/apng"},
	{"acTL that comes too late", pngHead + pngChunk("IDAT", "x") + pngChunk("acTL", "12345678"),
		"image/png"},
	{"bigtiff", "II+\x00\x08\x00\x00\x00", "image/tiff"},
	{"bmp", "BM" + strings.Repeat("\x00", 12) + "\x28" + strings.Repeat("\x00", 30), "image/bmp"},
	{"jxl codestream", "\xff\x0a\x00\x00", "image/jxl"},
	{"jpeg 2000 codestream", "\xff\x4f\xff\x51\x00\x00", "image/jp2"},
	{"heic", isoBox("ftyp", "heic\x00\x00\x00\x00mif1heic"), "image/heif"},
	{"heif sequence", isoBox("ftyp", "msf1\x00\x00\x00\x00msf1hevc"), "image/heif"},
	{"avif with the general brand", isoBox("ftyp", "mif1\x00\x00\x00\x00mif1avifmiaf"), "image/avif"},
	{"avif sequence", isoBox("ftyp", "avis\x00\x00\x00\x00avismsf1"), "image/avif"},

	{"svg", "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"},
	{"svg with a prolog", "\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <html> -->\n" +
		"<!DOCTYPE svg [ <!ENTITY a \"b>\"> ]>\n<s:svg xmlns:s='x'>", "image/svg+xml"},
	{"svg in UTF-16", utf16le("<?xml version='1.0'?><svg xmlns='x'/>"), "image/svg+xml"},
	{"xml that mentions svg", "<?xml version='1.0'?><note><svg/></note>", "text/xml"},
	{"html that holds svg", "<!DOCTYPE html><html><body><svg/></body></html>", "text/html"},
	{"pdf behind other bytes", strings.Repeat("\x00", 700) + "%PDF-1.7\n", "application/pdf"},

	{"hls playlist", "#EXTM3U\n#EXT-X-VERSION:3\n", "application/vnd.apple.mpegurl"},
	{"hls playlist with a mark", "\xef\xbb\xbf#EXTM3U\n", "application/vnd.apple.mpegurl"},
	{"dash manifest", "<?xml version='1.0'?>\n<MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>",
		"application/dash+xml"},
	{"ffconcat", "ffconcat version 1.0\nfile /etc/passwd\n", "text/x-ffconcat"},
	{"sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\n", "application/sdp"},
	{"webvtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n", "text/vtt"},

	{"mp4", isoBox("ftyp", "isom\x00\x00\x02\x00isomiso2avc1mp41"), "video/mp4"},
	{"mp4 of an unknown brand", isoBox("ftyp", "zzzz\x00\x00\x00\x00yyyy"), "video/mp4"},
	{"mp4 with sound alone", isoBox("ftyp", "isom\x00\x00\x02\x00isom") +
		isoBox("mdat", strings.Repeat("d", 50_000)) + isoBox("moov", hdlr("soun")), "audio/mp4"},
	{"mp4 with sound and picture", isoBox("ftyp", "M4V \x00\x00\x02\x00M4A ") +
		isoBox("moov", hdlr("soun"), hdlr("vide")), "video/mp4"},
	{"audio book", isoBox("ftyp", "M4B \x00\x00\x00\x00isom"), "audio/mp4"},
	{"quicktime", isoBox("ftyp", "qt  \x00\x00\x00\x00qt  "), "video/quicktime"},
	{"old quicktime", isoBox("moov", strings.Repeat("\x00", 100)), "video/quicktime"},
	{"3gp", isoBox("ftyp", "3gp4\x00\x00\x00\x00isom3gp4"), "video/3gpp"},
	{"3g2", isoBox("ftyp", "3g2a\x00\x00\x00\x003g2a"), "video/3gpp"},
	{"segment", isoBox("styp", "msdh\x00\x00\x00\x00msdh"), "video/mp4"},
	{"bare fragment", isoBox("moof", strings.Repeat("\x00", 64)), "video/mp4"},
	{"webm", "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"},
	{"matroska", "\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska", "video/x-matroska"},
	{"avi", "RIFF\x00\x00\x00\x00AVI LIST", "video/x-msvideo"},
	{"flv", "FLV\x01\x05\x00\x00\x00\x09", "video/x-flv"},
	{"program stream", "\x00\x00\x01\xba\x44\x00", "video/mpeg"},
	{"transport stream", strings.Repeat(tsPacket, 10), "video/mp2t"},
	{"m2ts", strings.Repeat("\x00\x01\x02\x03"+tsPacket, 10), "video/mp2t"},
	{"transport stream from the middle", tsPacket[60:] + strings.Repeat(tsPacket, 10), "video/mp2t"},
	{"asf with video", asf(asfAudio + asfVideo), "video/x-ms-asf"},
	{"asf with sound alone", asf(asfAudio), "audio/x-ms-wma"},
	{"ogg theora behind its sound", oggPage("\x01vorbis") + oggPage("\x80theora"), "video/ogg"},

	{"mp3", strings.Repeat(mp3Frame, 3), "audio/mpeg"},
	{"mp3 behind a tag", id3(20_000) + mp3Frame, "audio/mpeg"},
	{"mp3 behind noise", strings.Repeat("\x01\x02", 20_000) + strings.Repeat(mp3Frame, 200),
		"audio/mpeg"},
	{"a tag and nothing else", "ID3\x04\x00\x00\x7f\x7f\x7f\x7f", "audio/mpeg"},
	{"flac behind a tag", id3(9000) + "fLaC\x00\x00\x00\x22", "audio/flac"},
	{"aac behind two tags", id3(10) + id3(200) + adtsFrame + adtsFrame, "audio/aac"},
	{"aac", strings.Repeat(adtsFrame, 4), "audio/aac"},
	{"wav", "RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"},
	{"rf64", "RF64\xff\xff\xff\xffWAVEds64", "audio/wav"},
	{"aiff-c", "FORM\x00\x00\x00\x00AIFC", "audio/aiff"},
	{"ogg vorbis", oggPage("\x01vorbis"), "audio/ogg"},
	{"ogg flac", oggPage("\x7fFLAC\x01\x00"), "audio/ogg"},
	{"opus", oggPage("OpusHead\x01\x02"), "audio/opus"},
	{"amr", "#!AMR\n", "audio/amr"},
	{"wavpack", "wvpk\x00\x00", "audio/x-wavpack"},

	{"zip", "PK\x03\x04\x14\x00\x00\x00\x08\x00" + strings.Repeat("\x00", 30), "application/zip"},
	{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "application/gzip"},
}

func TestSniffPlacesHeaders(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			got, err := codec.Sniff(strings.NewReader(s.data), int64(len(s.data)))
			if got != s.want || err != nil {
				t.Errorf("Sniff = %q, %v, want %q", got, err, s.want)
			}
		})
	}
}

func TestSniffReadsLittleOfLargeFiles(t *testing.T) {
	for _, s := range samples {
		data := append([]byte(s.data), make([]byte, 4<<20)...)
		count := &counter{r: bytes.NewReader(data)}
		if _, err := codec.Sniff(count, int64(len(data))); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if count.bytes >= 64<<10 || count.calls > 65 {
			t.Errorf("%s: read %d bytes in %d calls", s.name, count.bytes, count.calls)
		}
	}
}

func TestSniffStopsAtEndlessBoxes(t *testing.T) {
	data := isoBox("ftyp", "isom\x00\x00\x02\x00isom") + strings.Repeat(isoBox("free"), 1<<20)
	count := &counter{r: strings.NewReader(data)}
	if got, err := codec.Sniff(count, int64(len(data))); got != "video/mp4" || err != nil {
		t.Errorf("Sniff = %q, %v, want video/mp4", got, err)
	}
	if count.calls > 65 {
		t.Errorf("%d reads", count.calls)
	}
}

var errDisk = errors.New("the disk is on fire")

// failing fails from an offset on.
type failing struct {
	data string
	from int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.from {
		return 0, errDisk
	}
	return strings.NewReader(f.data).ReadAt(p, off)
}

func TestSniffReturnsReadErrors(t *testing.T) {
	far := pngHead + pngChunk("iCCP", strings.Repeat("p", 300_000)) + pngChunk("acTL", "12345678")
	for name, r := range map[string]failing{
		"at the start": {from: 0},
		"further on":   {far, 9000},
	} {
		if got, err := codec.Sniff(r, int64(len(far))); got != "" || !errors.Is(err, errDisk) {
			t.Errorf("%s: Sniff = %q, %v, want the read error", name, got, err)
		}
	}
}

func TestSniffTakesAnInputThatIsShorterThanItsSize(t *testing.T) {
	for _, s := range samples {
		got, err := codec.Sniff(strings.NewReader(s.data), int64(len(s.data))+1<<40)
		if err != nil || got == "" {
			t.Errorf("%s: Sniff = %q, %v", s.name, got, err)
		}
	}
	if got, err := codec.Sniff(strings.NewReader("x"), -1); got != codec.Unknown || err != nil {
		t.Errorf("Sniff with a negative size = %q, %v", got, err)
	}
}

func FuzzSniff(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s.data[:min(len(s.data), 4096)]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		count := &counter{r: bytes.NewReader(data)}
		got, err := codec.Sniff(count, int64(len(data)))
		if err != nil || !strings.Contains(got, "/") || strings.Contains(got, ";") {
			t.Errorf("Sniff = %q, %v", got, err)
		}
		if count.bytes >= 64<<10 || count.calls > 65 {
			t.Errorf("read %d bytes in %d calls", count.bytes, count.calls)
		}
		if strings.HasPrefix(string(data), "#EXTM3U") && strings.HasPrefix(got, "video/") {
			t.Errorf("a playlist is %q", got)
		}
	})
}

func BenchmarkSniff(b *testing.B) {
	data := []byte(isoBox("ftyp", "M4V \x00\x00\x02\x00M4A ") +
		isoBox("moov", hdlr("soun"), hdlr("vide")) + strings.Repeat("x", 1<<20))
	for b.Loop() {
		if _, err := codec.Sniff(bytes.NewReader(data), int64(len(data))); err != nil {
			b.Fatal(err)
		}
	}
}

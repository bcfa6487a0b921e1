package libav

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/spoolmedia/spool/codec"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// mostTextFile is the largest file of subtitles that is read, in bytes. A long film has
// some 200 KiB of them.
const mostTextFile = 16 << 20

// utf8Input is a file of subtitles as UTF-8, in memory.
type utf8Input struct {
	codec.Input
	text *bytes.Reader
	note string // what had to be guessed
}

func (u utf8Input) ReadAt(p []byte, off int64) (int, error) { return u.text.ReadAt(p, off) }
func (u utf8Input) Size() int64                             { return u.text.Size() }

// toUTF8 reads a file of subtitles whose encoding its bytes tell: UTF-8, UTF-16 or
// UTF-32 with a byte order mark, or else Windows-1252, in which western subtitles
// without Unicode are.
func toUTF8(in codec.Input) (utf8Input, error) {
	if in.Size() > mostTextFile {
		return utf8Input{}, codec.Errorf(codec.Limit, "%s has %d bytes; subtitles may have %d",
			in.Name(), in.Size(), mostTextFile)
	}
	if in.Size() == 0 {
		return utf8Input{}, codec.Errorf(codec.Invalid, "%s is empty", in.Name())
	}
	raw := make([]byte, in.Size())
	if n, err := in.ReadAt(raw, 0); err != nil && !(errors.Is(err, io.EOF) && n == len(raw)) {
		return utf8Input{}, readError(in.Name(), err)
	}
	from, note := encodingOf(raw)
	text, _, err := transform.Bytes(from.NewDecoder(), raw)
	if err != nil {
		return utf8Input{}, codec.Errorf(codec.Invalid, "%s is no text: %w", in.Name(), err)
	}
	// What is left of it would begin the first line.
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	// FFmpeg would copy what has another beginning, and nothing would take it for ASS then.
	if in.Type() == "text/x-ssa" && !bytes.HasPrefix(bytes.TrimSpace(text), []byte("[Script Info]")) {
		return utf8Input{}, codec.Errorf(codec.Invalid, "%s does not begin with [Script Info], as %s do",
			in.Name(), codec.TypeName(in.Type()))
	}
	return utf8Input{in, bytes.NewReader(text), note}, nil
}

func encodingOf(raw []byte) (from encoding.Encoding, note string) {
	utf32le := utf32.UTF32(utf32.LittleEndian, utf32.ExpectBOM)
	utf32be := utf32.UTF32(utf32.BigEndian, utf32.ExpectBOM)
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe\x00\x00")):
		return utf32le, ""
	case bytes.HasPrefix(raw, []byte("\x00\x00\xfe\xff")):
		return utf32be, ""
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), ""
	case utf8.Valid(raw):
		return encoding.Nop, ""
	}
	return charmap.Windows1252, fmt.Sprintf("The text is not in Unicode: it was read as %v.",
		charmap.Windows1252)
}

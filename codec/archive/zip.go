package archive

import (
	"archive/zip"
	"cmp"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"github.com/spoolmedia/spool/codec"
)

// openZip reads the directory and checks what it tells.
func (s *session) openZip() (opened, error) {
	directory := &boundedDirectory{r: s, left: s.directoryBytes()}
	z, err := zip.NewReader(directory, s.in.Size())
	if directory.left < 0 {
		return opened{}, s.budget.checkEntries(int64(s.budget.limits.Entries) + 1)
	}
	// With ErrInsecurePath z is good; names are made safe.
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return opened{}, err
	}
	directory.unbound = true
	if err := s.checkDirectory(z.File); err != nil {
		return opened{}, err
	}
	const bzip2Method = 12
	z.RegisterDecompressor(bzip2Method, func(r io.Reader) io.ReadCloser {
		return io.NopCloser(bzip2.NewReader(r))
	})
	z.RegisterDecompressor(zstd.ZipMethodWinZip, zstd.ZipDecompressor(
		zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20)))
	names := zipNames(z.File)
	return opened{all: func(yield func(entry, error) bool) {
		var taken extents
		for i, f := range z.File {
			if !yield(s.zipEntry(f, names[i], &taken), nil) {
				return
			}
		}
	}}, nil
}

// checkDirectory refuses what the directory announces beyond the limits, before
// anything is unpacked.
func (s *session) checkDirectory(files []*zip.File) error {
	if err := s.budget.checkEntries(int64(len(files))); err != nil {
		return err
	}
	var decoded, packed uint64
	for _, f := range files {
		const encrypted = 1
		if f.Flags&encrypted != 0 {
			return s.protected()
		}
		if decoded += f.UncompressedSize64; decoded < f.UncompressedSize64 {
			decoded = 1<<64 - 1
		}
		packed += f.CompressedSize64
		if packed < f.CompressedSize64 || packed > uint64(s.in.Size()) {
			return s.overlapping()
		}
	}
	return s.budget.checkDecoded(decoded)
}

func (s *session) overlapping() error {
	return codec.Errorf(codec.Invalid, "%s has entries that overlap", s.in.Name())
}

func (s *session) zipEntry(f *zip.File, name string, taken *extents) entry {
	e := entry{
		name: name, kind: kindOf(f.Mode()), size: int64(f.UncompressedSize64),
		perm: f.Mode().Perm(), modified: f.Modified,
	}
	if f.Modified.Year() < 1980 {
		e.modified = start1980 // no date at all reads as 1979-11-30
	}
	e.open = func() (io.ReadCloser, error) {
		off, err := f.DataOffset()
		if err != nil {
			return nil, err
		}
		if !taken.add(off, off+int64(f.CompressedSize64)) {
			return nil, s.overlapping()
		}
		body, err := f.Open()
		if errors.Is(err, zip.ErrAlgorithm) {
			return nil, codec.Errorf(codec.Unsupported,
				"%s is compressed in a way that cannot be read here: method %d",
				s.in.Name(), f.Method)
		}
		return body, err
	}
	return e
}

// zipNames returns the names of the files as text: Info-ZIP's extra field of the
// name in Unicode wins, then the flag and the bytes decide.
func zipNames(files []*zip.File) []string {
	names := make([]string, len(files))
	var legacy []string
	for i, f := range files {
		names[i] = f.Name
		if unicode, ok := unicodePath(f); ok {
			names[i] = unicode
		} else if !utf8.ValidString(f.Name) {
			legacy = append(legacy, f.Name)
		}
	}
	page := guessPage(legacy)
	for i := range names {
		names[i] = page.text(names[i])
		if !strings.Contains(names[i], "/") { // made by DOS and old Windows programs
			names[i] = strings.ReplaceAll(names[i], `\`, "/")
		}
	}
	return names
}

// unicodePath is field 0x7075 of APPNOTE.TXT, 4.6.9: a version, the CRC of the
// name that it goes with, and the name.
func unicodePath(f *zip.File) (string, bool) {
	for extra := f.Extra; len(extra) >= 4; {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			break
		}
		field := extra[:size]
		extra = extra[size:]
		if id != 0x7075 || size < 5 || field[0] != 1 {
			continue
		}
		if binary.LittleEndian.Uint32(field[1:]) == crc32.ChecksumIEEE([]byte(f.Name)) &&
			utf8.Valid(field[5:]) {
			return string(field[5:]), true
		}
	}
	return "", false
}

// directoryBytes is how much may be read to get at the directory, so that a
// million entries are refused before they fill the memory: an entry of a usual
// archive takes 100 bytes.
func (s *session) directoryBytes() int64 {
	if s.budget.limits.Entries < 0 {
		return 1<<63 - 1
	}
	return 256<<10 + int64(s.budget.limits.Entries)*256
}

// boundedDirectory stops reading when the directory is too large.
type boundedDirectory struct {
	r       io.ReaderAt
	left    int64
	unbound bool
}

var errDirectory = errors.New("archive: the directory is too large")

func (b *boundedDirectory) ReadAt(p []byte, off int64) (int, error) {
	n, err := b.r.ReadAt(p, off)
	if b.unbound {
		return n, err
	}
	if b.left -= int64(n); b.left < 0 {
		return 0, errDirectory
	}
	return n, err
}

// extents are the parts of the input that have been given to an entry, sorted.
type extents [][2]int64

// add reports whether the part from from to to was free, and takes it.
func (e *extents) add(from, to int64) bool {
	if from == to {
		return true
	}
	i, _ := slices.BinarySearchFunc(*e, from, func(x [2]int64, off int64) int {
		return cmp.Compare(x[0], off)
	})
	if i > 0 && (*e)[i-1][1] > from || i < len(*e) && (*e)[i][0] < to {
		return false
	}
	*e = slices.Insert(*e, i, [2]int64{from, to})
	return true
}

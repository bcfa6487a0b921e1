package archive

import (
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/mikelolasagasti/xz"
)

// maxXZDictionary is what xz's highest level needs; it is 8 MiB by default.
const maxXZDictionary = 64 << 20

// openCompressed opens a gz, bz2 or xz: a tar, or the one file in it.
func (s *session) openCompressed() (opened, error) {
	r, header, err := s.decompress()
	if err != nil {
		return opened{}, err
	}
	head := bufio.NewReader(r)
	block, err := head.Peek(tarBlock)
	if err != nil && !errors.Is(err, io.EOF) {
		return opened{}, s.xzError(err)
	}
	if isTar(block) {
		return s.openTar(xzReader{head, s})
	}
	e := entry{
		name: s.innerName(header.Name), kind: file, size: -1, perm: 0o644, modified: header.ModTime,
		open: func() (io.ReadCloser, error) { return io.NopCloser(xzReader{head, s}), nil },
	}
	return opened{
		all:    func(yield func(entry, error) bool) { yield(e, nil) },
		single: true, count: s.count,
	}, nil
}

// decompress starts to decompress the input.
func (s *session) decompress() (io.Reader, gzip.Header, error) {
	in := bufio.NewReaderSize(s.reader(), 64<<10)
	switch s.in.Type() {
	case "application/gzip":
		r, err := gzip.NewReader(in)
		if err != nil {
			return nil, gzip.Header{}, err
		}
		return r, r.Header, nil
	case "application/x-bzip2":
		return bzip2.NewReader(in), gzip.Header{}, nil
	}
	r, err := xz.NewReader(in, maxXZDictionary)
	return r, gzip.Header{}, s.xzError(err)
}

// count decompresses the input once, only to see how large the file in it is.
func (s *session) count() (int64, error) {
	before := s.budget.decoded
	r, _, err := s.decompress()
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, metered{s, xzReader{r, s}})
	s.budget.decoded = before
	return n, err
}

// innerName is the name of the file in the input: what its header says, or that
// of the input without the last extension.
func (s *session) innerName(header string) string {
	if header != "" {
		return path.Base(strings.ReplaceAll(header, `\`, "/"))
	}
	name := s.in.Name()
	if ext := path.Ext(name); len(ext) < len(name) && compressedExtension(ext) {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

func compressedExtension(ext string) bool {
	switch strings.ToLower(ext) {
	case ".gz", ".bz2", ".xz":
		return true
	}
	return false
}

// xzReader speaks plainly about what xz needs.
type xzReader struct {
	io.Reader
	s *session
}

func (x xzReader) Read(p []byte) (int, error) {
	n, err := x.Reader.Read(p)
	return n, x.s.xzError(err)
}

func (s *session) xzError(err error) error {
	if errors.Is(err, xz.ErrMemlimit) {
		return s.dictionary(maxXZDictionary)
	}
	return err
}

const tarBlock = 512

// isTar reports whether the block is a tar's header: its checksum is right.
func isTar(block []byte) bool {
	if len(block) < tarBlock {
		return false
	}
	field := strings.Trim(string(block[148:156]), " \x00")
	want, err := strconv.ParseInt(field, 8, 64)
	if err != nil {
		return false
	}
	var sum int64
	for i, c := range block[:tarBlock] {
		if 148 <= i && i < 156 {
			c = ' '
		}
		sum += int64(c)
	}
	return sum == want
}

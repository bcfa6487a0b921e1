package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/spoolmedia/spool/codec"
	"github.com/ulikunitz/xz/lzma"
)

// The library for 7z takes the numbers in the header at their word: a file of 60
// bytes that speaks of 4,000,000,000 entries, or of a dictionary of 4 GiB, makes it
// ask for memory until the process dies. So the header is walked here before
// (7zFormat.txt of the LZMA SDK): no count may be larger than the bytes that are
// left, and the rest is held to limits.

// maxSevenZipDictionary is twice what 7-Zip itself uses at its highest level and
// more.
const maxSevenZipDictionary = 256 << 20

// checkSevenZip reads the header and checks what it asks for.
func (s *session) checkSevenZip() error {
	const signatureHeader = 32
	var start [signatureHeader]byte
	if _, err := io.ReadFull(s.reader(), start[:]); err != nil {
		return err
	}
	// The library looks for the signature elsewhere too, where nobody has looked yet.
	if string(start[:6]) != "7z\xbc\xaf\x27\x1c" {
		return errors.New("it does not begin with the signature of a 7z")
	}
	if crc32.ChecksumIEEE(start[12:]) != binary.LittleEndian.Uint32(start[8:]) {
		return errors.New("its first header has the wrong checksum")
	}
	off, size := binary.LittleEndian.Uint64(start[12:]), binary.LittleEndian.Uint64(start[20:])
	if rest := uint64(s.in.Size() - signatureHeader); off > rest || size > rest-off {
		return io.ErrUnexpectedEOF
	}
	if size > s.maxHeader() {
		return s.tooManyEntries()
	}
	header := make([]byte, size)
	_, err := s.ReadAt(header, signatureHeader+int64(off))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	h := &sevenZipHeader{left: header}
	if len(header) > 0 && header[0] == encodedHeader {
		h.skip(1)
		h.streams()
		unpacked, err := s.unpackHeader(h, signatureHeader)
		if err != nil {
			return err
		}
		h = &sevenZipHeader{left: unpacked}
	}
	h.header()
	return s.checkHeader(h)
}

// maxHeader is how large a header may be, also where there is no limit of entries.
func (s *session) maxHeader() uint64 { return uint64(min(s.directoryBytes(), 256<<20)) }

func (s *session) tooManyEntries() error {
	return codec.Errorf(codec.Limit, "%s has a directory of more than %d bytes, too many entries",
		s.in.Name(), s.maxHeader())
}

func (s *session) checkHeader(h *sevenZipHeader) error {
	switch {
	case h.broken:
		return errors.New("its header makes no sense")
	case h.dictionary > maxSevenZipDictionary:
		return s.dictionary(maxSevenZipDictionary)
	}
	return s.budget.checkEntries(int64(h.files))
}

// unpackHeader decompresses the header itself, which h describes. It follows the
// first header by what is left of the file.
func (s *session) unpackHeader(h *sevenZipHeader, base int64) ([]byte, error) {
	switch {
	case h.encrypted:
		return nil, s.protected()
	case h.broken || len(h.packed) != 1 || len(h.coders) != 1 || len(h.sizes) != 1:
		return nil, errors.New("its header is packed in a way that makes no sense")
	case h.sizes[0] > s.maxHeader():
		return nil, s.tooManyEntries()
	}
	if err := s.checkHeader(h); err != nil {
		return nil, err
	}
	if h.position > uint64(s.in.Size()) || h.packed[0] > uint64(s.in.Size()) {
		return nil, io.ErrUnexpectedEOF
	}
	packed := io.NewSectionReader(s, base+int64(h.position), int64(h.packed[0]))
	r, err := h.coders[0].reader(packed, h.sizes[0])
	if err != nil {
		return nil, err
	}
	header := make([]byte, h.sizes[0])
	_, err = io.ReadFull(r, header)
	return header, err
}

// coder is a method and its properties.
type coder struct {
	id         string
	properties []byte
}

// Methods, by their numbers in DOC/Methods.txt of 7-Zip.
const (
	methodCopy  = "\x00"
	methodLZMA  = "\x03\x01\x01"
	methodLZMA2 = "\x21"
	methodPPMd  = "\x03\x04\x01"
	methodAES   = "\x06\xf1\x07\x01"
)

// dictionary is how much memory the method takes.
func (c coder) dictionary() uint64 {
	switch {
	case (c.id == methodLZMA || c.id == methodPPMd) && len(c.properties) >= 5:
		return uint64(binary.LittleEndian.Uint32(c.properties[1:]))
	case c.id == methodLZMA2 && len(c.properties) > 0:
		p := uint(c.properties[0])
		return uint64(2|p&1) << (min(p, 80)/2 + 11)
	}
	return 0
}

// reader decompresses a header.
func (c coder) reader(r io.Reader, size uint64) (io.Reader, error) {
	switch {
	case c.id == methodCopy:
		return r, nil
	case c.id == methodLZMA && len(c.properties) == 5:
		head := binary.LittleEndian.AppendUint64(bytes.Clone(c.properties), size)
		return lzma.ReaderConfig{DictCap: maxSevenZipDictionary}.NewReader(
			io.MultiReader(bytes.NewReader(head), r))
	case c.id == methodLZMA2:
		return lzma.Reader2Config{DictCap: int(max(c.dictionary(), lzma.MinDictCap))}.NewReader2(r)
	}
	return nil, errors.New("its header is packed by an unknown method")
}

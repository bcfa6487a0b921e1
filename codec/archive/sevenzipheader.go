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
	if _, err := s.ReadAt(header, signatureHeader+int64(off)); err != nil && !errors.Is(err, io.EOF) {
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
		return codec.Errorf(codec.Limit, "%s needs a dictionary of more than %d bytes to be unpacked",
			s.in.Name(), maxSevenZipDictionary)
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

// Properties of 7zFormat.txt.
const (
	propertyEnd       = 0x00
	propertyHeader    = 0x01
	propertyArchive   = 0x02
	propertyMore      = 0x03
	propertyStreams   = 0x04
	propertyFiles     = 0x05
	propertyPack      = 0x06
	propertyUnpack    = 0x07
	propertySubs      = 0x08
	propertySize      = 0x09
	propertyCRC       = 0x0a
	propertyFolder    = 0x0b
	propertyUnpacked  = 0x0c
	propertySubCount  = 0x0d
	encodedHeader     = 0x17
	maxCodersOfFolder = 32
)

// sevenZipHeader walks a header. After the first thing that makes no sense all
// reads are zero.
type sevenZipHeader struct {
	left   []byte
	broken bool

	position   uint64   // of the first packed stream
	packed     []uint64 // sizes of the packed streams
	coders     []coder  // of all folders
	outputs    []int    // of each folder
	sizes      []uint64 // unpacked, of all coders
	hasCRC     []bool   // of each folder
	files      uint64
	dictionary uint64
	encrypted  bool
}

func (h *sevenZipHeader) breaks() {
	h.broken, h.left = true, nil
}

// skip returns the next n bytes.
func (h *sevenZipHeader) skip(n uint64) []byte {
	if n > uint64(len(h.left)) {
		h.breaks()
		return nil
	}
	b := h.left[:n]
	h.left = h.left[n:]
	return b
}

func (h *sevenZipHeader) byte() byte {
	if b := h.skip(1); len(b) > 0 {
		return b[0]
	}
	return 0
}

// number reads one of 1 to 9 bytes: the high bits of the first tell how many follow.
func (h *sevenZipHeader) number() uint64 {
	first := h.byte()
	var n uint64
	for i := range 8 {
		mask := byte(0x80) >> i
		if first&mask == 0 {
			return n | uint64(first&(mask-1))<<(8*i)
		}
		n |= uint64(h.byte()) << (8 * i)
	}
	return n
}

// count reads the number of something of which each takes a byte at least.
func (h *sevenZipHeader) count() int {
	n := h.number()
	if n > uint64(len(h.left)) {
		h.breaks()
		return 0
	}
	return int(n)
}

// expect reads an id.
func (h *sevenZipHeader) expect(id byte) {
	if h.byte() != id {
		h.breaks()
	}
}

// header walks to the number of files.
func (h *sevenZipHeader) header() {
	h.expect(propertyHeader)
	for !h.broken {
		switch h.byte() {
		case propertyArchive:
			for h.byte() != propertyEnd && !h.broken {
				h.skip(h.number())
			}
		case propertyMore, propertyStreams:
			h.streams()
		case propertyFiles:
			h.files = h.number()
			// Each has a name of two bytes at least, or it is a file without one.
			if h.files > uint64(len(h.left)) {
				h.breaks()
			}
			return
		case propertyEnd:
			return
		default:
			h.breaks()
		}
	}
}

// streams walks the description of what is packed.
func (h *sevenZipHeader) streams() {
	h.coders, h.outputs, h.sizes, h.hasCRC = nil, nil, nil, nil
	for !h.broken {
		switch h.byte() {
		case propertyPack:
			h.pack()
		case propertyUnpack:
			h.unpack()
		case propertySubs:
			h.subs()
		case propertyEnd:
			return
		default:
			h.breaks()
		}
	}
}

func (h *sevenZipHeader) pack() {
	h.position = h.number()
	n := h.count()
	for !h.broken {
		switch h.byte() {
		case propertySize:
			h.packed = nil
			for range n {
				h.packed = append(h.packed, h.number())
			}
		case propertyCRC:
			h.checksums(n)
		case propertyEnd:
			return
		default:
			h.breaks()
		}
	}
}

// checksums walks n checksums, some of which may be missing.
func (h *sevenZipHeader) checksums(n int) []bool {
	has := make([]bool, n)
	all := h.byte() != 0
	var bits byte
	for i := range has {
		if i%8 == 0 && !all {
			bits = h.byte()
		}
		has[i] = all || bits<<(i%8)&0x80 != 0
	}
	for _, has := range has {
		if has {
			h.skip(4)
		}
	}
	return has
}

func (h *sevenZipHeader) unpack() {
	h.expect(propertyFolder)
	n := h.count()
	if h.byte() != 0 { // elsewhere in the file: nobody does that
		h.breaks()
	}
	for range n {
		h.folder()
	}
	h.hasCRC = make([]bool, n)
	for !h.broken {
		switch h.byte() {
		case propertyUnpacked:
			for _, outputs := range h.outputs {
				for range outputs {
					h.sizes = append(h.sizes, h.number())
				}
			}
		case propertyCRC:
			h.hasCRC = h.checksums(n)
		case propertyEnd:
			return
		default:
			h.breaks()
		}
	}
}

// folder walks the coders of one packed stream and how they are joined.
func (h *sevenZipHeader) folder() {
	n := h.count()
	if n == 0 || n > maxCodersOfFolder {
		h.breaks()
		return
	}
	ins, outs := 0, 0
	for range n {
		flags := h.byte()
		c := coder{id: string(h.skip(uint64(flags & 0x0f)))}
		in, out := 1, 1
		if flags&0x10 != 0 {
			in, out = h.count(), h.count()
		}
		if flags&0x20 != 0 {
			c.properties = h.skip(h.number())
		}
		if ins, outs = ins+in, outs+out; ins > maxCodersOfFolder || outs > maxCodersOfFolder {
			h.breaks()
			return
		}
		h.coders = append(h.coders, c)
		h.dictionary = max(h.dictionary, c.dictionary())
		h.encrypted = h.encrypted || c.id == methodAES
	}
	h.outputs = append(h.outputs, outs)
	pairs := max(outs-1, 0)
	for range 2 * pairs {
		h.number()
	}
	if packed := ins - pairs; packed > 1 {
		for range packed {
			h.number()
		}
	}
}

// subs walks how the unpacked streams are cut into files.
func (h *sevenZipHeader) subs() {
	counts := make([]uint64, len(h.outputs))
	for i := range counts {
		counts[i] = 1
	}
	for !h.broken {
		switch h.byte() {
		case propertySubCount:
			for i := range counts {
				counts[i] = uint64(h.count())
			}
		case propertySize:
			for _, n := range counts {
				for range max(n, 1) - 1 {
					if h.number(); h.broken {
						return
					}
				}
			}
		case propertyCRC:
			open := 0
			for i, n := range counts {
				if n != 1 || !h.hasCRC[i] {
					open += int(n)
				}
			}
			if open > 8*len(h.left) {
				h.breaks()
				return
			}
			h.checksums(open)
		case propertyEnd:
			return
		default:
			h.breaks()
		}
	}
}

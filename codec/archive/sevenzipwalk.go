package archive

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

package faststart

import (
	"encoding/binary"
	"math"
)

// inside says which boxes are opened on the way to the chunk offsets.
var inside = map[string]string{"moov": "trak", "trak": "mdia", "mdia": "minf", "minf": "stbl"}

// node is a box on the way to the chunk offsets, or the bytes between such boxes.
type node struct {
	raw  []byte // bytes as they are; nil for a box that was opened
	head []byte // the header of a box that was opened, with its old size
	kids []node

	table *table
}

// table is a box of chunk offsets.
type table struct {
	head    []byte // version and flags
	offsets []byte
	rest    []byte // behind the offsets
	width   int    // bytes of an offset: 4 in stco, 8 in co64
	grow    bool   // to co64

	where layout
}

// parse reads the index, a whole moov box.
func parse(moov []byte) (*node, error) {
	h, err := parseHeader(moov, int64(len(moov)))
	if err != nil {
		return nil, err
	}
	p := parser{}
	return p.open(h, moov)
}

type parser struct{ opened int }

// open reads the box b with the header h.
func (p *parser) open(h header, b []byte) (*node, error) {
	if p.opened++; p.opened > maxBoxes {
		return nil, &FormatError{h.kind, "there are too many boxes"}
	}
	n := &node{head: b[:h.body]}
	rest := b[h.body:]
	raw := rest[:0] // grows over what is not opened
	flush := func() {
		if len(raw) > 0 {
			n.kids = append(n.kids, node{raw: raw})
		}
	}
	for len(rest) >= 8 {
		k, err := parseHeader(rest, int64(len(rest)))
		if err != nil {
			return nil, err
		}
		kid, err := p.kid(h.kind, k, rest[:k.size])
		if err != nil {
			return nil, err
		}
		rest = rest[k.size:]
		if kid == nil {
			raw = raw[:len(raw)+int(k.size)]
			continue
		}
		flush()
		n.kids = append(n.kids, *kid)
		raw = rest[:0]
	}
	raw = raw[:len(raw)+len(rest)]
	flush()
	return n, nil
}

// kid reads the box b in a box of the kind parent; nil if there is nothing to
// change in it.
func (p *parser) kid(parent string, h header, b []byte) (*node, error) {
	switch {
	case parent == "moov" && h.kind == "cmov":
		return nil, &FormatError{h.kind, "the index is compressed"}
	case inside[parent] == h.kind:
		return p.open(h, b)
	case parent != "stbl":
		return nil, nil
	}
	switch h.kind {
	case "saio":
		return nil, &FormatError{h.kind, "offsets of encryption data cannot be moved"}
	case "stco":
		return p.table(h, b, 4)
	case "co64":
		return p.table(h, b, 8)
	}
	return nil, nil
}

func (p *parser) table(h header, b []byte, width int) (*node, error) {
	if p.opened++; p.opened > maxBoxes {
		return nil, &FormatError{h.kind, "there are too many boxes"}
	}
	body := b[h.body:]
	if len(body) < 8 {
		return nil, &FormatError{h.kind, "it is cut off"}
	}
	count := uint64(binary.BigEndian.Uint32(body[4:]))
	if count*uint64(width) > uint64(len(body)-8) {
		return nil, &FormatError{h.kind, "it says more offsets than it has"}
	}
	end := 8 + int(count)*width
	return &node{head: b[:h.body], table: &table{
		head: body[:8], offsets: body[8:end], rest: body[end:], width: width,
	}}, nil
}

// fewRounds is more than real files need, and keeps made ones from growing one
// table a round.
const fewRounds = 4

// settle decides which tables need 64 bits when the file is laid out as l, and
// returns the size of the index then. A larger index moves the data further, so
// it tries until nothing grows any more, and then lets all tables grow.
func (n *node) settle(l layout) int64 {
	for round := 0; ; round++ {
		l.grown = n.size()
		if !n.promote(l, round >= fewRounds) {
			return l.grown
		}
	}
}

// promote widens the tables that do not fit, or all, and reports whether there
// were any.
func (n *node) promote(l layout, all bool) bool {
	if n.table != nil {
		return n.table.promote(l, all)
	}
	grew := false
	for i := range n.kids {
		grew = n.kids[i].promote(l, all) || grew
	}
	return grew
}

func (t *table) promote(l layout, all bool) bool {
	t.where = l
	if t.width == 8 || t.grow {
		return false
	}
	if all {
		t.grow = true
		return true
	}
	for i := 0; i < len(t.offsets); i += 4 {
		if l.moved(uint64(binary.BigEndian.Uint32(t.offsets[i:]))) > math.MaxUint32 {
			t.grow = true
			return true
		}
	}
	return false
}

// size returns the bytes that append writes.
func (n *node) size() int64 {
	if n.head == nil {
		return int64(len(n.raw))
	}
	size := int64(len(n.head))
	for i := range n.kids {
		size += n.kids[i].size()
	}
	if t := n.table; t != nil {
		size += int64(len(t.head) + len(t.offsets) + len(t.rest))
		if t.grow {
			size += int64(len(t.offsets))
		}
	}
	return size
}

// append writes the box with its new size and offsets behind b.
func (n *node) append(b []byte) []byte {
	if n.head == nil {
		return append(b, n.raw...)
	}
	start := len(b)
	b = append(b, n.head...)
	if len(n.head) == 16 {
		binary.BigEndian.PutUint64(b[start+8:], uint64(n.size()))
	} else {
		binary.BigEndian.PutUint32(b[start:], uint32(n.size()))
	}
	if n.table != nil {
		if n.table.grow {
			copy(b[start+4:], "co64")
		}
		return n.table.append(b)
	}
	for i := range n.kids {
		b = n.kids[i].append(b)
	}
	return b
}

func (t *table) append(b []byte) []byte {
	b = append(b, t.head...)
	for i := 0; i < len(t.offsets); i += t.width {
		switch {
		case t.width == 8:
			off := binary.BigEndian.Uint64(t.offsets[i:])
			b = binary.BigEndian.AppendUint64(b, t.where.moved(off))
		case t.grow:
			off := uint64(binary.BigEndian.Uint32(t.offsets[i:]))
			b = binary.BigEndian.AppendUint64(b, t.where.moved(off))
		default:
			off := uint64(binary.BigEndian.Uint32(t.offsets[i:]))
			b = binary.BigEndian.AppendUint32(b, uint32(t.where.moved(off)))
		}
	}
	return append(b, t.rest...)
}

package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// A message is a record or a part of one.
type message interface {
	// fields calls keep, and then names each field to the coder in ascending order
	// of their numbers. A number belongs to its field for ever.
	fields(c *coder)
}

// A coder writes the fields of a message or reads them, so that one list of them
// does for both. Zero values are left out. What is read and not named is kept, and
// written again at its place.
type coder struct {
	reading bool
	b       []byte  // what was written, or what is left to be read
	text    string  // reading: all of it, which the strings share
	unknown *string // of the message: fields that it does not name
	later   string  // writing: those of unknown that are still to be written
	err     error

	next protowire.Number // reading: of the field that b begins with; 0: not looked at
	kind protowire.Type   // of next
	tag  int              // how many bytes of b say so
}

// coders are used again: records are many, and each would need one.
var coders = sync.Pool{New: func() any { return new(coder) }}

// write appends m to b.
func write(b []byte, m message) []byte {
	c := coders.Get().(*coder)
	defer coders.Put(c)
	*c = coder{b: c.b[:0]}
	c.message(m)
	return append(b, c.b...)
}

// read sets the fields of m, which has none, from b.
func read(b []byte, m message) error {
	c := coders.Get().(*coder)
	defer coders.Put(c)
	scratch := c.b
	*c = coder{reading: true, b: b, text: string(b)}
	c.message(m)
	err := c.err
	*c = coder{b: scratch}
	return err
}

// message goes through the fields of m.
func (c *coder) message(m message) {
	m.fields(c)
	if c.reading {
		c.field(protowire.MaxValidNumber + 1)
		return
	}
	c.b = append(c.b, c.later...)
}

// keep says where the message keeps the fields that it does not name.
func (c *coder) keep(unknown *string) { c.unknown, c.later = unknown, *unknown }

// field comes to the field n. Reading, it reports whether the field is there.
func (c *coder) field(n protowire.Number) bool {
	if !c.reading {
		if c.later != "" {
			c.passOn(n)
		}
		return false
	}
	for c.peek() {
		if c.next >= n {
			return c.next == n
		}
		size := protowire.ConsumeFieldValue(c.next, c.kind, c.b[c.tag:])
		if c.failed(size) {
			return false
		}
		*c.unknown += string(c.b[:c.tag+size])
		c.advance(c.tag + size)
	}
	return false
}

// peek looks at the next field, if there is one.
func (c *coder) peek() bool {
	if len(c.b) == 0 || c.err != nil {
		return false
	}
	if c.tag > 0 {
		return true
	}
	last := c.next
	if c.next, c.kind, c.tag = protowire.ConsumeTag(c.b); c.failed(c.tag) {
		return false
	}
	if c.next < last {
		c.err = fmt.Errorf("store: not a record: field %d comes after field %d", c.next, last)
	}
	return c.err == nil
}

func (c *coder) advance(n int) { c.b, c.tag = c.b[n:], 0 }

// failed takes note of what protowire returns instead of a length.
func (c *coder) failed(n int) bool {
	if n < 0 && c.err == nil {
		c.err = fmt.Errorf("store: not a record: %w", protowire.ParseError(n))
	}
	return n < 0
}

// passOn writes the unknown fields that come before the field n.
func (c *coder) passOn(n protowire.Number) {
	for c.later != "" {
		number, _, size := protowire.ConsumeField([]byte(c.later))
		if number >= n || size < 0 {
			return
		}
		c.b, c.later = append(c.b, c.later[:size]...), c.later[size:]
	}
}

// varint comes to a number.
func (c *coder) varint(n protowire.Number, v *uint64) {
	switch {
	case c.field(n):
		var size int
		if *v, size = protowire.ConsumeVarint(c.value(protowire.VarintType)); !c.failed(size) {
			c.advance(c.tag + size)
		}
	case !c.reading && *v != 0:
		c.b = protowire.AppendVarint(protowire.AppendTag(c.b, n, protowire.VarintType), *v)
	}
}

// value returns what begins with the value of the next field, if that is of the
// kind.
func (c *coder) value(kind protowire.Type) []byte {
	if c.kind != kind && c.err == nil {
		c.err = fmt.Errorf("store: not a record: field %d is of another type", c.next)
	}
	if c.err != nil {
		return nil
	}
	return c.b[c.tag:]
}

// bytes reads bytes. They are part of what is read.
func (c *coder) bytes() (b []byte, text string) {
	b, size := protowire.ConsumeBytes(c.value(protowire.BytesType))
	if c.failed(size) {
		return nil, ""
	}
	end := len(c.text) - len(c.b) + c.tag + size
	c.advance(c.tag + size)
	return b, c.text[end-len(b) : end]
}

func signed[T ~int | ~int64](c *coder, n protowire.Number, v *T) {
	u := protowire.EncodeZigZag(int64(*v))
	if c.varint(n, &u); c.reading {
		*v = T(protowire.DecodeZigZag(u))
	}
}

func (c *coder) bool(n protowire.Number, v *bool) {
	u := protowire.EncodeBool(*v)
	if c.varint(n, &u); c.reading {
		*v = protowire.DecodeBool(u)
	}
}

func text[T ~string](c *coder, n protowire.Number, v *T) {
	switch {
	case c.field(n):
		_, s := c.bytes()
		*v = T(s)
	case !c.reading && *v != "":
		c.b = protowire.AppendString(protowire.AppendTag(c.b, n, protowire.BytesType), string(*v))
	}
}

func (c *coder) raw(n protowire.Number, v *json.RawMessage) {
	switch {
	case c.field(n):
		b, _ := c.bytes()
		*v = append(*v, b...)
	case !c.reading && len(*v) > 0:
		c.b = protowire.AppendBytes(protowire.AppendTag(c.b, n, protowire.BytesType), *v)
	}
}

// numbers comes to a list of numbers, one field each.
func (c *coder) numbers(n protowire.Number, list *[]uint64) {
	for c.field(n) && c.err == nil {
		var v uint64
		c.varint(n, &v)
		*list = append(*list, v)
	}
	if c.reading {
		return
	}
	for _, v := range *list {
		c.b = protowire.AppendVarint(protowire.AppendTag(c.b, n, protowire.VarintType), v)
	}
}

// part comes to a message within the message.
func part[T any, P interface {
	*T
	message
}](c *coder, n protowire.Number, v *P) {
	switch {
	case c.field(n):
		*v = new(T)
		c.readPart(*v)
	case !c.reading && *v != nil:
		c.writePart(n, *v)
	}
}

// parts comes to a list of messages, one field each.
func parts[T any, P interface {
	*T
	message
}](c *coder, n protowire.Number, list *[]T) {
	for c.field(n) && c.err == nil {
		*list = append(*list, *new(T))
		c.readPart(P(&(*list)[len(*list)-1]))
	}
	if c.reading {
		return
	}
	for i := range *list {
		c.writePart(n, P(&(*list)[i]))
	}
}

func (c *coder) readPart(m message) {
	b, text := c.bytes()
	if c.err != nil {
		return
	}
	outer := *c
	*c = coder{reading: true, b: b, text: text}
	c.message(m)
	outer.err = c.err
	*c = outer
}

func (c *coder) writePart(n protowire.Number, m message) {
	outer := *c
	c.b = protowire.AppendTag(c.b, n, protowire.BytesType)
	start := len(c.b)
	c.message(m)
	var length [binary.MaxVarintLen64]byte
	c.b = slices.Insert(c.b, start, protowire.AppendVarint(length[:0], uint64(len(c.b)-start))...)
	outer.b = c.b
	*c = outer
}

// time comes to a time, which is kept in UTC, as two numbers: seconds since 1970, and
// nanoseconds.
func (c *coder) time(n protowire.Number, v *time.Time) {
	switch {
	case c.field(n):
		b, _ := c.bytes()
		seconds, n := protowire.ConsumeVarint(b)
		if c.failed(n) {
			return
		}
		nanoseconds, n := protowire.ConsumeVarint(b[n:])
		if c.failed(n) {
			return
		}
		*v = time.Unix(protowire.DecodeZigZag(seconds), int64(nanoseconds)).UTC()
	case !c.reading && !v.IsZero():
		var b [2 * binary.MaxVarintLen64]byte
		at := protowire.AppendVarint(b[:0], protowire.EncodeZigZag(v.Unix()))
		at = protowire.AppendVarint(at, uint64(v.Nanosecond()))
		c.b = protowire.AppendBytes(protowire.AppendTag(c.b, n, protowire.BytesType), at)
	}
}

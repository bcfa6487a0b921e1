package apng

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// Writer puts PNG files together to an animation.
type Writer struct {
	// Count is how many frames there will be, Plays how often they are shown; 0 is for
	// ever.
	Count, Plays int

	w        io.Writer
	header   string // of the first frame, behind its size
	sequence uint32
	frames   int
}

// NewWriter returns a writer of count frames to w.
func NewWriter(w io.Writer, count, plays int) *Writer {
	return &Writer{Count: count, Plays: plays, w: w}
}

// Frame adds a PNG file as a frame that is shown for delay at the place with the upper
// left corner x, y. The first is as large as the picture, and gives it all of its
// other chunks; the others are of the same colour type.
func (w *Writer) Frame(file []byte, x, y int, delay time.Duration, blend byte) error {
	chunks, err := split(file)
	if err != nil {
		return err
	}
	header := chunks[0].data
	control := make([]byte, 0, 26)
	control = append(binary.BigEndian.AppendUint32(control, w.next()), header[:8]...)
	control = binary.BigEndian.AppendUint32(control, uint32(x))
	control = binary.BigEndian.AppendUint32(control, uint32(y))
	control = append(appendDelay(control, delay), disposeNone, blend)
	first := w.frames == 0
	if w.frames++; first {
		w.header = string(header[8:])
		err = w.begin(chunks)
	} else if string(header[8:]) != w.header {
		err = fmt.Errorf("%w: a frame of another type", ErrSyntax)
	}
	if err != nil {
		return err
	}
	if err := w.write("fcTL", control); err != nil {
		return err
	}
	for _, c := range chunks {
		if c.name != "IDAT" {
			continue
		}
		if first {
			err = w.write("IDAT", c.data)
		} else {
			err = w.write("fdAT", append(binary.BigEndian.AppendUint32(nil, w.next()), c.data...))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Close writes the end.
func (w *Writer) Close() error {
	if w.frames != w.Count {
		return fmt.Errorf("apng: %d frames of %d", w.frames, w.Count)
	}
	return w.write("IEND", nil)
}

// begin writes what is before the first frame.
func (w *Writer) begin(chunks []part) error {
	if _, err := io.WriteString(w.w, signature); err != nil {
		return err
	}
	control := binary.BigEndian.AppendUint32(nil, uint32(w.Count))
	control = binary.BigEndian.AppendUint32(control, uint32(w.Plays))
	for i, c := range chunks {
		if c.name == "IDAT" || c.name == "IEND" {
			continue
		}
		if err := w.write(c.name, c.data); err != nil {
			return err
		}
		if i == 0 {
			if err := w.write("acTL", control); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Writer) next() uint32 {
	w.sequence++
	return w.sequence - 1
}

func (w *Writer) write(name string, data []byte) error {
	_, err := w.w.Write(encoded(name, data))
	return err
}

// appendDelay writes a time as a fraction of two numbers of 16 bits, at most 18 hours.
func appendDelay(b []byte, d time.Duration) []byte {
	unit, n := time.Millisecond, uint16(1000)
	for _, n = range []uint16{1000, 100, 10, 1} {
		if unit = time.Second / time.Duration(n); d/unit <= 1<<16-1 {
			break
		}
	}
	b = binary.BigEndian.AppendUint16(b, uint16(min(max(d/unit, 0), 1<<16-1)))
	return binary.BigEndian.AppendUint16(b, n)
}

// part is a chunk with its data.
type part struct {
	name string
	data []byte
}

// split takes a PNG file apart.
func split(file []byte) ([]part, error) {
	broken := fmt.Errorf("%w: a frame is no PNG", ErrSyntax)
	if len(file) < len(signature) || string(file[:len(signature)]) != signature {
		return nil, broken
	}
	var parts []part
	for rest := file[len(signature):]; len(rest) > 0; {
		if len(rest) < 12 || int64(binary.BigEndian.Uint32(rest)) > int64(len(rest)-12) {
			return nil, broken
		}
		n := binary.BigEndian.Uint32(rest)
		parts = append(parts, part{string(rest[4:8]), rest[8 : 8+n]})
		rest = rest[12+n:]
	}
	if len(parts) == 0 || parts[0].name != "IHDR" || len(parts[0].data) != 13 {
		return nil, broken
	}
	return parts, nil
}

package metadata

import (
	"encoding/binary"
	"fmt"
)

// shown are the chunks of PNG that decide how the picture looks, besides those
// that a decoder must know: https://www.w3.org/TR/png-3/#11Chunks.
var shown = map[string]bool{
	"tRNS": true, "cHRM": true, "gAMA": true, "iCCP": true, "sBIT": true, "sRGB": true,
	"cICP": true, "mDCV": true, "cLLI": true, "mDCv": true, "cLLi": true, "bKGD": true,
	"pHYs": true, "hIST": true, "sPLT": true, "acTL": true, "fcTL": true, "fdAT": true,
}

// cutPNG keeps the chunks that show the picture. Each has its own checksum, so
// nothing else changes.
func cutPNG(c *cutter) error {
	const signature = "\x89PNG\r\n\x1a\n"
	head, err := c.at(0, len(signature))
	if err != nil {
		return err
	}
	if string(head) != signature {
		return ErrSyntax
	}
	if err := c.keep(0, 8); err != nil {
		return err
	}
	begun := false
	for off := int64(8); ; {
		chunk, err := c.at(off, 8)
		switch {
		case err != nil:
			return err
		case len(chunk) < 8 && begun:
			c.early = true
			return nil
		case len(chunk) < 8:
			return ErrSyntax
		}
		name := string(chunk[4:])
		end := off + 12 + int64(binary.BigEndian.Uint32(chunk))
		begun = begun || name == "IDAT"
		if end > c.size && !begun {
			return fmt.Errorf("%w: a chunk of %d bytes", ErrSyntax, end-off)
		}
		if why := toldByPNG(name); why != "" {
			c.remove(why)
		} else if err := c.keep(off, end); err != nil {
			return err
		}
		if off = min(end, c.size); name == "IEND" {
			if off < c.size {
				c.remove("data behind the picture")
			}
			return nil
		}
	}
}

// toldByPNG names what a chunk tells besides the picture, or returns "".
func toldByPNG(name string) string {
	critical := name[0]&0x20 == 0
	switch {
	case critical || shown[name]:
		return ""
	case name == "eXIf" || name == "zxIf":
		return "EXIF"
	case name == "tEXt" || name == "zTXt" || name == "iTXt":
		return "text"
	case name == "tIME":
		return "time"
	}
	return "data of a program"
}

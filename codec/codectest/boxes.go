package codectest

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Boxes returns the kinds of the boxes at the top of an MP4 or QuickTime file.
func Boxes(data []byte) ([]string, error) {
	var kinds []string
	for len(data) > 0 {
		if len(data) < 8 {
			return kinds, fmt.Errorf("%d bytes are left over behind %v", len(data), kinds)
		}
		size, kind := uint64(binary.BigEndian.Uint32(data)), string(data[4:8])
		switch {
		case size == 0:
			size = uint64(len(data))
		case size == 1 && len(data) >= 16:
			size = binary.BigEndian.Uint64(data[8:])
		}
		if size < 8 || size > uint64(len(data)) {
			return kinds, fmt.Errorf("the box %q says %d bytes and there are %d", kind, size, len(data))
		}
		kinds = append(kinds, kind)
		data = data[size:]
	}
	return kinds, nil
}

// IndexFirst returns an error unless the index of an MP4 or QuickTime file comes
// before its media data, so that it plays while it is downloaded.
func IndexFirst(data []byte) error {
	kinds, err := Boxes(data)
	if err != nil {
		return err
	}
	index, media := slices.Index(kinds, "moov"), slices.Index(kinds, "mdat")
	if index < 0 || media >= 0 && media < index {
		return fmt.Errorf("the boxes are %v, want moov before mdat", kinds)
	}
	return nil
}

package metadata_test

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"

	"github.com/spoolmedia/spool/codec/vips/internal/metadata"
)

// profile has the tag "desc" behind another one.
func profile(desc string) []byte {
	b := make([]byte, 128)
	b = binary.BigEndian.AppendUint32(b, 2)
	for _, tag := range []string{"wtpt", "desc"} {
		b = append(b, tag...)
		b = binary.BigEndian.AppendUint32(b, 128+4+24)
		b = binary.BigEndian.AppendUint32(b, uint32(len(desc)))
	}
	return append(b, desc...)
}

func oldDescription(text string) string {
	return string(binary.BigEndian.AppendUint32([]byte("desc\x00\x00\x00\x00"), uint32(len(text)))) + text
}

func newDescription(text string) string {
	b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
	units := utf16.Encode([]rune(text))
	b = binary.BigEndian.AppendUint32(b, uint32(2*len(units)))
	b = binary.BigEndian.AppendUint32(b, 28)
	for _, u := range units {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return string(b)
}

func TestProfileName(t *testing.T) {
	for _, test := range []struct {
		profile []byte
		want    string
	}{
		{profile(oldDescription("Adobe RGB (1998)\x00")), "Adobe RGB (1998)"},
		{profile(newDescription("Display P3 – é")), "Display P3 – é"},
		{profile("desc"), ""}, {profile("mluc"), ""}, {profile("text\x00\x00\x00\x00\x00\x00\x00\x00"), ""},
		{profile(oldDescription("cut off"))[:150], ""}, {profile(newDescription("cut off"))[:190], ""},
		{nil, ""}, {make([]byte, 132), ""},
	} {
		if got := metadata.ProfileName(test.profile); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func FuzzProfileName(f *testing.F) {
	f.Add(profile(oldDescription("Adobe RGB (1998)\x00")))
	f.Add(profile(newDescription("Display P3")))
	f.Fuzz(func(t *testing.T, b []byte) { metadata.ProfileName(b) })
}

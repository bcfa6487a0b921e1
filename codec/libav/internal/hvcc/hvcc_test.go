package hvcc

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// unhex is what hexadecimal digits, with spaces, stand for.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What x265 says of pictures of 64 × 48 pixels.
const (
	head     = "01 01 60000000 900000000000 1e f000 fc fd f8 f8 0000 0f"
	video    = "40010c01ffff01600000030090000003000003001e95980921"
	sequence = "42010101600000030090000003000003001ea02083165959ae4caf016808000003000800000300c84022"
	picture  = "4401c173d089"
	record   = head + "03 a0 0001 0019" + video + "a1 0001 002a" + sequence + "a2 0001 0006" + picture
	units    = "00000019" + video + "0000002a" + sequence + "00000006" + picture
)

func TestARecordIsWhatItWas(t *testing.T) {
	b := unhex(t, record)
	r, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if r.Profile != 1 || r.LengthSize != 4 || !r.Free() {
		t.Errorf("profile %d, %d bytes of length, free %t", r.Profile, r.LengthSize, r.Free())
	}
	if got := r.Bytes(); !bytes.Equal(got, b) {
		t.Errorf("it becomes %x, want %x", got, b)
	}
}

func TestWhatIsNoRecord(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                        "",
		"a header that ends":             head,
		"the sets of a transport stream": "00000001" + video + "00000001" + sequence,
		"an array that ends":             head + "01 a0 00",
		"a set that ends":                head + "01 a0 0001 0019 4001",
		"a set of a byte":                head + "01 a0 0001 0001 40",
		"a set of another kind":          head + "01 a0 0001 0006" + picture,
		"fewer arrays than it says":      head + "02 a2 0001 0006" + picture,
	} {
		if _, err := Parse(unhex(t, text)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}

func TestSetsAreAddedUnderOtherNumbers(t *testing.T) {
	r, err := Parse(unhex(t, record))
	if err != nil {
		t.Fatal(err)
	}
	higher := strings.Replace(units, sequence, strings.Replace(sequence, "1ea0", "7ba0", 1), 1)
	if err := r.Add(unhex(t, higher+"00000003 4e0105")); err != nil {
		t.Fatal(err)
	}
	if r.Free() {
		t.Error("the numbers are still free")
	}
	r, err = Parse(r.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if r.head[levelAt] != 0x7B {
		t.Errorf("the level is %#x", r.head[levelAt])
	}
	for i, want := range []uint{VideoSet, SequenceSet, PictureSet} {
		kind, sets := byte(typeVideo+i), r.arrays[i].units
		first, ok1 := numberOf(kind, sets[0])
		second, ok2 := numberOf(kind, sets[1])
		if len(sets) != 2 || !ok1 || first != 0 || !ok2 || second != want {
			t.Errorf("sets of the kind %d have the numbers %d, %d; want 0, %d", kind, first, second, want)
		}
	}
	// What comes behind the numbers is as it was.
	if got, want := r.arrays[0].units[1], strings.Replace(video, "40010c", "4001fc", 1); !bytes.Equal(
		got, unhex(t, want)) {
		t.Errorf("the video parameter set is %x, want %s", got, want)
	}
	if got, want := r.arrays[2].units[1], "4401 098401 73d089"; !bytes.Equal(got, unhex(t, want)) {
		t.Errorf("the picture parameter set is %x, want %s", got, want)
	}
	want := "4201f101600000030090000003000003007b0820 2083165959ae4caf016808000003000800000300c84022"
	if got := r.arrays[1].units[1]; !bytes.Equal(got, unhex(t, want)) {
		t.Errorf("the sequence parameter set is\n%x, want\n%s", got, want)
	}
}

func TestWhatCannotBeAdded(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":              "",
		"one kind":             "00000006" + picture,
		"two of a kind":        units + "00000006" + picture,
		"less than a length":   units + "0000",
		"less than it says":    units + "00000007" + picture,
		"a unit of a byte":     units + "00000001 44",
		"sub-layers":           strings.Replace(units, "420101", "420103", 1),
		"another number":       strings.Replace(units, "4401c1", "440141", 1),
		"another video's":      strings.Replace(units, "40010c", "40011c", 1),
		"a set that ends":      "00000019" + video + "00000003 420101" + "00000006" + picture,
		"a set without a byte": "00000019" + video + "0000002a" + sequence + "00000002 4401",
	} {
		r, err := Parse(unhex(t, record))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Add(unhex(t, text)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
		if !bytes.Equal(r.Bytes(), unhex(t, record)) {
			t.Errorf("%s: the record is another", name)
		}
	}
}

func TestNumbersBehindLayersAreFound(t *testing.T) {
	// Two sub-layers, of which the first has a profile and a level, then the number 15.
	set := "4201 03" + strings.Repeat("11", 12) + "c000" + strings.Repeat("22", 12) + "0800"
	if got, ok := numberOf(typeSequence, unhex(t, set)); !ok || got != 15 {
		t.Errorf("the number is %d, %t", got, ok)
	}
	if _, ok := numberOf(typeSequence, unhex(t, set[:len(set)-4])); ok {
		t.Error("a set that ends before its number has one")
	}
}

// FuzzParse checks that a record that can be read is written as it was.
func FuzzParse(f *testing.F) {
	f.Add(unhex(f, record), unhex(f, units))
	f.Add(unhex(f, head+"00"), []byte{})
	f.Fuzz(func(t *testing.T, record, units []byte) {
		r, err := Parse(record)
		if err != nil {
			return
		}
		b := r.Bytes()
		if !bytes.HasPrefix(record, b) {
			t.Fatalf("%x becomes %x", record, b)
		}
		free := r.Free()
		if r.Add(units) != nil || !free {
			return
		}
		again, err := Parse(r.Bytes())
		if err != nil {
			t.Fatalf("%x and %x: %v", record, units, err)
		}
		if again.Free() {
			t.Fatalf("%x and %x: the numbers are still free", record, units)
		}
	})
}

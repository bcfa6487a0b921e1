package avcc

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// unhex is what a line of hexadecimal digits, with spaces, stands for.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// high is a record of the profile High, level 3.0, with one set of each kind, number 0.
const high = "01 64 00 1e ff e1 0006 6764001eacd9 01 0004 68ebe3cb fdf8f800"

func TestARecordIsWhatItWas(t *testing.T) {
	b := unhex(t, high)
	r, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if r.Profile != 100 || r.Level != 30 || r.LengthSize != 4 || len(r.Sequence) != 1 ||
		len(r.Picture) != 1 {
		t.Errorf("it is read as %+v", r)
	}
	if got := r.Bytes(); !bytes.Equal(got, b) {
		t.Errorf("it becomes %x, want %x", got, b)
	}
}

func TestWhatIsNoRecord(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                        "",
		"a header that ends":             "01 64 00 1e ff",
		"the sets of a transport stream": "00000001 6764001eacd9 00000001 68ebe3cb",
		"a set that ends":                "01 64 00 1e ff e1 0006 6764",
		"a set of no bytes":              "01 64 00 1e ff e1 0000 01 0004 68ebe3cb",
		"a set of another kind":          "01 64 00 1e ff e1 0006 6864001eacd9 01 0004 68ebe3cb",
		"nothing behind the first":       "01 64 00 1e ff e1 0006 6764001eacd9",
	} {
		if _, err := Parse(unhex(t, text)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}

func TestAFreeNumberIsOneThatNoSetHas(t *testing.T) {
	sequence := func(codes ...string) (sets [][]byte) {
		for _, code := range codes {
			sets = append(sets, unhex(t, "6764001e"+code))
		}
		return sets
	}
	var every [][]byte
	for n := range 32 { // n as a code of 11 bits, or less
		code := uint16(n + 1)
		zeros := 0
		for code>>(zeros+1) != 0 {
			zeros++
		}
		code <<= 15 - 2*zeros
		every = append(every, []byte{0x67, 100, 0, 30, byte(code >> 8), byte(code)})
	}
	for _, test := range []struct {
		name string
		r    Record
		want int
		ok   bool
	}{
		{"none is used", Record{}, 31, true},
		{"0 is used", Record{Sequence: sequence("ac")}, 31, true},
		{"31 is used", Record{Sequence: sequence("0410")}, 30, true},
		{"31 and, of a picture, 30", Record{Sequence: sequence("0410"),
			Picture: [][]byte{unhex(t, "680f80")}}, 29, true},
		{"all are used", Record{Sequence: every}, 0, false},
		{"all but the lowest are used", Record{Sequence: every[1:]}, 0, true},
		{"a set that ends before its number", Record{Sequence: sequence("")}, 0, false},
		{"a number without end", Record{Sequence: sequence("00000000")}, 0, false},
		{"a number that no sequence has", Record{Sequence: sequence("0210")}, 0, false},
	} {
		if got, ok := test.r.FreeNumber(); ok != test.ok || ok && got != test.want {
			t.Errorf("%s: %d, %t, want %d, %t", test.name, got, ok, test.want, test.ok)
		}
	}
}

func TestSetsAreAddedBehindThoseThatAreThere(t *testing.T) {
	r, err := Parse(unhex(t, high))
	if err != nil {
		t.Fatal(err)
	}
	other := "00000006 67640028 0410" + "00000004 06050102" + "00000003 680410"
	if err := r.Add(unhex(t, other)); err != nil {
		t.Fatal(err)
	}
	want := unhex(t, "01 64 00 28 ff e2 0006 6764001eacd9 0006 676400280410"+
		"02 0004 68ebe3cb 0003 680410 fdf8f800")
	if got := r.Bytes(); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	if n, ok := r.FreeNumber(); !ok || n != 30 {
		t.Errorf("then %d is free, want 30", n)
	}
	for name, units := range map[string]string{
		"nothing":            "",
		"no set of pictures": "00000006 676400280410",
		"less than a length": "000000",
		"less than it says":  "00000007 676400280410",
		"a unit of no bytes": "00000000",
		"a set that ends":    "00000003 676400 00000003 680410",
	} {
		r, err := Parse(unhex(t, high))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Add(unhex(t, units)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}

// FuzzParse checks that a record that can be read is written as it was.
func FuzzParse(f *testing.F) {
	f.Add(unhex(f, high), unhex(f, "00000006 676400280410 00000003 680410"))
	f.Add([]byte{1, 66, 0, 30, 255, 224, 0}, []byte{})
	f.Fuzz(func(t *testing.T, record, units []byte) {
		r, err := Parse(record)
		if err != nil {
			return
		}
		b := r.Bytes()
		if again, err := Parse(b); err != nil || !bytes.Equal(again.Bytes(), b) {
			t.Fatalf("%x becomes %x, which is read as %v, %v", record, b, again, err)
		}
		number, free := r.FreeNumber()
		if free && (number < 0 || number > 31) {
			t.Fatalf("the free number is %d", number)
		}
		if r.Add(units) != nil {
			return
		}
		if _, err := Parse(r.Bytes()); err != nil {
			t.Fatalf("%x and %x: %v", record, units, err)
		}
	})
}

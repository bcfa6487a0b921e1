package rules_test

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/spoolmedia/spool/store/internal/rules"
)

var pieces = regexp.MustCompile(`[0-9]+|[^0-9]`)

// compare orders names piece by piece, numbers as numbers: the meaning of Key,
// said another way.
func compare(a, b string) int {
	return slices.CompareFunc(pieces.FindAllString(a, -1), pieces.FindAllString(b, -1),
		func(p, q string) int {
			m, n := strings.TrimLeft(p, "0"), strings.TrimLeft(q, "0")
			if !isNumber(p) || !isNumber(q) {
				return cmp.Compare(p[:1], q[:1])
			}
			return cmp.Or(cmp.Compare(len(m), len(n)), cmp.Compare(m, n), cmp.Compare(len(p), len(q)))
		})
}

func isNumber(s string) bool { return s[0] >= '0' && s[0] <= '9' }

func TestKeyOrdersNamesWithNumbersAsNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`(f|walk|p|x?0{0,3}[0-9]{0,12}|/){1,6}`)
		a, b := name.Draw(t, "a"), name.Draw(t, "b")
		want := compare(a, b)
		// A digit sorts between a slash and a letter, whatever it is.
		if got := strings.Compare(rules.Key(a), rules.Key(b)); got != want {
			t.Fatalf("%q and %q: got %d, want %d", a, b, got, want)
		}
	})
}

func TestKeyOfLongNumbers(t *testing.T) {
	names := []string{
		"f/" + strings.Repeat("9", 253), "f/1" + strings.Repeat("0", 253),
		"f/" + strings.Repeat("9", 254), "f/1" + strings.Repeat("0", 254),
		"f/" + strings.Repeat("9", 508), "f/1" + strings.Repeat("0", 508),
	}
	for i, name := range names[1:] {
		if rules.Key(names[i]) >= rules.Key(name) {
			t.Errorf("a number of %d digits is not before one of %d", len(names[i]), len(name))
		}
	}
}

func TestKeyHoldsNoZeroByteAndBeginsWithThatOfWhatIsAbove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-c0-2]{1,300}`)
		above, below := name.Draw(t, "above"), name.Draw(t, "below")
		key := rules.Key(above + "/" + below)
		if strings.Contains(key, "\x00") || !strings.HasPrefix(key, rules.Key(above)+"/") {
			t.Fatalf("%q below %q: got key %q", below, above, key)
		}
		if !rules.Under(key, rules.Key(above)) || !rules.Under(key, "") || !rules.Under(key, key) {
			t.Fatalf("%q is not under %q", below, above)
		}
		if rules.Under(rules.Key(above+"x"), rules.Key(above)) {
			t.Fatalf("%qx is under %q", above, above)
		}
	})
}

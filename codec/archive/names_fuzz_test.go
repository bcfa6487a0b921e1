package archive

import (
	"path"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzSafePath makes paths of any names in archives: none leads out of its folder, on
// any system, and a safe one is not changed again.
func FuzzSafePath(f *testing.F) {
	for _, name := range []string{"a/b.txt", "../../etc/passwd", `..\..\a`, "/abs", `C:\a`, "c:/a/..",
		"a/. ./b", "a\x00b", "a\xff", ".. /x", "./a/", "a//b", "\u202eexe.txt",
		strings.Repeat("a", 300) + ".jpg", strings.Repeat("d/", 900) + "f"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		safe, _ := safePath(name)
		if safe == "" {
			return
		}
		if !filepath.IsLocal(safe) || path.Clean(safe) != safe || !utf8.ValidString(safe) ||
			strings.ContainsAny(safe, "\\:\x00") || len(safe) > maxPath+maxElement {
			t.Errorf("%q became %q", name, safe)
		}
		if again, changed := safePath(safe); again != safe || changed {
			t.Errorf("%q became %q, then %q", name, safe, again)
		}
	})
}

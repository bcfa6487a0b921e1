package filestorage_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/filestorage"
)

func TestSymbolicLinkDoesNotLeadOut(t *testing.T) {
	above := t.TempDir()
	outside, dir := filepath.Join(above, "outside"), filepath.Join(above, "in")
	if err := os.MkdirAll(filepath.Join(outside, "sub.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, filestorage.Config{NoSync: true})
	for name, target := range map[string]string{
		"abs.d": outside, "rel.d": "../../outside", "file": filepath.Join(outside, "secret"),
		"nowhere.d": "nothing",
	} {
		if err := os.Symlink(target, filepath.Join(dir, "blobs", name)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	before := tree(t, outside)
	for _, key := range []string{
		"abs/secret", "rel/secret", "abs/new", "rel/new", "abs/sub/new", "file", "nowhere/new",
	} {
		if b, err := s.Open(t.Context(), key); err == nil {
			b.Close()
			t.Errorf("Open(%q) leads out", key)
		}
		if w, err := s.Create(t.Context(), key); err == nil {
			if _, err := w.Commit(); err == nil {
				t.Errorf("Create(%q) leads out", key)
			}
		}
		if key != "file" { // removes the link, not what it points to
			_ = s.Remove(t.Context(), key)
		}
	}
	if got := tree(t, outside); !slices.Equal(got, before) {
		t.Errorf("outside there is now %q, was %q", got, before)
	}
	for info, err := range s.List(t.Context(), "", "") {
		t.Errorf("List yields %v, %v", info, err)
	}
}

func FuzzKeyStaysInside(f *testing.F) {
	for _, key := range []string{
		"a", "a/b", "../x", "a/../../x", "/x", `..\x`, "a.d/b", "%2e%2e/x", "....//x", "a\x00/../x",
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		above := t.TempDir()
		s := open(t, filepath.Join(above, "in"), filestorage.Config{NoSync: true})
		w, err := s.Create(t.Context(), key)
		if (err == nil) != storage.ValidKey(key) {
			t.Fatalf("Create(%q) = %v, but ValidKey is %v", key, err, storage.ValidKey(key))
		}
		if err != nil {
			return
		}
		if _, err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		for _, name := range tree(t, above) {
			if name != "in" && name != "in/blobs" && name != "in/tmp" && name != "in/lock" &&
				len(name) <= len("in/blobs/") {
				t.Fatalf("%q made %q", key, name)
			}
		}
		if entries, err := os.ReadDir(above); err != nil || len(entries) != 1 {
			t.Fatalf("%q made something outside: %v, %v", key, entries, err)
		}
		got, err := filestorage.ListPaged(t.Context(), s, 2)
		if err != nil || !slices.Equal(got, []string{key}) {
			t.Fatalf("List yields %q, %v; want %q", got, err, key)
		}
		if err := s.Remove(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if got := tree(t, filepath.Join(above, "in", "blobs")); len(got) > 0 {
			t.Fatalf("%q left %q", key, got)
		}
	})
}

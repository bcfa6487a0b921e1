package filestorage_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/filestorage"
	"github.com/spoolmedia/spool/storage/storagetest"
)

func TestStorageWithoutWhatSomeFileSystemsLackKeepsTheContract(t *testing.T) {
	for name, without := range map[string]func(*filestorage.Storage){
		"renaming to free names": filestorage.WithoutRename,
		"hard links":             filestorage.WithoutLinks,
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Run(t, func(t *testing.T) storage.Storage {
				s := open(t, t.TempDir(), filestorage.Config{NoSync: true})
				without(s)
				return s
			})
		})
	}
}

func TestCommitLeavesNoFolderUnsynced(t *testing.T) {
	s := open(t, t.TempDir(), filestorage.Config{})
	var writers sync.WaitGroup
	for i := range 16 {
		writers.Go(func() { put(t, s, fmt.Sprintf("a/%d/b/%d", i%4, i), "x") })
	}
	writers.Wait()
	if n := filestorage.Unsynced(s); n > 0 {
		t.Errorf("%d folders may not be durable", n)
	}
}

func put(t testing.TB, s *filestorage.Storage, key, data string) {
	t.Helper()
	w, err := s.Create(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if _, err := io.WriteString(w, data); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s *filestorage.Storage, key string) string {
	t.Helper()
	b, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	data, err := io.ReadAll(io.NewSectionReader(b, 0, b.Info().Size))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// tree returns the files and folders below dir, but the lock.
func tree(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if name != "." && name != "lock" {
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestBlobsAreThereAfterReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "open")
	s, err := filestorage.Open(dir, filestorage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "out/7/hero.webp", "kept")
	half, err := s.Create(t.Context(), "out/7/half")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(half, "never committed"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(tree(t, filepath.Join(dir, "tmp"))); got != 1 {
		t.Fatalf("%d half-written files, want 1", got)
	}

	s = open(t, dir, filestorage.Config{})
	if got := get(t, s, "out/7/hero.webp"); got != "kept" {
		t.Errorf("after reopen the blob is %q, want kept", got)
	}
	want := []string{"blobs", "blobs/out.d", "blobs/out.d/7.d", "blobs/out.d/7.d/hero.webp", "tmp"}
	if got := tree(t, dir); !slices.Equal(got, want) {
		t.Errorf("after reopen the folder has %q, want %q", got, want)
	}
	if _, err := half.Commit(); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("Commit after Close = %v, want ErrClosed", err)
	}
}

func TestOpenOfAFolderInUseIsErrLocked(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestorage.Config{})
	w, err := s.Create(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if _, err := filestorage.Open(dir, filestorage.Config{}); !errors.Is(err, filestorage.ErrLocked) {
		t.Errorf("second Open = %v, want ErrLocked", err)
	}
	if _, err := w.Commit(); err != nil { // its file was left alone
		t.Error(err)
	}
}

func TestOpenOfAFileFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		if s, err := filestorage.Open(dir, filestorage.Config{}); err == nil {
			s.Close()
			t.Errorf("Open(%q) succeeds", dir)
		}
	}
}

func TestUseAfterCloseIsErrClosed(t *testing.T) {
	s := open(t, t.TempDir(), filestorage.Config{NoSync: true})
	put(t, s, "a", "data")
	b, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, create := s.Create(t.Context(), "b")
	_, opened := s.Open(t.Context(), "a")
	var listed error
	for _, err := range s.List(t.Context(), "", "") {
		listed = err
	}
	for verb, err := range map[string]error{
		"Create": create, "Open": opened, "List": listed, "Remove": s.Remove(t.Context(), "a"),
	} {
		if !errors.Is(err, storage.ErrClosed) {
			t.Errorf("%s after Close = %v, want ErrClosed", verb, err)
		}
	}
	if n, err := b.ReadAt(make([]byte, 4), 0); n != 4 {
		t.Errorf("reading an open blob after Close = %d, %v; want 4 bytes", n, err)
	}
}

func TestEmptyFoldersAreRemoved(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestorage.Config{NoSync: true})
	put(t, s, "a/b/c/d", "x")
	put(t, s, "a/e", "x")
	for _, key := range []string{"a/b/c/d", "a/e"} {
		if err := s.Remove(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if got := tree(t, dir); !slices.Equal(got, []string{"blobs", "tmp"}) {
		t.Errorf("after Remove the folder has %q", got)
	}
}

func TestFailedCommitLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestorage.Config{NoSync: true})
	w, err := s.Create(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	file, _ := storage.As[storage.Filer](w)
	file.File().Close() // so that neither reading again nor syncing works
	if _, err := w.Commit(); err == nil {
		t.Error("Commit of a closed file succeeds")
	}
	if got := tree(t, dir); !slices.Equal(got, []string{"blobs", "tmp"}) {
		t.Errorf("after a failed Commit the folder has %q", got)
	}
}

func TestListInPagesIsInOrder(t *testing.T) {
	s := open(t, t.TempDir(), filestorage.Config{NoSync: true})
	var want []string
	for i := range 5000 {
		key := fmt.Sprintf("%d", i)
		if i%10 == 0 {
			key += "/x"
		}
		put(t, s, key, "")
		want = append(want, key)
	}
	slices.Sort(want)
	got, err := filestorage.ListPaged(t.Context(), s, 700)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("List yields %d keys, want %d, or in another order", len(got), len(want))
	}
}

func TestEscapeIsOneToOne(t *testing.T) {
	names := []string{
		"a", "A", "a.", "a ", "con", "con.txt", "lpt1", ".", "..", "%", "%41", "é", "e\u0301", "日",
		"*?<>|", strings.Repeat("%", 79), "a\xff",
	}
	for _, strict := range []bool{false, true} {
		seen := make(map[string]string)
		for _, name := range names {
			file := filestorage.Escape(name, strict)
			if strict {
				file = strings.ToLower(file)
			}
			if other, ok := seen[file]; ok {
				t.Errorf("strict %v: %q and %q are both %q", strict, name, other, file)
			}
			seen[file] = name
			if got := filestorage.Unescape(file); got != name {
				t.Errorf("strict %v: Unescape(%q) = %q, want %q", strict, file, got, name)
			}
		}
	}
}

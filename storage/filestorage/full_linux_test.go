package filestorage_test

import (
	"bytes"
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/spoolmedia/spool/storage/filestorage"
)

func TestFullDiskIsAnErrorAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("mounting a small file system:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	s, err := filestorage.Open(dir, filestorage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for verb, end := range map[string]func(commit, abort func() error) error{
		"Commit": func(commit, _ func() error) error { return commit() },
		"Abort":  func(_, abort func() error) error { return abort() },
	} {
		w, err := s.Create(t.Context(), "a/b")
		if err != nil {
			t.Fatal(err)
		}
		n, err := w.Write(bytes.Repeat([]byte("x"), 2<<20))
		if !errors.Is(err, syscall.ENOSPC) || n >= 2<<20 {
			t.Errorf("Write = %d, %v; want less and ENOSPC", n, err)
		}
		err = end(func() error { _, err := w.Commit(); return err }, w.Abort)
		if verb == "Commit" && !errors.Is(err, syscall.ENOSPC) || verb == "Abort" && err != nil {
			t.Errorf("%s = %v", verb, err)
		}
		if got := tree(t, dir); !slices.Equal(got, []string{"blobs", "tmp"}) {
			t.Errorf("after %s the folder has %q", verb, got)
		}
	}
	put(t, s, "a/b", "there is room again")
}

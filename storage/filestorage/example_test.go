package filestorage_test

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spoolmedia/spool/storage/filestorage"
)

func Example() {
	dir, err := os.MkdirTemp("", "spool-example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := store(context.Background(), dir); err != nil {
		fmt.Println(err)
	}
	// Output:
	// committed out/7/hello.txt 12
	// hello, spool
}

func store(ctx context.Context, dir string) error {
	s, err := filestorage.Open(dir, filestorage.Config{})
	if err != nil {
		return err
	}
	defer s.Close()

	w, err := s.Create(ctx, "out/7/hello.txt")
	if err != nil {
		return err
	}
	defer w.Abort() // does nothing after Commit
	if _, err := io.WriteString(w, "hello, spool"); err != nil {
		return err
	}
	info, err := w.Commit()
	if err != nil {
		return err
	}
	fmt.Println("committed", info.Key, info.Size)

	b, err := s.Open(ctx, info.Key)
	if err != nil {
		return err
	}
	defer b.Close()
	_, err = io.Copy(os.Stdout, io.NewSectionReader(b, 0, info.Size))
	return err
}

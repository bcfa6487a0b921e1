package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"

	"github.com/spoolmedia/spool/storage/memstorage"
)

func Example() {
	ctx := context.Background()
	s := memstorage.New()

	w, err := s.Create(ctx, "out/job/0/1/hello.txt")
	if err != nil {
		log.Fatal(err)
	}
	defer w.Abort() // does nothing after Commit
	if _, err := io.WriteString(w, "hello, world"); err != nil {
		log.Fatal(err)
	}
	info, err := w.Commit()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Key, info.Size)

	blob, err := s.Open(ctx, info.Key)
	if err != nil {
		log.Fatal(err)
	}
	defer blob.Close()
	part := make([]byte, 5)
	if _, err := blob.ReadAt(part, 7); err != nil && !errors.Is(err, io.EOF) {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", part)
	// Output:
	// out/job/0/1/hello.txt 12
	// world
}

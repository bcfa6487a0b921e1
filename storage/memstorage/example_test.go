package memstorage_test

import (
	"context"
	"fmt"
	"io"

	"github.com/spoolmedia/spool/storage/memstorage"
)

func Example() {
	ctx := context.Background()
	s := memstorage.New()

	w, err := s.Create(ctx, "in/hello.txt")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Abort() // does nothing after Commit
	fmt.Fprint(w, "hello, spool")
	if _, err := w.Commit(); err != nil {
		fmt.Println(err)
		return
	}

	b, err := s.Open(ctx, "in/hello.txt")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	part, err := io.ReadAll(io.NewSectionReader(b, 7, 5))
	fmt.Printf("%s %v\n", part, err)

	for info, err := range s.List(ctx, "in/", "") {
		fmt.Println(info.Key, info.Size, err)
	}
	// Output:
	// spool <nil>
	// in/hello.txt 12 <nil>
}

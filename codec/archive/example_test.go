package archive_test

import (
	"context"
	"fmt"
	"log"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/archive"
	"github.com/spoolmedia/spool/codec/codectest"
)

func Example() {
	out := new(codectest.Sink)
	err := archive.New().Process(context.Background(), &codec.Work{
		Op: codec.Archive{Format: "zip", Filename: "letters"},
		In: []codec.Input{
			codectest.NewInput("alpha.txt", "", []byte("α")),
			codectest.NewInput("beta.txt", "", []byte("β")),
		},
		Out: out,
	})
	if err != nil {
		log.Fatal(err)
	}
	letters := out.Outputs()[0]
	fmt.Println(letters.Name, letters.Type)

	files := new(codectest.Sink)
	err = archive.New().Process(context.Background(), &codec.Work{
		Op:  codec.Extract{},
		In:  []codec.Input{codectest.NewInput(letters.Name, "", letters.Data)},
		Out: files,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files.Outputs() {
		fmt.Println(f.Name, string(f.Data))
	}
	// Output:
	// letters.zip application/zip
	// alpha.txt α
	// beta.txt β
}

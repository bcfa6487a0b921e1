package pdf_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"log"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/pdf"
)

func Example() {
	var scan bytes.Buffer
	if err := png.Encode(&scan, image.NewGray(image.Rect(0, 0, 480, 640))); err != nil {
		log.Fatal(err)
	}
	page := codectest.NewInput("page 1.png", "", scan.Bytes())
	out := new(codectest.Sink)
	err := pdf.New().Process(context.Background(), &codec.Work{
		Op:  codec.ImageToPDF{PageSize: codec.PageA4, Filename: "letter"},
		In:  []codec.Input{page, page},
		Out: out,
	})
	if err != nil {
		log.Fatal(err)
	}
	letter := out.Outputs()[0]
	fmt.Println(letter.Name, letter.Type, letter.Result.Media.Frames, "pages")
	// Output: letter.pdf application/pdf 2 pages
}

package vectorize_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"log"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/vectorize"
)

func Example() {
	flag := image.NewRGBA(image.Rect(0, 0, 90, 60))
	draw.Draw(flag, flag.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(flag, image.Rect(60, 0, 90, 60), image.NewUniform(color.RGBA{221, 0, 0, 255}),
		image.Point{}, draw.Src)
	var logo bytes.Buffer
	if err := png.Encode(&logo, flag); err != nil {
		log.Fatal(err)
	}
	out := new(codectest.Sink)
	err := vectorize.New().Process(context.Background(), &codec.Work{
		Op:  codec.Vectorize{Detail: 90},
		In:  []codec.Input{codectest.NewInput("flag.png", "", logo.Bytes())},
		Out: out,
	})
	if err != nil {
		log.Fatal(err)
	}
	drawing := out.Outputs()[0]
	fmt.Println(drawing.Name, drawing.Type, bytes.Count(drawing.Data, []byte("<path")), "shapes")
	// Output: flag.svg image/svg+xml 2 shapes
}

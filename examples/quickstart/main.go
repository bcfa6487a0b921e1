// Command quickstart converts one picture: the whole of spool in one program.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips"
	"github.com/spoolmedia/spool/engine"
)

func main() {
	ctx := context.Background()
	eng, err := engine.Open(engine.Config{Codecs: []codec.Codec{vips.New()}})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	job, err := eng.Submit(ctx, engine.Request{
		Inputs:    []engine.Input{engine.FromFile("examples/media/harbour.jpg")},
		Operation: codec.Convert{Format: "webp", Quality: 82, Width: 640},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := eng.Wait(ctx, job.ID); err != nil {
		log.Fatal(err)
	}
	for file, err := range eng.Files(ctx, job.ID) {
		if err != nil {
			log.Fatal(err)
		}
		for _, o := range file.Outputs {
			fmt.Println(file.Name, "→", o.Name, o.Result.Media.Width, "×", o.Result.Media.Height)
		}
	}
}

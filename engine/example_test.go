package engine_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
)

// The codec of this example copies text; a program would use codec/vips and
// codec/libav.
func Example() {
	ctx := context.Background()
	eng, err := engine.Open(engine.Config{Codecs: []codec.Codec{&enginetest.Codec{}}})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	job, err := eng.Submit(ctx, engine.Request{
		Account: "acct-7",
		Inputs: []engine.Input{
			engine.FromReader("one.txt", strings.NewReader("first")),
			engine.FromReader("two.txt", strings.NewReader("second")),
		},
		Operation:      codec.Convert{Format: "png"},
		IdempotencyKey: "import-42",
	})
	if err != nil {
		log.Fatal(err)
	}
	if job, err = eng.Wait(ctx, job.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println(job.Status, job.Completed, "of", job.Total)
	for file, err := range eng.Files(ctx, job.ID) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(file.Name, file.Status, file.Outputs[0].Name, file.Outputs[0].Size)
	}
	// Output:
	// completed 2 of 2
	// one.txt completed one.png 5
	// two.txt completed two.png 6
}

func ExampleEngine_Subscribe() {
	ctx := context.Background()
	eng, err := engine.Open(engine.Config{Codecs: []codec.Codec{&enginetest.Codec{}}})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	job, err := eng.Submit(ctx, engine.Request{
		Inputs:    []engine.Input{engine.FromReader("one.txt", strings.NewReader("first"))},
		Operation: codec.Convert{Format: "png"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for event, err := range eng.Subscribe(ctx, engine.Filter{Job: job.ID}) {
		if err != nil {
			log.Fatal(err)
		}
		if event.Kind != engine.Progress {
			fmt.Println(event.Kind)
		}
	}
	// Output:
	// created
	// started
	// file.started
	// file.completed
	// completed
}

func ExampleEngine_Process() {
	ctx := context.Background()
	eng, err := engine.Open(engine.Config{Codecs: []codec.Codec{&enginetest.Codec{}}})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	outputs, err := eng.Process(ctx, codec.Convert{Format: "png"},
		engine.FromReader("one.txt", strings.NewReader("first")))
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range outputs {
		fmt.Println(o.Output.Name, o.Size())
		if err := o.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// one.png 5
}

func ExampleDraft() {
	ctx := context.Background()
	eng, err := engine.Open(engine.Config{Codecs: []codec.Codec{&enginetest.Codec{}}})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	draft, err := eng.Draft()
	if err != nil {
		log.Fatal(err)
	}
	defer draft.Discard(ctx) // does nothing once there is a job
	upload, err := draft.Upload(ctx, "one.txt", strings.NewReader("first"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(upload.Name, upload.Type, upload.Size)
	// Only now is it known what shall be done.
	job, err := draft.Submit(ctx, engine.Request{
		Inputs:    []engine.Input{engine.FromUpload(upload)},
		Operation: codec.Convert{Format: "png"},
	})
	if err != nil {
		log.Fatal(err)
	}
	if job, err = eng.Wait(ctx, job.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println(job.Status)
	// Output:
	// one.txt text/plain 5
	// completed
}

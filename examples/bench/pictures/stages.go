package main

import (
	"context"
	"fmt"
)

// quarter is the width of the photograph as the decoder makes it for the outputs:
// nothing is left to resize.
const quarter = 1000

// stages prints the time of a core that decoding, resizing and encoding one picture
// take, and what share of the whole that is, by spool's libvips and by that of sharp:
// where a stage is slower here, by how much the library that is installed is behind.
//
// Encoding is measured by making more outputs of the same pixels, each of which is also kept
// and read back (sharp: of raw pixels), decoding without it, in a size that needs no resize.
// The rest is resizing, with what a stream costs between threads; of sharp, which decodes
// such a size otherwise, it is decoding, too.
func stages(ctx context.Context, photo, sharp string, runs int) error {
	fmt.Println("\nCPU ms of a stage | decode | resize | encode | all")
	fmt.Println("--- | --- | --- | --- | ---")
	for _, name := range []string{"spool", "sharp"} {
		if name == "sharp" && sharp == "" {
			continue
		}
		for _, format := range []string{"jpg", "png", "webp", "avif"} {
			t := task{Photo: photo, Out: photo + ".out", Format: format, Width: width, Workers: 1,
				Runs: runs, Sharp: sharp}
			if err := stagesOf(ctx, name, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func stagesOf(ctx context.Context, name string, t task) error {
	ours, err := least(ctx, "spool", t) // sharp is told the options, too
	if err != nil {
		return err
	}
	t.Options = ours.Options
	whole := ours
	if name != "spool" {
		if whole, err = least(ctx, name, t); err != nil {
			return err
		}
	}
	encode, err := encoding(ctx, name, t)
	if err != nil {
		return err
	}
	part := func(seconds float64) string {
		return fmt.Sprintf("%.1f (%.0f %%)", 1000*seconds/float64(t.Runs), 100*seconds/whole.CPU)
	}
	decoded, rest := "in resize", whole.CPU-encode
	if name == "spool" {
		decode, err := decoding(ctx, t)
		if err != nil {
			return err
		}
		decoded, rest = part(decode), rest-decode
	}
	fmt.Printf("%s to %s | %s | %s | %s | %.1f\n", name, t.Format, decoded, part(rest),
		part(encode), 1000*whole.CPU/float64(t.Runs))
	return nil
}

// decoding measures all of spool that is not encoding when nothing is resized.
func decoding(ctx context.Context, t task) (float64, error) {
	t.Width, t.Format = quarter, "jpg"
	all, err := least(ctx, "spool", t)
	if err != nil {
		return 0, err
	}
	encode, err := encoding(ctx, "spool", t)
	return all.CPU - encode, err
}

// encoding measures the encoder alone.
func encoding(ctx context.Context, name string, t task) (float64, error) {
	if name == "sharp" {
		t.Stage = "encode"
		all, err := least(ctx, name, t)
		return all.CPU, err
	}
	t.Outputs = 1
	once, err := least(ctx, "same size", t)
	if err != nil {
		return 0, err
	}
	t.Outputs += more
	all, err := least(ctx, "same size", t)
	return (all.CPU - once.CPU) / more, err
}

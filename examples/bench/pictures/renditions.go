package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spoolmedia/spool/codec"
)

// renditionsOf are n renditions, of two formats by turns: jpg and webp, or avif and
// webp.
func renditionsOf(n int, first string) []codec.Rendition {
	widths := []int{320, 640, 1280, 1920}
	var all []codec.Rendition
	for i := range n {
		format := first
		if i%2 == 1 {
			format = "webp"
		}
		all = append(all, codec.Rendition{Format: format, Width: widths[i/2%len(widths)]})
	}
	return all
}

// spoolRenditions makes all renditions: in one job, or each in a job of its own, or,
// to know what encoding alone takes, from pictures that have their size already.
func spoolRenditions(ctx context.Context, t task) (
	one func(context.Context) error, done func(*took) error, err error,
) {
	outputs := renditionsOf(t.Outputs, t.Format)
	if !t.Separate && !t.EncodesOnly {
		return through(t, codec.Renditions{Outputs: outputs})
	}
	var ones []func(context.Context) error
	var dones []func(*took) error
	for i, o := range outputs {
		own := t
		if t.EncodesOnly {
			own.Photo = filepath.Join(filepath.Dir(t.Photo), fmt.Sprintf("sized-%d.png", i))
			if err := sized(ctx, t, o.Width, own.Photo); err != nil {
				return nil, nil, err
			}
		}
		one, done, err := through(own, codec.Renditions{Outputs: []codec.Rendition{o}})
		if err != nil {
			return nil, nil, err
		}
		ones, dones = append(ones, one), append(dones, done)
	}
	one = func(ctx context.Context) error {
		for _, one := range ones {
			if err := one(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	done = func(all *took) error {
		var errs []error
		for _, done := range dones {
			errs = append(errs, done(all))
		}
		return errors.Join(errs...)
	}
	return one, done, nil
}

// sized writes the photograph at a width, without loss.
func sized(ctx context.Context, t task, width int, path string) error {
	t.Out = path
	one, done, err := through(t, codec.Convert{Format: "png", Width: width, Effort: 1})
	if err != nil {
		return err
	}
	return errors.Join(one(ctx), done(new(took)))
}

// renditions prints what one decode saves.
func renditions(ctx context.Context, photo string, runs int) error {
	fmt.Println("\n8 renditions | one job | 8 jobs | wall | encoders alone | outside of them")
	fmt.Println("--- | --- | --- | --- | --- | ---")
	for _, format := range []string{"jpg", "avif"} {
		t := task{Photo: photo, Out: photo + ".out", Format: format, Workers: 1, Outputs: 8,
			Runs: max(1, runs/5)}
		together, err := measure(ctx, "renditions", t)
		if err != nil {
			return err
		}
		t.Separate = true
		apart, err := measure(ctx, "renditions", t)
		if err != nil {
			return err
		}
		t.Separate, t.EncodesOnly = false, true
		encodes, err := measure(ctx, "renditions", t)
		if err != nil {
			return err
		}
		n := float64(t.Runs)
		fmt.Printf("%s and webp | %.3f s | %.3f s | %.2f | %.3f s | %.2f\n", format,
			together.Seconds/n, apart.Seconds/n, together.Seconds/apart.Seconds, encodes.Seconds/n,
			max(0, together.Seconds-encodes.Seconds)/(apart.Seconds-encodes.Seconds))
	}
	return nil
}

// stages prints where the time goes: a convert of what has its size already is the
// encoder and little else, the rest is decoding, shrinking and resizing.
func stages(ctx context.Context, photo string, runs int) error {
	fmt.Println("\nstage | to jpg | to png | to webp | to avif")
	fmt.Println("--- | --- | --- | --- | ---")
	small := filepath.Join(filepath.Dir(photo), "small.png")
	t := task{Photo: photo, Workers: 1}
	if err := sized(ctx, t, width, small); err != nil {
		return err
	}
	defer os.Remove(small)
	decode, encode := "decode, shrink, resize", "encode"
	for _, format := range []string{"jpg", "png", "webp", "avif"} {
		t := task{Photo: photo, Out: photo + ".out", Format: format, Width: width,
			Workers: 1, Runs: runs}
		whole, err := measure(ctx, "spool", t)
		if err != nil {
			return err
		}
		t.Photo = small
		end, err := measure(ctx, "spool", t)
		if err != nil {
			return err
		}
		share := min(1, end.Seconds/whole.Seconds)
		decode += fmt.Sprintf(" | %.0f %%", 100*(1-share))
		encode += fmt.Sprintf(" | %.0f %%", 100*share)
	}
	fmt.Printf("%s\n%s\n", decode, encode)
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spoolmedia/spool/codec"
)

// renditionsOf are the outputs of t, of two formats by turns: its own and webp.
func renditionsOf(t task) []codec.Rendition {
	widths := []int{320, 640, 1280, 1920}
	var all []codec.Rendition
	for i := range t.Outputs {
		o := codec.Rendition{Format: t.Format, Width: widths[i/2%len(widths)]}
		if i%2 == 1 {
			o.Format = "webp"
		}
		all = append(all, o)
		for n := range more {
			if t.Again == "all" || t.Again == o.Format {
				o.Suffix = fmt.Sprintf("again-%d-%d", i, n)
				all = append(all, o)
			}
		}
	}
	return all
}

// sameSize makes the output of a task several times in one job.
func sameSize(_ context.Context, t task) (
	one func(context.Context) error, done func(*took) error, err error,
) {
	var op codec.Renditions
	for i := range t.Outputs {
		op.Outputs = append(op.Outputs, codec.Rendition{Format: t.Format, Width: t.Width,
			Suffix: fmt.Sprint(i)})
	}
	return through(t, op)
}

// spoolRenditions makes all renditions in one job, or each in a job of its own.
func spoolRenditions(_ context.Context, t task) (
	one func(context.Context) error, done func(*took) error, err error,
) {
	outputs := renditionsOf(t)
	if !t.Separate {
		return through(t, codec.Renditions{Outputs: outputs})
	}
	var ones []func(context.Context) error
	var dones []func(*took) error
	for _, o := range outputs {
		one, done, err := through(t, codec.Renditions{Outputs: []codec.Rendition{o}})
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

// more is how many outputs more an encoder makes of the same pixels where what it takes is
// measured: of one, that would be lost in the noise.
const more = 3

// renditions prints what one decode saves. What the encoders take is found by making
// outputs again in the same job: their pixels are made once.
func renditions(ctx context.Context, photo string, runs int) error {
	fmt.Println("\n8 renditions, CPU s | one job | 8 jobs | of it | encoders alone | of them " +
		"the first format's | outside of the encoders, of that of 8 jobs | wall")
	fmt.Println("--- | --- | --- | --- | --- | --- | --- | ---")
	for _, format := range []string{"jpg", "avif"} {
		t := task{Photo: photo, Out: photo + ".out", Format: format, Workers: 1, Outputs: 8,
			Runs: runs}
		if format == "avif" { // which takes twenty times as long
			t.Runs = max(1, runs/5)
		}
		var all [4]took
		for i, change := range []func(*task){func(*task) {}, func(t *task) { t.Again = "all" },
			func(t *task) { t.Again = format }, func(t *task) { t.Separate = true }} {
			own := t
			change(&own)
			var err error
			if all[i], err = least(ctx, "renditions", own); err != nil {
				return err
			}
		}
		together, apart, n := all[0].CPU, all[3].CPU, float64(t.Runs)
		encoders, first := (all[1].CPU-together)/more, (all[2].CPU-together)/more
		fmt.Printf("%s and webp | %.3f | %.3f | %.2f | %.3f | %.0f %% | %.2f | %.2f\n", format,
			together/n, apart/n, together/apart, encoders/n, 100*first/encoders,
			max(0, together-encoders)/(apart-encoders), all[0].Seconds/all[3].Seconds)
	}
	return nil
}

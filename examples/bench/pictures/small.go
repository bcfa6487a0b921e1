package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
)

// small prints how long a picture of less than a megapixel takes: by spool, by a
// process for it, and how much of that is the work itself, which is what one process
// takes for each further picture.
func small(ctx context.Context, dir string, runs int) error {
	photo := filepath.Join(dir, "small.jpg")
	if err := writeJPEG(photo, photograph(1000, 750)); err != nil {
		return err
	}
	fmt.Println("\n0.75 megapixels to 320 | spool, ms | a process | its work alone | spool is | " +
		"beside the work alone")
	fmt.Println("--- | --- | --- | --- | --- | ---")
	t := task{Photo: photo, Out: photo + ".out", Format: "jpg", Width: 320, Workers: 1, Runs: runs}
	spool, err := measure(ctx, "spool", t)
	if err != nil {
		return err
	}
	t.Options = spool.Options
	if !slices.Contains(peers(t), "vipsthumbnail") {
		return nil
	}
	process, err := measure(ctx, "vipsthumbnail", t)
	if err != nil {
		return err
	}
	const more = 20
	t.Outputs = more
	many, err := measure(ctx, "vipsthumbnail", t)
	if err != nil {
		return err
	}
	work := (many.Seconds - process.Seconds) / more
	n := float64(runs)
	fmt.Printf("wall | %.1f | %.1f | %.1f | %.1f × | %.1f ×\n", 1000*spool.Seconds/n,
		1000*process.Seconds/n, 1000*work/n, process.Seconds/spool.Seconds, work/spool.Seconds)
	cpuWork := (many.CPU - process.CPU) / more
	fmt.Printf("CPU | %.1f | %.1f | %.1f | %.1f × | %.1f ×\n", 1000*spool.CPU/n,
		1000*process.CPU/n, 1000*cpuWork/n, process.CPU/spool.CPU, cpuWork/spool.CPU)
	return nil
}

package main

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// start prints how long ffmpeg takes to start and end, with nothing to do: that much is in
// each time of each of its calls, which spool, a library, has not got.
func start(ctx context.Context, runs int) error {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		return nil
	}
	var s side
	for range runs {
		begin, used := time.Now(), processors()
		if err := run(ctx, "ffmpeg", "-version"); err != nil {
			return err
		}
		s.wall = append(s.wall, time.Since(begin))
		s.cpu = append(s.cpu, processors()-used)
	}
	fmt.Printf("\nThe start of a process of ffmpeg, in each of its times: %.3f s (%.3f to %.3f), "+
		"CPU %.3f s\n", median(s.wall).Seconds(), slices.Min(s.wall).Seconds(),
		slices.Max(s.wall).Seconds(), median(s.cpu).Seconds())
	return nil
}

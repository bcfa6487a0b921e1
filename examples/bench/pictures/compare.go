package main

import (
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"

	"github.com/spoolmedia/spool/codec/codectest"
)

// result is what a contender made: how alike it is with the reference, and its size.
type result struct {
	ssim  float64
	bytes int
	size  image.Point
}

func resultOf(path string, reference image.Image) (result, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return result{}, err
	}
	m, err := codectest.DecodeImage(data)
	if err != nil {
		return result{}, err
	}
	r := result{bytes: len(data), size: m.Bounds().Size()}
	if r.size == reference.Bounds().Size() {
		r.ssim, err = codectest.SSIM(m, reference)
	}
	return r, err
}

// comparable says whether a peer's result is as good as spool's.
func (r result) comparable(spool result) string {
	size := 100 * (float64(r.bytes)/float64(spool.bytes) - 1)
	apart := r.ssim - spool.ssim
	switch {
	case r.size != spool.size:
		return fmt.Sprintf("no: %v for %v", r.size, spool.size)
	case max(apart, -apart) > 0.002 || max(size, -size) > 2:
		return fmt.Sprintf("no: SSIM %+.4f, bytes %+.1f %%", apart, size)
	}
	return "yes"
}

// compareAll prints a line for each contender.
func compareAll(ctx context.Context, t task, reference image.Image) error {
	ours, err := measure(ctx, "spool", t)
	if err != nil {
		return err
	}
	spool, err := resultOf(t.Out, reference)
	if err != nil {
		return err
	}
	row := func(name string, all took, verdict string) {
		fmt.Printf("%s | %d | %s | %.1f | %.1f | %d | %.2f × | %.2f × | %s\n", t.Format, t.Workers,
			name, float64(t.Runs)/all.Seconds, 1000*all.CPU/float64(t.Runs), all.Peak>>20,
			all.Seconds/ours.Seconds, all.CPU/ours.CPU, verdict)
	}
	row("spool", ours, fmt.Sprintf("SSIM %.4f, %d bytes", spool.ssim, spool.bytes))
	t.Options = ours.Options
	for _, name := range peers(t) {
		all, err := measure(ctx, name, t)
		if err != nil {
			return err
		}
		theirs, err := resultOf(t.Out, reference)
		if err != nil {
			return err
		}
		row(name, all, theirs.comparable(spool))
	}
	return nil
}

// peers are those that can do the task here.
func peers(t task) []string {
	var names []string
	if t.Sharp != "" {
		names = append(names, "sharp")
	}
	if _, err := exec.LookPath("vipsthumbnail"); err == nil {
		names = append(names, "vipsthumbnail")
	}
	if t.Format == "jpg" || t.Format == "png" {
		names = append(names, "Go, x/image/draw")
	}
	return names
}

package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/image/draw"
)

// vipsthumbnail starts the command for each picture, and has it do as many more in the
// same process as the task has outputs.
func vipsthumbnail(_ context.Context, t task) (
	one func(context.Context) error, done func(*took) error, err error,
) {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(t.Options)) {
		list = append(list, name+"="+t.Options[name])
	}
	var n, peak atomic.Int64
	one = func(ctx context.Context) error {
		out := fmt.Sprintf("%s.%d.%s", t.Out, n.Add(1), t.Format)
		args := slices.Repeat([]string{t.Photo}, 1+t.Outputs)
		cmd := exec.CommandContext(ctx, "vipsthumbnail", append(args,
			"--size", fmt.Sprintf("%dx", t.Width), "-o", out+"["+strings.Join(list, ",")+"]")...)
		cmd.Env = append(os.Environ(), "VIPS_CONCURRENCY=1")
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("vipsthumbnail: %w: %s", err, said)
		}
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peak.Store(max(peak.Load(), usage.Maxrss<<10))
		}
		return os.Rename(out, t.Out)
	}
	done = func(all *took) error {
		all.Peak = peak.Load() * int64(t.Workers)
		return nil
	}
	return one, done, nil
}

// pure does it by Go's packages alone, which write jpg and png.
func pure(_ context.Context, t task) (
	one func(context.Context) error, done func(*took) error, err error,
) {
	quality, _ := strconv.Atoi(t.Options["Q"])
	one = func(context.Context) error {
		f, err := os.Open(t.Photo)
		if err != nil {
			return err
		}
		m, err := jpeg.Decode(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		z := m.Bounds().Size()
		small := image.NewRGBA(image.Rect(0, 0, t.Width, (z.Y*t.Width+z.X/2)/z.X))
		draw.CatmullRom.Scale(small, small.Rect, m, m.Bounds(), draw.Src, nil)
		var b bytes.Buffer
		if t.Format == "png" {
			err = png.Encode(&b, small)
		} else {
			err = jpeg.Encode(&b, small, &jpeg.Options{Quality: quality})
		}
		return errors.Join(err, replace(t.Out, b.Bytes()))
	}
	return one, func(*took) error { return nil }, nil
}

//go:embed sharp.mjs
var sharpScript []byte

// sharpVersion is what is compared with.
const sharpVersion = "0.35.5"

// installSharp installs sharp into the user's cache folder, once, and returns the
// folder.
func installSharp(ctx context.Context) (string, error) {
	for _, name := range []string{"npm", "node"} {
		if _, err := exec.LookPath(name); err != nil {
			return "", err
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "spool-bench", "sharp-"+sharpVersion)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "sharp")); err != nil {
		cmd := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund",
			"--prefix", dir, "sharp@"+sharpVersion)
		if said, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("npm: %w: %s", err, said)
		}
	}
	return dir, os.WriteFile(filepath.Join(dir, "bench.mjs"), sharpScript, 0o644)
}

func sharpCommand(ctx context.Context, t task, arg string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "node", filepath.Join(t.Sharp, "bench.mjs"), arg)
	cmd.Env = append(os.Environ(), fmt.Sprintf("UV_THREADPOOL_SIZE=%d", t.Workers))
	return cmd
}

package codectest

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
)

// Frame decodes the picture of a video that is shown at the time of seconds.
func Frame(path string, seconds float64) (image.Image, error) {
	all, err := FrameOfEach(seconds, path)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// FrameOfEach decodes the pictures of videos that are shown at the time of seconds, by
// one process.
func FrameOfEach(seconds float64, paths ...string) ([]image.Image, error) {
	dir, err := os.MkdirTemp("", "codectest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var in, out []string
	file := func(i int) string { return filepath.Join(dir, strconv.Itoa(i)+".png") }
	for i, path := range paths {
		in = append(in, "-ss", strconv.FormatFloat(seconds, 'f', -1, 64), "-i", path)
		out = append(out, "-map", strconv.Itoa(i)+":v:0", "-frames:v", "1", "-update", "1", file(i))
	}
	if _, err := ffmpeg(append(in, out...)...); err != nil {
		return nil, err
	}
	all := make([]image.Image, len(paths))
	for i, path := range paths {
		if all[i], err = pngFile(file(i)); err != nil {
			return nil, fmt.Errorf("codectest: %s has no picture at %v s: %w",
				filepath.Base(path), seconds, err)
		}
	}
	return all, nil
}

func pngFile(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	picture, _, err := image.Decode(f)
	return picture, err
}

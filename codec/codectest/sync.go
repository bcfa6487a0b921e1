package codectest

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"
)

// soundRate is the rate at which sound is looked at.
const soundRate = 48000

// quiet is how long it must be silent before the next click.
const quiet = 100 * time.Millisecond

// Sync measures a video in which the picture flashes white and the sound clicks
// at the same time, out of black and silence: how much later than its flash each
// click comes. Sound that is early gives negative values.
func Sync(path string) ([]time.Duration, error) {
	luma, sound, err := seenAndHeard(path)
	if err != nil {
		return nil, err
	}
	flashes, err := flashes(path, luma)
	if err != nil {
		return nil, err
	}
	clicks := clicks(sound)
	if len(flashes) != len(clicks) || len(flashes) == 0 {
		return nil, fmt.Errorf("%s has %d flashes and %d clicks",
			filepath.Base(path), len(flashes), len(clicks))
	}
	late := make([]time.Duration, len(clicks))
	for i := range late {
		late[i] = clicks[i] - flashes[i]
	}
	return late, nil
}

// InSync returns an error if a click of [Sync] comes more than tolerance before
// or after its flash.
func InSync(path string, tolerance time.Duration) error {
	late, err := Sync(path)
	if err != nil {
		return err
	}
	for i, d := range late {
		if d.Abs() > tolerance {
			return fmt.Errorf("%s: click %d comes %v after its flash", filepath.Base(path), i, d)
		}
	}
	return nil
}

// seenAndHeard decodes the brightness of each picture, one byte each, and the sound, as
// samples of 32 bits. A filter fills the time before the sound begins, so that samples
// count from zero.
func seenAndHeard(path string) (luma, sound []byte, err error) {
	dir, err := os.MkdirTemp("", "codectest")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	seen := filepath.Join(dir, "seen")
	sound, err = ffmpeg("-copyts", "-i", path,
		"-map", "v:0", "-vf", "scale=1:1:flags=area,format=gray", "-fps_mode", "passthrough",
		"-f", "rawvideo", seen,
		"-map", "a:0", "-af", "aresample=48000:async=1:first_pts=0", "-ac", "1", "-f", "f32le", "-")
	if err != nil {
		return nil, nil, err
	}
	luma, err = os.ReadFile(seen)
	return luma, sound, err
}

// flashes returns when the picture turns from dark to bright.
func flashes(path string, luma []byte) ([]time.Duration, error) {
	times, err := Frames(path)
	if err != nil {
		return nil, err
	}
	if len(luma) != len(times) {
		return nil, fmt.Errorf("%s has %d frames and %d times",
			filepath.Base(path), len(luma), len(times))
	}
	var at []time.Duration
	for i, bright := range luma {
		if bright >= 128 && i > 0 && luma[i-1] < 128 {
			at = append(at, times[i])
		}
	}
	return at, nil
}

// clicks returns when the sound gets loud after silence.
func clicks(raw []byte) []time.Duration {
	const loud = 0.2
	var at []time.Duration
	silent := time.Hour
	for i := 0; i+4 <= len(raw); i += 4 {
		sample := math.Float32frombits(binary.LittleEndian.Uint32(raw[i:]))
		if math.Abs(float64(sample)) < loud {
			silent += time.Second / soundRate
			continue
		}
		if silent >= quiet {
			at = append(at, time.Duration(i/4)*time.Second/soundRate)
		}
		silent = 0
	}
	return at
}

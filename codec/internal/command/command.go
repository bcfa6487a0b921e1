// Package command runs the programs that tests make inputs and read outputs with: ffmpeg,
// ffprobe and those of libvips.
//
//	said, err := command.Output("ffprobe", "-v", "error", "-show_streams", path)
//
// Where that can be done, a program is started once, and each run is a fork of it: its
// dynamic linker takes longer than most of its runs.
package command

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
)

// Output returns what a program prints. The error of one that fails has what it
// complained about.
func Output(name string, args ...string) ([]byte, error) {
	var out, said bytes.Buffer
	if err := run(name, args, &out, &said); err != nil {
		return nil, complaint(name, err, said.Bytes())
	}
	return out.Bytes(), nil
}

// Said returns all that a program prints and complains about, also if it fails.
func Said(name string, args ...string) ([]byte, error) {
	var said bytes.Buffer
	err := run(name, args, &said, &said)
	if err != nil {
		err = complaint(name, err, said.Bytes())
	}
	return said.Bytes(), err
}

func complaint(name string, err error, said []byte) error {
	if said = bytes.TrimSpace(said); len(said) > 0 {
		return fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// costly are the programs with so many libraries that to start them takes long.
var costly = []string{"ffmpeg", "ffprobe", "vips", "vipsheader"}

// run runs a program. out and said may be the same.
func run(name string, args []string, out, said *bytes.Buffer) error {
	if slices.Contains(costly, name) {
		if text, ok := request(name, args); ok {
			if s := starterOf(name); s != nil {
				return s.run(text, out, said)
			}
		}
	}
	c := exec.Command(name, args...)
	c.Stdout, c.Stderr = out, said
	return c.Run()
}

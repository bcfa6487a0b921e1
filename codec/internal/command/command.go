// Package command runs the programs that tests read outputs with: ffprobe, ffmpeg and
// those of libvips.
//
//	said, err := command.Output("ffprobe", "-v", "error", "-show_streams", path)
package command

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// Output returns what a program prints. The error of one that fails has what it
// complained about.
func Output(name string, args ...string) ([]byte, error) {
	out, err := exec.Command(name, args...).Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(e.Stderr)))
	}
	return out, err
}

package codectest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// command runs a program and returns what it prints.
func command(name string, args ...string) ([]byte, error) {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		said := ""
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			said = strings.TrimSpace(string(e.Stderr))
		}
		return nil, fmt.Errorf("codectest: %s: %w: %s", name, err, said)
	}
	return out, nil
}

// ffmpeg runs the command of that name without any chatter.
func ffmpeg(args ...string) ([]byte, error) {
	return command("ffmpeg", append([]string{"-v", "error", "-nostdin"}, args...)...)
}

// asFile calls fn with the path of a file that holds data for as long.
func asFile(data []byte, fn func(path string) error) error {
	dir, err := os.MkdirTemp("", "codectest")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "media")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	return fn(path)
}

// isPNG reports whether b begins as PNG.
func isPNG(b []byte) bool { return bytes.HasPrefix(b, []byte("\x89PNG")) }

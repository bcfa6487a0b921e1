package codectest

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/spoolmedia/spool/codec/internal/command"
)

// ffmpeg runs the command of that name without any chatter.
func ffmpeg(args ...string) ([]byte, error) {
	return command.Output("ffmpeg", append([]string{"-v", "error", "-nostdin"}, args...)...)
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

package libav_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/spoolmedia/spool/codec/internal/command"
	"github.com/spoolmedia/spool/codec/internal/heap"
)

// made are the files that ffmpeg made so far, by the arguments that made them: most
// tests start from the same few films. They are read only.
var made struct {
	sync.Mutex
	dir  string
	once map[string]func() (string, error)
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "libav")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	made.dir, made.once = dir, map[string]func() (string, error){}
	if os.Getenv("SPOOL_CANCELLED") == "" {
		heap.Keep() // to take pages anew was more than half of the work of these tests
	}
	os.Setenv("LIBVA_DRIVERS_PATH", dir) // where no driver is, whatever the machine has
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// ffmpeg returns a file that the command line tool makes, of that name.
func ffmpeg(t testing.TB, name string, args ...string) string {
	t.Helper()
	key := strings.Join(append([]string{name}, args...), "\x00")
	made.Lock()
	once := made.once[key]
	if once == nil {
		path := filepath.Join(made.dir, strconv.Itoa(len(made.once)), name)
		once = sync.OnceValues(func() (string, error) { return path, runFFmpeg(path, args) })
		made.once[key] = once
	}
	made.Unlock()
	path, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// textFile returns a file of that name with the text, which is the same for all tests.
func textFile(t testing.TB, name, text string) string {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	dir := filepath.Join(made.dir, fmt.Sprintf("text-%x", sha256.Sum256([]byte(text))))
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func runFFmpeg(path string, args []string) error {
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	args = append([]string{"-v", "error", "-y"}, append(args, path)...)
	if _, err := command.Said("ffmpeg", args...); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return nil
}

package codectest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Corpus returns the path of a file of the project's corpus, such as
// "video/androidx-sample.mp4". The corpus lies beside the module, in
// ../shared/corpus. Without it the test is skipped, or fails where the
// environment has CI=true.
func Corpus(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(corpusRoot(), filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		missing(t, "the corpus has no "+name)
	}
	return path
}

// corpusRoot looks beside every module that the working directory is in.
func corpusRoot() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		root := filepath.Join(filepath.Dir(dir), "shared", "corpus")
		if _, err := os.Stat(root); err == nil {
			return root
		}
	}
	return ""
}

// NeedCommands skips the test if one of the commands is not installed, or fails it
// in CI.
func NeedCommands(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			missing(t, err.Error())
		}
	}
}

// DejaVu returns the font DejaVu Sans, which has Hebrew and Arabic letters. Without
// Debian's fonts-dejavu-core the test is skipped, or fails in CI.
func DejaVu(t testing.TB) []byte {
	t.Helper()
	font, err := os.ReadFile("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
	if err != nil {
		missing(t, err.Error())
	}
	return font
}

// missing skips the test, or fails it in CI.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

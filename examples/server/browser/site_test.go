package browser

import (
	"bufio"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
)

// site is a server in a process of its own.
type site struct {
	t       *testing.T
	data    string
	addr    string
	args    []string
	url     string // with the key
	process *exec.Cmd
}

// TestMain builds the server, once for all tests.
func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "spool-server-*")
	if err == nil {
		binary = filepath.Join(dir, "server")
		build := exec.Command("go", "build", "-o", binary, "./examples/server")
		build.Dir, build.Stdout, build.Stderr = root, os.Stderr, os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the server:", err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var binary string // of the server

func newSite(t *testing.T, args ...string) *site {
	t.Helper()
	s := &site{t: t, data: t.TempDir(), addr: "127.0.0.1:0", args: args}
	s.start()
	t.Cleanup(func() { s.stop(syscall.SIGTERM) })
	return s
}

var address = regexp.MustCompile(`http://([^/]+)/#key=(\S+)`)

// start starts the server; the second time at the same address.
func (s *site) start() {
	s.t.Helper()
	s.process = exec.Command(binary, "-addr", s.addr, "-data", s.data, "-workers", "1")
	s.process.Args = append(s.process.Args, s.args...)
	s.process.Stderr = os.Stderr
	out, err := s.process.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	m := address.FindStringSubmatch(line)
	if m == nil {
		s.t.Fatalf("the server says %q, %v", line, err)
	}
	s.addr, s.url = m[1], m[0]
}

func (s *site) stop(signal os.Signal) {
	_ = s.process.Process.Signal(signal)
	_ = s.process.Wait()
}

// longFilm makes a film that takes long to convert.
func longFilm(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "long.mp4")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i",
		"testsrc2=size=1280x720:rate=25:duration=60", "-c:v", "libx264", "-preset", "ultrafast",
		path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func media(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "examples/media", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// web serves a file of examples/media under its name, as some other site does.
func web(t *testing.T, name string) (address string, flags []string) {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(media(t, name)))))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return server.URL + "/" + name, []string{"-allow", "127.0.0.0/8", "-allow-port", u.Port()}
}

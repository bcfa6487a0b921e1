package command

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// starter is a process of a program that forks one for each run.
type starter struct {
	name    string
	process *exec.Cmd
	socket  int // where it takes requests and tells how each ended
}

// starters are those that wait for a request.
var starters struct {
	sync.Mutex
	idle map[string][]*starter
}

//go:embed starter/starter.c
var source string

// What starter.c has room for.
const (
	mostText      = 1 << 16
	mostArguments = 8000
)

// request is the text of one: the folder, the name and the arguments, each with a NUL.
func request(name string, args []string) (text []byte, ok bool) {
	folder, err := os.Getwd()
	if err != nil || len(args) > mostArguments {
		return nil, false
	}
	for _, part := range append([]string{folder, name}, args...) {
		if strings.Contains(part, "\x00") {
			return nil, false
		}
		text = append(append(text, part...), 0)
	}
	return text, len(text) <= mostText
}

// starterOf returns one that is idle, or a new one; nil where there can be none.
func starterOf(name string) *starter {
	starters.Lock()
	if all := starters.idle[name]; len(all) > 0 {
		s := all[len(all)-1]
		starters.idle[name] = all[:len(all)-1]
		starters.Unlock()
		return s
	}
	starters.Unlock()
	library := preloaded()
	if library == nil {
		return nil
	}
	both, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	theirs := os.NewFile(uintptr(both[1]), "requests")
	defer theirs.Close()
	c := exec.Command(name)
	c.ExtraFiles = []*os.File{theirs, library}
	c.Env = append(os.Environ(), "LD_PRELOAD=/proc/self/fd/4")
	if err := c.Start(); err != nil {
		syscall.Close(both[0])
		return nil
	}
	return &starter{name, c, both[0]}
}

// preloaded is the library that makes a starter of a program; nil without a compiler of C.
var preloaded = sync.OnceValue(func() *os.File {
	dir, err := os.MkdirTemp("", "command")
	if err != nil {
		return nil
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "starter.so")
	c := exec.Command("cc", "-shared", "-fPIC", "-O", "-x", "c", "-o", path, "-")
	c.Stdin = strings.NewReader(source)
	if err := c.Run(); err != nil {
		return nil
	}
	library, err := os.Open(path)
	if err != nil {
		return nil
	}
	return library
})

// run does a request. out and said may be the same.
func (s *starter) run(text []byte, out, said *bytes.Buffer) error {
	status, err := s.ask(text, out, said)
	if err != nil {
		syscall.Close(s.socket) // which ends it
		return errors.Join(fmt.Errorf("it cannot be started by a fork: %w", err), s.process.Wait())
	}
	starters.Lock()
	defer starters.Unlock()
	if starters.idle == nil {
		starters.idle = map[string][]*starter{}
	}
	starters.idle[s.name] = append(starters.idle[s.name], s)
	switch {
	case status.Signaled():
		return fmt.Errorf("signal: %v", status.Signal())
	case status.ExitStatus() != 0:
		return fmt.Errorf("exit status %d", status.ExitStatus())
	}
	return nil
}

// ask sends a request with pipes for what is printed, and reads these to their ends.
func (s *starter) ask(text []byte, out, said *bytes.Buffer) (status syscall.WaitStatus, err error) {
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer nothing.Close()
	var readers sync.WaitGroup
	defer readers.Wait()
	output, err := pipe(&readers, out)
	if err != nil {
		return 0, err
	}
	defer output.Close()
	faults := output
	if said != out {
		if faults, err = pipe(&readers, said); err != nil {
			return 0, err
		}
		defer faults.Close()
	}
	rights := syscall.UnixRights(int(nothing.Fd()), int(output.Fd()), int(faults.Fd()))
	if err := syscall.Sendmsg(s.socket, text, rights, nil, 0); err != nil {
		return 0, err
	}
	var answer [4]byte
	n, err := syscall.Read(s.socket, answer[:])
	if err == nil && n < len(answer) {
		err = io.ErrUnexpectedEOF
	}
	return syscall.WaitStatus(binary.NativeEndian.Uint32(answer[:])), err
}

// pipe returns a file; what is written to it is added to b.
func pipe(readers *sync.WaitGroup, b *bytes.Buffer) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	readers.Go(func() {
		defer r.Close()
		_, _ = b.ReadFrom(r) // a pipe of ours does not fail
	})
	return w, nil
}

package libav_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// TestACancelLeavesNothingRunning runs itself again, in a process where nothing else runs.
func TestACancelLeavesNothingRunning(t *testing.T) {
	if path := os.Getenv("SPOOL_CANCELLED"); path != "" {
		cancelAll(t, path)
		return
	}
	if _, err := os.Stat("/proc/self/task"); err != nil {
		t.Skip("no /proc")
	}
	in := busy(t, "in.mp4", "-c:v", "libx264", "-crf", "10", "-preset", "ultrafast")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestACancelLeavesNothingRunning$")
	cmd.Env = append(os.Environ(), "SPOOL_CANCELLED="+in)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// cancelAll cancels each kind of work in its middle, several times. A thread that was left
// would be left each time; the few that Go makes of its own are fewer than that.
func cancelAll(t *testing.T, path string) {
	const times = 4
	for name, op := range map[string]codec.Operation{
		"h264": codec.Convert{Format: "mkv", Quality: 50},
		"h265": codec.Convert{Format: "mkv", Effort: 1, Video: codec.VideoEncoding{Codec: "h265"}},
		"vp9":  codec.Convert{Format: "webm", Effort: 1},
		"av1":  codec.Convert{Format: "mkv", Effort: 1, Video: codec.VideoEncoding{Codec: "av1"}},
		"mp3":  codec.Convert{Format: "mp3"}, "opus": codec.Convert{Format: "opus"},
		"flac": codec.Convert{Format: "flac"}, "aac": codec.Convert{Format: "m4a", Quality: 50},
		"stream": codec.AdaptiveStream{Renditions: []codec.StreamRendition{{Height: 48}, {Height: 96}}},
		"gif":    codec.GIF{Duration: 3}, "webp": codec.GIF{Duration: 3, Format: "webp"},
	} {
		cancelled(t, name, path, op) // what Go and the libraries make once
		before := tasks(t)
		for range times {
			cancelled(t, name, path, op)
		}
		if more := tasks(t) - before; more >= times {
			t.Errorf("%s: %d threads more than before %d cancels", name, more, times)
		}
	}
	runtime.GC()
	before := processorTime(t)
	const idle = 300 * time.Millisecond
	time.Sleep(idle) // in which a thread that goes on would be seen
	if used := processorTime(t) - before; used > idle/2 {
		t.Errorf("%v of the processor were used within %v after all was cancelled", used, idle)
	}
}

// cancelled cancels op when half of its input is read.
func cancelled(t *testing.T, name, path string, op codec.Operation) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in := codectest.OpenInput(t, path)
	half := &endingInput{in, in.Size() / 2, cancel}
	err := libav.New().Process(ctx, &codec.Work{Op: op, Out: new(codectest.Sink),
		In: []codec.Input{half}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%s: %v", name, err)
	}
}

// endingInput calls end when so many bytes of it were read.
type endingInput struct {
	codec.Input
	left int64
	end  func()
}

func (in *endingInput) ReadAt(p []byte, at int64) (int, error) {
	n, err := in.Input.ReadAt(p, at)
	if in.left -= int64(n); in.left <= 0 {
		in.end()
	}
	return n, err
}

// tasks counts the threads of this process.
func tasks(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// processorTime is what this process has used so far.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

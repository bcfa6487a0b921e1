// Command cancel measures how long work goes on after it was cancelled, for each encoder
// of films, sound and animations that is there, at 1080p:
//
//	go run ./cancel
//
// It prints the median and the longest time from the cancel until Process returned, and
// how many threads there are more than before: the figures that the documentation of
// codec/libav rests on. More -noise makes encoders work harder: 60 is the worst there is.
// The times are those of this machine, and worth something only if it is a quiet one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func main() {
	log.SetFlags(0)
	runs := flag.Int("runs", 3, "works that are cancelled at each moment")
	only := flag.String("only", "", "a pattern: only the rows with such a name")
	noise := flag.Int("noise", 20, "noise in the pictures of the film, from 0 to 100")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	names, err := regexp.Compile(*only)
	if err == nil {
		err = measure(ctx, names, max(*runs, 1), *noise)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func measure(ctx context.Context, names *regexp.Regexp, runs, noise int) error {
	dir, err := os.MkdirTemp("", "spool-cancel-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Println("encoder | median | longest | threads left")
	fmt.Println("--- | --- | --- | ---")
	sources := &sources{dir: dir, noise: noise}
	for _, r := range rows() {
		if !names.MatchString(r.name) {
			continue
		}
		in, err := r.source(sources, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		line, err := r.line(ctx, in, runs)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Printf("%s | %s\n", r.name, line)
	}
	return nil
}

// moments are the fractions of the input that are read when the work is cancelled.
var moments = []float64{0.2, 0.4, 0.6}

// line cancels works and describes what they did then.
func (r row) line(ctx context.Context, in codec.Input, runs int) (string, error) {
	if _, err := r.cancel(ctx, in, moments[0]); err != nil { // threads of Go begin
		if codec.ClassOf(err) == codec.Unsupported {
			return "– | – | not there", nil
		}
		return "", err
	}
	before := threads()
	var times []time.Duration
	for range runs {
		for _, at := range moments {
			took, err := r.cancel(ctx, in, at)
			if err != nil {
				return "", err
			}
			times = append(times, took)
		}
	}
	slices.Sort(times)
	return fmt.Sprintf("%.2f s | %.2f s | %d", times[len(times)/2].Seconds(),
		times[len(times)-1].Seconds(), threads()-before), nil
}

// cancel starts the work, cancels it when that fraction of the input is read, and returns
// how long it then went on.
func (r row) cancel(ctx context.Context, in codec.Input, at float64) (time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	until := (at + float64(r.passes)) * float64(in.Size())
	half := &endingInput{Input: in, end: cancel, left: int64(until)}
	err := r.codec.Process(ctx, &codec.Work{Op: r.op, In: []codec.Input{half},
		Out: new(codectest.Sink)})
	switch {
	case errors.Is(err, context.Canceled):
		return time.Since(half.began), nil
	case err == nil:
		return 0, fmt.Errorf("it ended before it was cancelled at %v", at)
	}
	return 0, err
}

// endingInput calls end when so many bytes of it were read.
type endingInput struct {
	codec.Input
	end   func()
	mutex sync.Mutex // guards left and began: vips reads from several threads
	left  int64
	began time.Time
}

// ReadAt implements [codec.Input].
func (in *endingInput) ReadAt(p []byte, at int64) (int, error) {
	n, err := in.Input.ReadAt(p, at)
	in.mutex.Lock()
	defer in.mutex.Unlock()
	if in.left -= int64(n); in.left <= 0 && in.began.IsZero() {
		in.began = time.Now()
		in.end()
	}
	return n, err
}

// threads counts those of this process; 0 where that is not known.
func threads() int {
	all, _ := os.ReadDir("/proc/self/task")
	return len(all)
}

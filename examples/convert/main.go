// Command convert is spool on a command line: files in, files out.
//
//	go run ./examples/convert -to webp -quality 82 -out small *.jpg
//	go run ./examples/convert -to mp4 -width 1280 -data ~/.spool holiday.mov
//
// It submits one job with all the files, follows its events, and writes each
// output when its file is done. With -data the job is durable: run again after a
// crash, the same command finishes what is left. See the usage for the rest.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// Exit statuses.
const (
	exitDone   = 0 // every file completed
	exitFailed = 1 // a file failed, or the run was cancelled
	exitUsage  = 2 // the command line is wrong
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err != nil {
		return exitUsage
	}
	var view view
	switch {
	case o.json:
		view = newJSONView(stdout)
	case isTerminal(stderr):
		view = newBarView(stdout, stderr)
	default:
		view = newTextView(stdout)
	}
	rows, err := convert(ctx, o, view)
	view.close()
	if err != nil {
		fmt.Fprintf(stderr, "convert: %v\n", err)
		return exitStatus(err)
	}
	for _, r := range rows {
		if r.Status != "completed" {
			return exitFailed
		}
	}
	return exitDone
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

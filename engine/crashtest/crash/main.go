// Command crash kills a host of the engine 300 times and checks the books.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/spoolmedia/spool/engine/crashtest"
)

func main() {
	crashtest.RunChild()
	kills := flag.Int("kills", 300, "how often to kill")
	seed := flag.Uint64("seed", 1, "chooses the moments")
	flag.Parse()
	if err := run(*kills, *seed); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run keeps its folder only if the books do not balance.
func run(kills int, seed uint64) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "spool-crash-*")
	if err != nil {
		return err
	}
	report, err := crashtest.Run(ctx, crashtest.Config{Dir: dir, Kills: kills, Seed: seed})
	fmt.Print(report)
	if err != nil {
		return fmt.Errorf("%w\nthe folder is kept: %s", err, dir)
	}
	return os.RemoveAll(dir)
}

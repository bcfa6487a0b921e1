// Command load puts a server under load and kills it in the middle: 200 clients
// convert small pictures for a minute, half of them waiting for the result and half
// by jobs. Then it looks whether every job that was accepted has come to its end.
//
//	go run ./examples/server/load [-clients 200] [-for 60s] [-kill 30s]
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "load: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	clients := flag.Int("clients", 200, "how many at once")
	length := flag.Duration("for", time.Minute, "how long")
	kill := flag.Duration("kill", 0, "when to kill the server and start it again; "+
		"0 is half of the time, negative never")
	flag.Parse()
	if *kill == 0 {
		*kill = *length / 2
	}
	dir, err := os.MkdirTemp("", "spool-load-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := &site{binary: filepath.Join(dir, "server"), data: filepath.Join(dir, "data")}
	build := exec.CommandContext(ctx, "go", "build", "-o", s.binary, "./examples/server")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	if err := s.start(); err != nil {
		return err
	}
	defer s.stop()

	l := &load{site: s, picture: picture()}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, *length)
	defer cancel()
	var all sync.WaitGroup
	for n := range *clients {
		all.Go(func() { l.client(ctx, n) })
	}
	if *kill > 0 {
		all.Go(func() { l.fail(s.killAfter(ctx, *kill)) })
	}
	all.Wait()
	l.report(time.Since(began), *clients)
	return l.audit()
}

// picture returns a small JPEG picture.
func picture() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			m.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(x * y / 64), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

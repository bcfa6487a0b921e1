// Command server is a whole host of spool: an HTTP service that takes files and
// gives back durable jobs, with a page that shows them.
//
//	go run ./examples/server
//	go run ./examples/server -addr :8080 -data /var/lib/spool -key alice:s3cret
//
// Jobs and files live in the folder of -data, and survive the process. Without
// -key it makes a key, prints it, and keeps it there. README.md tells of the API
// and where it differs from the hosted one whose names it uses.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "server: %v\n", err)
		os.Exit(1)
	}
}

// drain is how long running work may go on after the signal to end; what is not
// done by then is given back, and taken up by the next start.
const drain = 10 * time.Second

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	defer listener.Close() // does nothing once it is served
	h, err := open(o, log)
	if err != nil {
		return err
	}
	// Running work has a time to end, also when serving failed.
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		err = errors.Join(err, h.close(ctx))
	}()
	h.greet(stdout, listener.Addr())
	return serve(ctx, h.server, listener, log)
}

// serve answers requests until ctx ends, and those that are under way then.
func serve(ctx context.Context, s *server, listener net.Listener, log *slog.Logger) error {
	web := &http.Server{
		Handler: s.handler(),
		// Bodies and answers have deadlines of their own: see pace.go.
		ReadHeaderTimeout: s.limits.idle,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	web.RegisterOnShutdown(s.stopStreams)
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := web.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, web.Close())
	}
	<-served
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("cut off requests that were still under way")
		return nil
	}
	return err
}

// greet tells where the server is, and the key if it made one.
func (h *host) greet(w io.Writer, addr net.Addr) {
	address := addr.String()
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		address = fmt.Sprintf("localhost:%d", tcp.Port)
	}
	if h.generated == "" {
		fmt.Fprintf(w, "spool is at http://%s/\n", address)
		return
	}
	// The fragment never leaves the browser; the page takes the key from it.
	fmt.Fprintf(w, "spool is at http://%s/#key=%s\nkey: %s\n", address, h.generated, h.generated)
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, ", ") }

func (l *list) Set(text string) error {
	*l = append(*l, text)
	return nil
}

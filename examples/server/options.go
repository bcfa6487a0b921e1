package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"time"
)

// options is what the command line asks for.
type options struct {
	addr, data string
	base       string
	keys       list
	workers    int
	allow      []netip.Prefix
	ports      []uint16
	types      list
	limits     limits
}

const usage = `usage: server [flags]

Serves spool's API and page. See README.md beside the source.

`

// parse reads the command line. What is wrong with it, it tells on stderr.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8080", "address to listen at")
	flags.StringVar(&o.data, "data", "spool-data", "folder of jobs and files")
	flags.StringVar(&o.base, "base", "",
		"address of this server in links, such as https://media.example.com; "+
			"empty takes it from each request")
	flags.Var(&o.keys, "key", "a `key` of an account, as TOKEN or ACCOUNT:TOKEN; may be repeated")
	flags.IntVar(&o.workers, "workers", 0, "files worked on at once; 0 is one for each core")
	flags.Func("allow", "a `network` that inputs and callbacks may reach though it is not "+
		"public, such as 127.0.0.0/8; may be repeated", func(text string) error {
		prefix, err := netip.ParsePrefix(text)
		o.allow = append(o.allow, prefix)
		return err
	})
	flags.Func("allow-port", "a `port` that inputs and callbacks may name besides 80, 443, 8080 "+
		"and 8443; may be repeated", func(text string) error {
		port, err := strconv.ParseUint(text, 10, 16)
		o.ports = append(o.ports, uint16(port))
		return err
	})
	flags.Var(&o.types, "allow-type", "a `type` that is decoded though its decoder is not meant "+
		"for files of strangers: application/pdf, image/svg+xml, image/jp2; may be repeated")
	flags.Int64Var(&o.limits.file, "max-file", 0, "`bytes` of one file (default 4 GiB)")
	flags.IntVar(&o.limits.files, "max-files", 0, "files of one request (default 10000)")
	flags.IntVar(&o.limits.queue, "max-queue", 0, "jobs of an account that wait (default 1000)")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	if o.limits.file < 0 || o.limits.files < 0 || o.limits.queue < 0 {
		return o, errors.New("a limit is negative")
	}
	return o, nil
}

// limits bound what one request, and one account, can cost. Zero means the
// default.
type limits struct {
	file    int64         // bytes of one file
	body    int64         // bytes of a request
	files   int           // of a request
	fields  int           // of a form, files not counted
	field   int64         // bytes of one of them
	results int           // files that the results of a job name
	queue   int           // jobs of an account that wait for their first file
	idle    time.Duration // without a byte, until a connection is given up
}

func (l limits) withDefaults() limits {
	l.file = cmp.Or(l.file, 4<<30)
	l.body = cmp.Or(l.body, 4*l.file)
	l.files = cmp.Or(l.files, 10_000)
	l.fields = cmp.Or(l.fields, 100)
	l.field = cmp.Or(l.field, 1<<20)
	l.queue = cmp.Or(l.queue, 1000)
	l.results = cmp.Or(l.results, 1000)
	l.idle = cmp.Or(l.idle, 30*time.Second)
	return l
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// options is what the command line asks for.
type options struct {
	operation codec.Operation
	out, data string
	workers   int
	json      bool
	force     bool
	strict    bool
	files     []string
}

const usage = `usage: convert [flags] FILE...

Converts each FILE and writes the result to the -out folder, under the base name
of FILE with the new extension.

`

// parse reads the command line. What is wrong with it, it tells on stderr.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	fields := map[string]string{}
	flags := flag.NewFlagSet("convert", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	op := flags.String("op", "convert", "operation: "+
		strings.Join(codec.NewRegistry().Names(), ", "))
	flags.Func("to", "target format, such as webp or mp4", set(fields, "format"))
	flags.Func("quality", "1 to 100 (default 82)", setNumber(fields, "quality"))
	flags.Func("width", "width of the result in pixels", setNumber(fields, "width"))
	flags.Func("height", "height of the result in pixels", setNumber(fields, "height"))
	flags.Func("fit", "cover, contain, fill, inside or outside (default cover)", set(fields, "fit"))
	flags.Func("p", "any field of the operation, as name=value; may be repeated",
		func(text string) error {
			name, value, ok := strings.Cut(text, "=")
			if !ok {
				return errors.New("want name=value")
			}
			return set(fields, name)(value)
		})
	flags.StringVar(&o.out, "out", ".", "folder for the results")
	flags.StringVar(&o.data, "data", "", "folder of a durable engine; empty keeps all in memory")
	flags.IntVar(&o.workers, "workers", 0, "files at once; 0 means one for each core")
	flags.BoolVar(&o.json, "json", false, "print one JSON object for each file, and nothing else")
	flags.BoolVar(&o.strict, "strict", false, "fail where a file is damaged, instead of doing "+
		"what can be done")
	flags.BoolVar(&o.force, "force", false, "replace existing files")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.files = flags.Args()
	err := o.complete(*op, fields)
	if err != nil {
		fmt.Fprintf(stderr, "convert: %v\n\nRun convert -help for the usage.\n", err)
	}
	return o, err
}

// complete makes the operation and checks what flag does not.
func (o *options) complete(op string, fields map[string]string) error {
	var err error
	if o.operation, err = codec.NewRegistry().Parse(op, fields); err != nil {
		return err
	}
	switch {
	case len(o.files) == 0:
		return errors.New("no files given")
	case o.workers < 0:
		return fmt.Errorf("-workers: %d is less than 1", o.workers)
	}
	return o.operation.Validate()
}

func set(fields map[string]string, name string) func(string) error {
	return func(text string) error {
		fields[name] = text
		return nil
	}
}

// setNumber refuses 0 and less, which as a field would mean the default.
func setNumber(fields map[string]string, name string) func(string) error {
	return func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 {
			return errors.New("want a whole number above 0")
		}
		return set(fields, name)(text)
	}
}

// exitStatus returns the exit status for an error of the whole run.
func exitStatus(err error) int {
	if errors.Is(err, engine.ErrBadRequest) {
		return exitUsage
	}
	return exitFailed
}

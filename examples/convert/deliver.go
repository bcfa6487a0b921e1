package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/spoolmedia/spool/engine"
)

// delivery writes outputs into a folder of the user, each whole or not at all.
type delivery struct {
	engine *engine.Engine
	out    string
	force  bool
	again  bool // an earlier run may have delivered some of the outputs
	check  func() error
}

func newDelivery(eng *engine.Engine, o options) *delivery {
	d := &delivery{engine: eng, out: o.out, force: o.force}
	d.check = sync.OnceValue(d.writable)
	return d
}

// writable makes the folder and finds out whether files can be made in it.
func (d *delivery) writable() error {
	if err := os.MkdirAll(d.out, 0o755); err != nil {
		return fmt.Errorf("the output folder cannot be made: %w", err)
	}
	f, err := os.CreateTemp(d.out, ".spool-*.part")
	if err != nil {
		return fmt.Errorf("the output folder cannot be written: %w", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// deliver writes the output of the job and returns its path.
func (d *delivery) deliver(ctx context.Context, job string, o engine.Output) (string, error) {
	path := filepath.Join(d.out, o.Name)
	if err := d.check(); err != nil {
		return path, err
	}
	// What a killed run left under this name, this one replaces.
	part := filepath.Join(d.out, ".spool-"+job+"-"+o.Name+".part")
	err := d.write(ctx, part, o)
	if err == nil {
		err = d.publish(part, path, o)
	}
	if err != nil {
		return path, errors.Join(err, removeIfExists(part))
	}
	return path, nil
}

func (d *delivery) write(ctx context.Context, path string, o engine.Output) error {
	r, err := d.engine.OpenOutput(ctx, o)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := removeIfExists(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// publish gives the finished file its name, which must be free.
func (d *delivery) publish(part, path string, o engine.Output) error {
	if d.force {
		return os.Rename(part, path)
	}
	// A link, unlike a rename, never replaces a file.
	err := os.Link(part, path)
	switch {
	case err == nil:
	case errors.Is(err, os.ErrExist):
		if !d.again || !holds(path, o) {
			return fmt.Errorf("%s exists already; -force replaces it", path)
		}
	default: // a file system without links
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s exists already; -force replaces it", path)
		}
		return os.Rename(part, path)
	}
	return os.Remove(part)
}

// holds reports whether the file at path is the output: an earlier run
// delivered it.
func holds(path string, o engine.Output) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return err == nil && n == o.Size && hex.EncodeToString(h.Sum(nil)) == o.SHA256
}

func removeIfExists(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

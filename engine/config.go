package engine

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"runtime"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/queue"
	"github.com/spoolmedia/spool/queue/memqueue"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// Config says what an [Engine] is made of. The zero value of each field is its
// documented default.
//
// The engine closes the backends that it made itself, and leaves those that it
// was given to the caller, who closes them after [Engine.Close].
type Config struct {
	// Codecs do the work; of those that offer an operation for an input the first
	// one gets it. None makes an engine that can submit what the workers of other
	// processes offer.
	Codecs []codec.Codec
	// Store keeps jobs and tasks. nil means a new store/memstore.
	Store store.Store
	// Queue brings hints to workers. nil means a new queue/memqueue, which is
	// right for every store that one process uses alone.
	Queue queue.Queue
	// Storage keeps inputs and outputs. nil means a new storage/memstorage.
	Storage storage.Storage
	// Registry knows the operations. nil means spool's own.
	Registry *codec.Registry
	// Policy is what codecs may do. The zero Policy is safe for files from
	// strangers.
	Policy codec.Policy
	// Workers is how many files are worked on at once. 0 means one for each core;
	// a negative number means none: the engine only submits and watches.
	Workers int
	// TempDir is where outputs that need a local file are built when the storage
	// is not local, and where Process keeps its outputs. "" means the default of
	// the operating system.
	TempDir string
	// Logger gets what nobody else is told. nil means [slog.Default].
	Logger *slog.Logger
}

// withDefaults returns a copy of c with zero fields replaced, and how to close
// the backends that it made.
func (c Config) withDefaults() (Config, func() error) {
	var closers []func() error
	if c.Store == nil {
		s := memstore.New()
		c.Store = s
		closers = append(closers, s.Close)
	}
	if c.Queue == nil {
		q := memqueue.New(memqueue.Config{})
		c.Queue = q
		closers = append(closers, q.Close)
	}
	if c.Storage == nil {
		c.Storage = memstorage.New()
	}
	if c.Registry == nil {
		c.Registry = codec.NewRegistry()
	}
	c.Workers = max(cmp.Or(c.Workers, runtime.GOMAXPROCS(0)), 0)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	return c, func() error {
		var errs []error
		for _, closer := range closers {
			errs = append(errs, closer())
		}
		return errors.Join(errs...)
	}
}

// validate returns all faults of c, joined.
func (c Config) validate() error {
	var errs []error
	for i, cd := range c.Codecs {
		if cd == nil {
			errs = append(errs, fmt.Errorf("engine: Config.Codecs[%d] is nil", i))
		}
	}
	if c.Workers > 0 && len(c.Codecs) == 0 {
		errs = append(errs, errors.New(
			"engine: Config.Codecs is empty: name at least one codec, or set Workers to -1"))
	}
	return errors.Join(errs...)
}

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/internal/outbound"
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
	// a negative number means none: the engine only submits and watches. Heavy work
	// counts as several: see Memory.
	Workers int
	// NetWorkers is how many fetches, callbacks and archives are under way at
	// once; 0 means 8.
	NetWorkers int
	// Memory is the budget of what runs at once, in bytes, each worker's share of
	// which is one unit; 0 means 1 GiB for each worker. Work that a probe finds to
	// need more than a share, or more than ten seconds of a core, is heavy: it
	// takes as many units as its memory needs, and all heavy work together leaves
	// one unit free, so that small files do not wait behind a film.
	Memory int64
	// AccountLimit says how many files of an account may be worked on at once in
	// this process, whatever others on the same store do; a number below 1 is no limit. nil means no limits. It is called
	// often and must return at once.
	AccountLimit func(account string) int
	// MaxAttempts is how often a file is tried if its failures are transient:
	// those of storage, of the network and of codecs that say so. 0 means 5.
	MaxAttempts int
	// Backoff is how long it waits in between.
	Backoff Backoff
	// MaxCrashes is how often the process may die, or time may run out, while a
	// file is worked on until the file is put aside as quarantined. 0 means 5,
	// negative never.
	MaxCrashes int
	// Timeout bounds one attempt at a file. 0 means what its probe leads to expect:
	// fifty times the estimate, but at least ten minutes and at most a day.
	Timeout time.Duration
	// Retain is how long a job stays after it has ended, with its inputs and
	// outputs. 0 means seven days, negative for ever.
	Retain time.Duration
	// Outbound is how inputs are fetched and callbacks are made.
	Outbound Outbound
	// TempDir is where outputs that need a local file are built when the storage
	// is not local, and where Process keeps its outputs. "" means the default of
	// the operating system.
	TempDir string
	// Logger gets what nobody else is told. nil means [slog.Default].
	Logger *slog.Logger
	// TracerProvider and MeterProvider are of OpenTelemetry; nil means the global
	// ones. The package comment says what is reported.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	// Clock tells the time of what is written into records and of what is due.
	// nil means [time.Now]. It may jump: then work begins early or late, no more.
	Clock func() time.Time
}

// Outbound is what an engine may ask of other hosts. The zero value is safe with
// addresses from strangers.
type Outbound struct {
	// Allow are ranges of addresses that may be called though they are not
	// public: loopback, private, link-local and the like are refused otherwise.
	Allow []netip.Prefix
	// Ports that addresses may name; nil means 80, 443, 8080 and 8443, and a 0
	// among them any.
	Ports []uint16
	// MaxInput is how many bytes an input from a URL may have; 0 means 4 GiB.
	MaxInput int64
	// FetchTimeout bounds one attempt to fetch an input; 0 means 1 h.
	FetchTimeout time.Duration
	// CallbackTimeout bounds one attempt at a callback; 0 means 10 s.
	CallbackTimeout time.Duration
	// SignatureHeader, EventHeader and TimestampHeader are the names of a
	// callback's headers; "" means those of package callback.
	SignatureHeader, EventHeader, TimestampHeader string
	// Resolver and Dial replace the network's own, for tests.
	Resolver Resolver
	Dial     func(ctx context.Context, network, address string) (net.Conn, error)
}

// Resolver finds the addresses of a name, as [*net.Resolver] does.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

func (o Outbound) client() outbound.Config {
	return outbound.Config{
		AllowPrefixes: o.Allow, Ports: o.Ports, FetchTimeout: o.FetchTimeout,
		PostTimeout: cmp.Or(o.CallbackTimeout, 10*time.Second),
		Resolver:    o.Resolver, Dial: o.Dial,
	}
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
	c.NetWorkers = cmp.Or(c.NetWorkers, 8)
	c.Memory = cmp.Or(c.Memory, int64(max(c.Workers, 1))<<30)
	c.MaxAttempts = cmp.Or(c.MaxAttempts, 5)
	c.MaxCrashes = cmp.Or(c.MaxCrashes, 5)
	c.Retain = cmp.Or(c.Retain, 7*24*time.Hour)
	c.Backoff.Base = cmp.Or(c.Backoff.Base, 2*time.Second)
	c.Backoff.Max = cmp.Or(c.Backoff.Max, 5*time.Minute)
	c.Outbound.MaxInput = cmp.Or(c.Outbound.MaxInput, 4<<30)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Clock == nil {
		c.Clock = time.Now
	}
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
	for name, n := range map[string]int64{
		"NetWorkers": int64(c.NetWorkers), "Memory": c.Memory, "Timeout": int64(c.Timeout),
		"MaxAttempts": int64(c.MaxAttempts), "Outbound.MaxInput": c.Outbound.MaxInput,
	} {
		if n < 0 {
			errs = append(errs, fmt.Errorf("engine: Config.%s is negative", name))
		}
	}
	return errors.Join(errs...)
}

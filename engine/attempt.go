package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// reroute is the error of work that turns out to be heavy where it must not be
// done.
type reroute struct{ units int64 }

func (reroute) Error() string { return "engine: heavy work" }

// doFile works on a file. It returns how to commit what became of it.
func (w worker) doFile(ctx context.Context, c *claimed, rec record, a *attempt) (conclude func()) {
	ctx, span := w.telemetry.start(ctx, "spool.file", c)
	returned := w.patience(ctx, c, a)
	w.progress.Report(c.task.Ref, store.Advance{})
	done, err := w.attempt(ctx, a.cancel, c, rec)
	returned()
	heavy, tooHeavy := errors.AsType[reroute](err)
	if tooHeavy {
		span.end(nil)
	} else {
		span.end(err)
	}
	return func() {
		defer a.cancel(nil)
		defer w.endings.forget(c.task.Ref)
		defer w.progress.Report(c.task.Ref, store.Advance{Fraction: -1})
		if tooHeavy {
			_ = w.settle(c, func(tx *store.Tx) error {
				return c.claim().reroute(tx, c.task.Lane+heavySuffix, heavy.units)
			})
			return
		}
		w.conclude(ctx, c, err, func(tx *store.Tx, f finished) error {
			done.err, done.wait = f.err, f.wait
			err := c.claim().finish(tx, done, w.now())
			if err == nil && tx.File.Status.Terminal() {
				w.endings.note(c.task.Ref, tx.Job.Completed+tx.Job.Failed)
			}
			return err
		})
	}
}

// conclude commits the outcome of an attempt that makes blobs: with an error, that
// it failed or, if it was cut off, that it never was. If the claim was lost, it
// removes what the attempt has made.
func (e *Engine) conclude(
	ctx context.Context, c *claimed, err error, commit func(*store.Tx, finished) error,
) {
	cause := context.Cause(ctx)
	transition := c.claim().release
	if err == nil || !errors.Is(cause, errShutdown) && !errors.Is(cause, errSession) {
		var f finished
		if err != nil {
			if _, ok := errors.AsType[*codec.Error](err); !ok {
				e.logger(c).Warn("spool: storage failed an attempt", "error", err)
			}
			f.err = failure(c.name(), err)
			f.wait = e.config.Backoff.wait(c.task.Attempt)
		}
		transition = func(tx *store.Tx) error { return commit(tx, f) }
	}
	err = e.settle(c, transition)
	if errors.Is(err, store.ErrTooLarge) {
		f := finished{err: failure(c.name(), codec.Errorf(codec.Limit,
			"the account of the outputs is too large to be kept"))}
		err = e.settle(c, func(tx *store.Tx) error { return commit(tx, f) })
	}
	if errors.Is(err, errLost) {
		e.clearLost(c)
	}
}

// name is what messages call the work by.
func (c *claimed) name() string {
	if c.task.Kind == taskArchive {
		return "archive"
	}
	return c.file.Name
}

// logger names the task in everything that it logs.
func (e *Engine) logger(c *claimed) *slog.Logger {
	l := e.config.Logger.With("job", c.task.Job, "task", c.task.Task)
	if index, ok := c.task.File(); ok {
		l = l.With("file", index)
	}
	return l
}

// probeTime is how long a probe may take, and work whose probe leads to expect
// nothing longer.
const probeTime = 10 * time.Minute

// timeFor is how long an attempt may take.
func timeFor(cost codec.Cost) time.Duration {
	return min(max(probeTime, 50*cost.CPU), 24*time.Hour)
}

// attempt has a codec work on the file. With an error, everything that it made
// is to be swept.
func (w worker) attempt(
	ctx context.Context, cancel context.CancelCauseFunc, c *claimed, rec record,
) (done finished, err error) {
	if w.heavy {
		release, err := w.budget.acquire(ctx, c.task.Cost)
		if err != nil {
			return done, err
		}
		defer release()
	}
	limit := cmp.Or(rec.Timeout, w.config.Timeout, probeTime)
	timer := time.AfterFunc(limit, func() { cancel(timeout(limit)) })
	defer timer.Stop()
	defer func() {
		if cause := context.Cause(ctx); err != nil && codec.ClassOf(cause) == codec.Timeout {
			err = cause
		}
	}()

	call, err := w.callOf(ctx, c, rec)
	if err != nil {
		return done, err
	}
	defer func() { _ = call.close() }() // it was only read
	media, cost, err := w.probe(ctx, call)
	if err != nil {
		return done, err
	}
	if units := w.budget.weigh(cost); units > 0 && !w.heavy {
		return done, reroute{units}
	}
	if rec.Timeout == 0 && w.config.Timeout == 0 {
		limit = timeFor(cost) // of which the probe has taken next to nothing
		timer.Reset(limit)
	}
	if done.probe, err = json.Marshal(media); err != nil {
		return done, err
	}
	out := newSink(w.config.Storage, w.config.TempDir, blobPrefix(c.task.Ref, c.task.Token))
	call.work.Out = out
	pace := pace{w.now()}
	call.work.Progress = func(done codec.Progress) {
		w.progress.Report(c.task.Ref, pace.advance(done, w.now()))
	}
	outputs, err := w.process(ctx, call, out)
	if err != nil {
		return done, err
	}
	done.outputs, done.manifest, err = out.publish(ctx, outputs)
	return done, err
}

// timeout is why an attempt that takes too long is interrupted.
func timeout(limit time.Duration) error {
	return codec.Errorf(codec.Timeout, "the work took longer than %v", limit)
}

// fileProgress leaves room for what comes after the codec: 1 is for the commit.
func fileProgress(fraction float64) float64 { return 0.99 * min(max(fraction, 0), 1) }

// stuckAfter is how long a call may go on after it was told to stop until it is
// reported.
const stuckAfter = 30 * time.Second

// patience waits, from when ctx ends until it is told to stop, for a call that
// should return. One that does not is reported; and if its time was over, its file
// is put aside at once, so that nobody waits for it. Its worker does.
func (e *Engine) patience(ctx context.Context, c *claimed, a *attempt) (stop func()) {
	returned, reported := make(chan struct{}), make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(reported)
		timer := time.NewTimer(stuckAfter)
		defer timer.Stop()
		select {
		case <-timer.C:
			e.reportStuck(ctx, c, a)
		case <-returned:
		}
	})
	return func() {
		close(returned)
		if !unwatch() {
			<-reported
		}
	}
}

func (e *Engine) reportStuck(ctx context.Context, c *claimed, a *attempt) {
	a.stuck(e.now())
	e.telemetry.stuck(c)
	cause := context.Cause(ctx)
	e.logger(c).Warn("spool: a codec goes on although it was told to stop; "+
		"it keeps its worker until it returns", "cause", cause, "for", stuckAfter)
	if codec.ClassOf(cause) != codec.Timeout {
		return
	}
	f := finished{err: failure(c.name(), codec.Errorf(codec.Quarantined,
		"put aside: %w, and did not stop when it was told to", cause))}
	_ = e.settle(c, func(tx *store.Tx) error { return c.claim().finish(tx, f, e.now()) })
}

// call is one call of a codec.
type call struct {
	codec codec.Codec
	work  codec.Work
	name  string
	in    inputs
	close func() error
}

// callOf finds the operation, the codec and the inputs of the file.
func (e *Engine) callOf(ctx context.Context, c *claimed, rec record) (call, error) {
	spec, err := specFor(rec, c)
	if err != nil {
		return call{}, err
	}
	op, err := e.operations.decode(e.config.Registry, spec)
	if err != nil {
		return call{}, codec.Errorf(codec.Unsupported, "%w", err)
	}
	in, err := e.openInputs(ctx, sourcesOf(c.file))
	if err != nil {
		return call{}, err
	}
	cl, err := e.callFor(ctx, op, in)
	if err != nil {
		return call{}, errors.Join(err, in.close())
	}
	cl.work.Policy.Strict = cl.work.Policy.Strict || rec.Strict
	return cl, nil
}

// callFor prepares the call of the codec that takes the inputs, which its close
// closes.
func (e *Engine) callFor(ctx context.Context, op codec.Operation, in inputs) (call, error) {
	work := codec.Work{Op: op, Policy: e.config.Policy, Threads: e.threads()}
	types := make([]string, len(in))
	for i, one := range in {
		if one.size == 0 {
			return call{}, codec.Errorf(codec.Invalid, "%s is empty", one.name)
		}
		work.In = append(work.In, one)
		types[i] = one.mediaType
	}
	cd := e.codecFor(op, types)
	if cd == nil {
		return call{}, refusal(e.offers, op, in)
	}
	refs, opened, err := e.openBlobs(ctx, op)
	if err != nil {
		return call{}, err
	}
	work.Refs = refs
	all := append(slices.Clone(in), opened...)
	return call{codec: cd, name: in[0].name, in: all, close: all.close, work: work}, nil
}

// threads is how many threads one more call may keep busy.
func (e *Engine) threads() int {
	return max(1, runtime.GOMAXPROCS(0)/max(e.running.calls(), 1))
}

// probe reads the headers of the input and holds them against the limits.
func (e *Engine) probe(
	ctx context.Context, c call,
) (media codec.Media, cost codec.Cost, err error) {
	func() {
		defer recovered(c.codec, &err)
		media, cost, err = c.codec.Probe(ctx, &c.work)
	}()
	if fault := c.in.fault(); fault != nil && ctx.Err() == nil {
		return media, cost, fault
	}
	if err != nil {
		return media, cost, ofCodec(err)
	}
	return media, cost, e.config.Policy.Limits.Check(c.name, media)
}

// process calls the codec and returns the outputs that it committed. A fault of
// storage is why the attempt fails, whatever a native library made of it.
func (e *Engine) process(
	ctx context.Context, c call, out *sink,
) (outputs []store.Output, err error) {
	func() {
		defer recovered(c.codec, &err)
		err = c.codec.Process(ctx, &c.work)
	}()
	outputs, fault := out.close()
	if fault == nil {
		fault = c.in.fault()
	}
	switch {
	case fault != nil && ctx.Err() == nil:
		return nil, fault
	case err != nil:
		return nil, ofCodec(err)
	case len(outputs) == 0:
		return nil, codec.Errorf(codec.Internal, "codec %s made no output", c.codec.Name())
	}
	return outputs, nil
}

// ofCodec gives an error of a codec a class, if it has none: that tells it from one
// of storage.
func ofCodec(err error) error {
	if _, ok := errors.AsType[*codec.Error](err); ok {
		return err
	}
	return codec.Errorf(codec.Transient, "%w", err)
}

// recovered turns a panic of a codec into an error. Bad media is a failed file,
// not the end of the host.
func recovered(c codec.Codec, err *error) {
	if v := recover(); v != nil {
		*err = codec.Errorf(codec.Internal, "codec %s panicked: %v", c.Name(), v)
	}
}

// failure returns err as it is stored, with a message that names the file. What has
// no class comes from storage, or from the store: no words for who submitted a file.
func failure(name string, err error) *store.Error {
	message, class := err.Error(), codec.ClassOf(err)
	if _, ok := errors.AsType[*codec.Error](err); !ok {
		message, class = "the files of this service cannot be read or written now", codec.Transient
	}
	if errors.Is(err, syscall.ENOSPC) {
		message = "there is no space left on the disk"
	}
	if !strings.Contains(message, name) {
		message = name + ": " + message
	}
	const most = 4 << 10
	message = strings.ToValidUTF8(message, "")
	if len(message) > most {
		message = strings.ToValidUTF8(message[:most], "") + " …"
	}
	return &store.Error{Class: string(class), Message: message, Permanent: codec.Permanent(err)}
}

// specFor returns what to do with the file of c.
func specFor(rec record, c *claimed) (store.Spec, error) {
	switch {
	case c.file.Op != nil:
		return *c.file.Op, nil
	case rec.Operation != nil:
		return *rec.Operation, nil
	}
	return store.Spec{}, fmt.Errorf("engine: job %s has no operation for file %d",
		c.task.Job, c.file.Index)
}

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// work takes up tasks of the lanes, one after the other, until the engine stops
// pulling.
func (e *Engine) work(lanes ...string) {
	wait := backoff.NewExponentialBackOff()
	for e.pulling.Err() == nil {
		hint, ack, err := e.config.Queue.Pull(e.pulling, lanes...)
		if err == nil {
			wait.Reset()
			e.feeder.pulled()
			e.take(store.ParseRef(hint), ack)
			continue
		}
		if e.pulling.Err() != nil {
			return
		}
		e.config.Logger.Warn("spool: pulling hints", "error", err)
		select {
		case <-time.After(wait.NextBackOff()):
		case <-e.pulling.Done():
		}
	}
}

// take claims the task and does it.
func (e *Engine) take(r store.Ref, ack func()) {
	ctx, cancel := context.WithCancelCause(e.working)
	defer cancel(nil)
	if _, ok := r.File(); ok {
		// Calls of Process hold slots, too.
		if e.slots.Acquire(e.pulling, 1) != nil {
			ack()
			return
		}
		defer e.slots.Release(1)
		// Before the claim, so that a cancel right after it finds the attempt.
		defer e.running.add(r.Job, cancel)()
	}
	c, err := e.claim(r)
	ack()
	switch {
	case errors.Is(err, errGone), errors.Is(err, errTaken), errors.Is(err, errNotDue),
		errors.Is(err, errNewer), errors.Is(err, store.ErrClosed):
		return
	case err != nil:
		e.config.Logger.Warn("spool: claiming a task", "task", r.String(), "error", err)
		return
	}
	switch c.task.Kind {
	case taskFile:
		e.doFile(ctx, c)
	case taskWalk, taskSweep:
		e.doChore(ctx, c)
	}
}

// claim writes this session into the task. It does not end with a context: an
// unknown outcome would leave the task held by nobody who knows.
func (e *Engine) claim(r store.Ref) (claimed, error) {
	var c claimed
	err := e.config.Store.Update(context.Background(), r, func(tx *store.Tx) (err error) {
		c, err = take(tx, e.session.ID(), now())
		return err
	})
	return c, err
}

// doFile works on a file and commits what became of it.
func (e *Engine) doFile(ctx context.Context, c claimed) {
	e.progress.Report(c.task.Ref, 0)
	done, err := e.attempt(ctx, c)
	e.progress.Report(c.task.Ref, -1)
	cause := context.Cause(ctx)
	if err != nil && (errors.Is(cause, errShutdown) || errors.Is(cause, errSession)) {
		e.settle(c, c.claim().release)
		return
	}
	if err != nil {
		done.err = failure(c.file.Name, err)
	}
	e.settle(c, func(tx *store.Tx) error { return c.claim().finish(tx, done, now()) })
}

// settle commits the end of an attempt, as often as the store needs to be asked:
// until then the task is held by this session.
func (e *Engine) settle(c claimed, transition func(*store.Tx) error) {
	chores := false
	_, err := backoff.Retry(e.lifetime, func() (struct{}, error) {
		err := e.config.Store.Update(context.Background(), c.task.Ref, func(tx *store.Tx) error {
			err := transition(tx)
			chores = len(tx.Add) > 0
			return err
		})
		for _, final := range []error{errLost, store.ErrClosed, store.ErrTooLarge} {
			if errors.Is(err, final) {
				err = backoff.Permanent(err)
			}
		}
		return struct{}{}, err
	}, backoff.WithMaxElapsedTime(0))
	if chores {
		e.feeder.wake()
	}
	if err != nil && !errors.Is(err, errLost) {
		e.config.Logger.Error("spool: an outcome was not recorded",
			"task", c.task.Ref.String(), "error", err)
	}
}

// attempt has a codec work on the file. With an error, everything that it made
// is to be swept.
func (e *Engine) attempt(ctx context.Context, c claimed) (done finished, err error) {
	w, err := e.workFor(ctx, c)
	if err != nil {
		return done, err
	}
	defer w.close()
	media, err := e.probe(ctx, w)
	if err != nil {
		return done, err
	}
	if done.probe, err = json.Marshal(media); err != nil {
		return done, err
	}
	out := newSink(e.config.Storage, e.config.TempDir,
		attemptPrefix(c.task.Job, c.file.Index, c.task.Token))
	w.work.Out = out
	w.work.Progress = func(fraction float64) {
		e.progress.Report(c.task.Ref, fileProgress(fraction))
	}
	outputs, err := e.process(ctx, w, out)
	if err != nil {
		return done, err
	}
	done.outputs, done.manifest, err = out.publish(ctx, outputs)
	return done, err
}

// fileProgress leaves room for what comes after the codec: 1 is for the commit.
func fileProgress(fraction float64) float64 { return 0.99 * min(max(fraction, 0), 1) }

// call is one call of a codec.
type call struct {
	codec codec.Codec
	work  codec.Work
	name  string
	close func() error
}

// workFor finds the operation, the codec and the input of the file.
func (e *Engine) workFor(ctx context.Context, c claimed) (call, error) {
	j, err := e.config.Store.Job(ctx, c.task.Job)
	if err != nil {
		return call{}, err
	}
	var rec record
	if err := json.Unmarshal(j.Request, &rec); err != nil {
		return call{}, fmt.Errorf("engine: request of job %s: %w", j.ID, err)
	}
	spec, err := specFor(j, rec, c.file)
	if err != nil {
		return call{}, err
	}
	op, err := e.config.Registry.Decode(spec.Name, spec.Params)
	if err != nil {
		return call{}, err
	}
	src, err := e.openSource(ctx, c.file.Blob, c.file.Size)
	if err != nil {
		return call{}, err
	}
	in := &input{src, c.file.Name, c.file.Type}
	cl, err := e.callFor(op, in)
	if err != nil {
		return call{}, errors.Join(err, src.Close())
	}
	cl.close = src.Close
	return cl, nil
}

// callFor prepares the call of the codec that takes the input.
func (e *Engine) callFor(op codec.Operation, in *input) (call, error) {
	if in.size == 0 {
		return call{}, codec.Errorf(codec.Invalid, "%s is empty", in.name)
	}
	cd := codecFor(e.config.Codecs, op, in.mediaType)
	if cd == nil {
		return call{}, refusal(e.offers, op, in.name, in.mediaType)
	}
	return call{codec: cd, name: in.name, work: codec.Work{
		Op: op, In: []codec.Input{in}, Policy: e.config.Policy, Threads: e.threads(),
	}}, nil
}

// threads is how many threads one more call may keep busy.
func (e *Engine) threads() int {
	return max(1, runtime.GOMAXPROCS(0)/max(e.running.count(), 1))
}

// probe reads the headers of the input and holds them against the limits.
func (e *Engine) probe(ctx context.Context, c call) (media codec.Media, err error) {
	defer recovered(c.codec, &err)
	media, _, err = c.codec.Probe(ctx, &c.work)
	if err != nil {
		return media, err
	}
	return media, e.config.Policy.Limits.Check(c.name, media)
}

// process calls the codec and returns the outputs that it committed.
func (e *Engine) process(
	ctx context.Context, c call, out *sink,
) (outputs []store.Output, err error) {
	func() {
		defer recovered(c.codec, &err)
		err = c.codec.Process(ctx, &c.work)
	}()
	outputs, fault := out.close()
	switch {
	case fault != nil && ctx.Err() == nil:
		return nil, fault
	case err != nil:
		return nil, err
	case len(outputs) == 0:
		return nil, codec.Errorf(codec.Internal, "codec %s made no output", c.codec.Name())
	}
	return outputs, nil
}

// recovered turns a panic of a codec into an error. Bad media is a failed file,
// not the end of the host.
func recovered(c codec.Codec, err *error) {
	if v := recover(); v != nil {
		*err = codec.Errorf(codec.Internal, "codec %s panicked: %v", c.Name(), v)
	}
}

// failure returns err as it is stored, with a message that names the file.
func failure(name string, err error) *store.Error {
	message := err.Error()
	if errors.Is(err, syscall.ENOSPC) {
		message = "there is no space left on the disk"
	}
	if !strings.Contains(message, name) {
		message = name + ": " + message
	}
	const most = 4 << 10
	if len(message) > most {
		message = strings.ToValidUTF8(message[:most], "") + " …"
	}
	return &store.Error{
		Class: string(codec.ClassOf(err)), Message: message, Permanent: codec.Permanent(err),
	}
}

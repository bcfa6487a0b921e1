package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/archive"
	"github.com/spoolmedia/spool/codec/libav"
	"github.com/spoolmedia/spool/codec/pdf"
	"github.com/spoolmedia/spool/codec/vectorize"
	"github.com/spoolmedia/spool/codec/vips"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/storage/filestorage"
	"github.com/spoolmedia/spool/store/boltstore"
)

// convert does what the options ask for. It returns a row for each file.
func convert(ctx context.Context, o options, v view) (rows []row, err error) {
	// What must be done in the end is done also after Ctrl-C.
	base := context.WithoutCancel(ctx)
	began := time.Now()
	var host host
	if err := host.open(o); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, host.close(base, ctx)) }()
	r := &runner{
		options: o, engine: host.engine, delivery: newDelivery(host.engine, o), view: v, began: began,
	}
	r.check()
	if err := r.submit(base); err != nil {
		return r.rows, err
	}
	if err := r.follow(base, ctx); err != nil {
		return r.rows, err
	}
	return r.rows, r.finishEarlier(base, ctx, host.delivered)
}

// host is the engine and the backends that it stands on.
type host struct {
	engine    *engine.Engine
	store     *boltstore.Store
	storage   *filestorage.Storage
	delivered marks
}

// open opens a durable engine under o.data, or one in memory.
func (h *host) open(o options) error {
	images, films := vips.New(), libav.New()
	config := engine.Config{
		Codecs: []codec.Codec{
			images, films, pdf.New(), vectorize.New(), archive.New(images, films),
		},
		Workers: o.workers,
		// Whoever sits before it runs it again.
		MaxAttempts: 1,
		// The files are the user's own.
		Policy: codec.Policy{Untrusted: []string{"image/svg+xml", "application/pdf", "image/jp2"},
			Strict: o.strict},
	}
	if o.data != "" {
		if err := os.MkdirAll(o.data, 0o755); err != nil {
			return err
		}
		var err error
		h.store, err = boltstore.Open(filepath.Join(o.data, "jobs.db"), boltstore.Config{})
		if err != nil {
			return err
		}
		h.storage, err = filestorage.Open(filepath.Join(o.data, "files"), filestorage.Config{})
		if err != nil {
			return errors.Join(err, h.store.Close())
		}
		h.delivered = marks(filepath.Join(o.data, "delivered"))
		config.Store, config.Storage = h.store, h.storage
	}
	var err error
	h.engine, err = engine.Open(config)
	return err
}

// close lets what runs end, unless the user has interrupted the run.
func (h *host) close(base, user context.Context) error {
	ctx, cancel := context.WithCancel(base)
	defer cancel()
	defer context.AfterFunc(user, cancel)()
	err := h.engine.Close(ctx)
	if h.store != nil {
		err = errors.Join(err, h.storage.Close(), h.store.Close())
	}
	return err
}

// runner takes one job from the command line to its results.
type runner struct {
	options
	engine   *engine.Engine
	delivery *delivery
	view     view
	began    time.Time

	rows   []row
	inputs []int // index among the inputs of the job → index of its row
	job    engine.Job
}

// check makes the rows, and fails those whose file cannot even be submitted.
func (r *runner) check() {
	targets := map[string]string{}
	for i, path := range r.files {
		r.rows = append(r.rows, row{Input: path, Status: string(engine.Pending), Outputs: []outputRow{}})
		err := checkInput(path)
		if name := r.target(path); err == nil && name != "" && !codec.Joins(r.operation) {
			if other, taken := targets[name]; taken {
				err = fmt.Errorf("%s: the result of %s has the same name, %s", path, other, name)
			} else {
				targets[name] = path
			}
		}
		if err == nil {
			err = r.delivery.check()
		}
		if err != nil {
			r.fail(i, err)
			continue
		}
		r.inputs = append(r.inputs, i)
	}
	if codec.Joins(r.operation) && len(r.inputs) < len(r.files) {
		for _, i := range r.inputs {
			r.fail(i, fmt.Errorf("%s is not joined, because another file is missing", r.files[i]))
		}
		r.inputs = nil
	}
}

// target returns the name of the result, if the operation tells its format.
func (r *runner) target(path string) string {
	if t, ok := r.operation.(codec.Targeter); ok {
		if format, ok := codec.LookupFormat(t.Target()); ok {
			return format.OutputName(path)
		}
	}
	return ""
}

func checkInput(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: there is no such file", path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", path)
	}
	return nil
}

// fail ends row i.
func (r *runner) fail(i int, err error) {
	message := err.Error()
	r.rows[i].Status, r.rows[i].Error = string(engine.Failed), &message
	r.view.ended(r.rows[i])
}

// submit hands the files to the engine. A durable engine gets the request under
// a key, so that the same command finds the job of a run that was killed. A job
// that failed or was cancelled is over: the next key makes a new one.
func (r *runner) submit(ctx context.Context) error {
	if len(r.inputs) == 0 {
		return nil
	}
	request := engine.Request{Operation: r.operation}
	for _, i := range r.inputs {
		request.Inputs = append(request.Inputs, engine.FromFile(r.files[i]).InPlace())
	}
	out, err := filepath.Abs(r.out)
	if err != nil {
		return err
	}
	request.Labels = map[string]string{"out": out, "force": strconv.FormatBool(r.force)}
	key, err := r.key(out)
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		if r.data != "" {
			request.IdempotencyKey = key + "-" + strconv.Itoa(n)
		}
		r.job, err = r.engine.Submit(ctx, request)
		if err != nil {
			return err
		}
		again := r.job.Created.Before(r.began)
		if !again || r.job.Status != engine.Failed && r.job.Status != engine.Cancelled {
			r.delivery.again = again
			return nil
		}
	}
}

// key identifies the command: operation, folder, and the files as they are now.
func (r *runner) key(out string) (string, error) {
	h := sha256.New()
	e := json.NewEncoder(h)
	if err := e.Encode([]any{r.operation.Name(), r.operation, out, r.force}); err != nil {
		return "", err
	}
	for _, i := range r.inputs {
		path, err := filepath.Abs(r.files[i])
		if err != nil {
			return "", err
		}
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		if err := e.Encode([]any{path, info.Size(), info.ModTime()}); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// follow shows what happens to the job until it has ended, and delivers what is
// done. When the user interrupts, it cancels the job.
func (r *runner) follow(ctx, user context.Context) error {
	if r.job.ID == "" {
		return nil
	}
	stop := context.AfterFunc(user, func() {
		// A job that has just ended needs no cancel.
		_ = r.engine.Cancel(ctx, r.job.ID)
	})
	defer stop()
	r.view.begin(r.job.Total)
	for event, err := range r.engine.Subscribe(ctx, engine.Filter{Job: r.job.ID}) {
		if err != nil {
			return err
		}
		switch event.Kind {
		case engine.FileStarted:
			r.view.started(r.row(event.File))
		case engine.Progress:
			r.view.progress(r.row(event.File), event)
		case engine.FileCompleted, engine.FileFailed:
			if err := r.ended(ctx, event.File); err != nil {
				return err
			}
		}
	}
	return r.endRest(ctx)
}

func (r *runner) row(file int) row { return r.rows[r.inputs[file]] }

// ended records how one file ended, and delivers its outputs.
func (r *runner) ended(ctx context.Context, index int) error {
	file, err := r.engine.File(ctx, r.job.ID, index)
	if err != nil {
		return err
	}
	i := r.inputs[index]
	w := &r.rows[i]
	w.Status = string(file.Status)
	w.Seconds = file.Ended.Sub(cmp.Or(file.Started, file.Ended)).Seconds()
	if file.Error != nil {
		w.Error = &file.Error.Message
	}
	for _, o := range file.Outputs {
		path, err := r.delivery.deliver(ctx, r.job.ID, o)
		if err != nil {
			r.fail(i, err)
			return nil
		}
		w.Outputs = append(w.Outputs, outputRowOf(path, o))
	}
	r.view.ended(*w)
	return nil
}

// endRest ends the rows of files that have no end of their own: those of a
// cancelled job, and those that were joined with the first.
func (r *runner) endRest(ctx context.Context) error {
	for file, err := range r.engine.Files(ctx, r.job.ID) {
		if err != nil {
			return err
		}
		if w := &r.rows[r.inputs[file.Index]]; file.Status == engine.Cancelled {
			message := "cancelled"
			w.Status, w.Error = string(file.Status), &message
			r.view.ended(*w)
		}
	}
	if !codec.Joins(r.operation) {
		return nil
	}
	for _, i := range r.inputs[1:] { // what became of the first became of all
		first := r.rows[r.inputs[0]]
		w := &r.rows[i]
		w.Status, w.Error, w.Seconds = first.Status, first.Error, first.Seconds
		r.view.ended(*w)
	}
	return nil
}

package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Draft is a job to be, which takes its files while the rest of the request is not
// known yet: in a form that a browser sends, files come before the fields behind
// them. Its files are written once, to where the job has them.
//
//	draft, err := eng.Draft()
//	if err != nil { … }
//	defer draft.Discard(context.WithoutCancel(ctx))
//	for part := range parts {
//		upload, err := draft.Upload(ctx, part.FileName(), part)
//		if err != nil { … }
//		inputs = append(inputs, engine.FromUpload(upload))
//	}
//	job, err := draft.Submit(ctx, engine.Request{Inputs: inputs, Operation: operation})
//
// What is uploaded goes when the draft is discarded, when the process dies before
// there is a job, or else with the job. Its methods may be called by many goroutines
// at once, but Submit and Discard only when all uploads have ended.
type Draft struct {
	engine *Engine
	id     string // of the job
	begun  time.Time

	mu      sync.Mutex        // guards what follows
	uploads map[string]Upload // by key
	next    int               // number of an upload
	settled bool              // the files are no longer the draft's
}

// Upload is a file that a [Draft] holds.
type Upload struct {
	Name   string // as it was given
	Type   string // media type found in the bytes
	Size   int64  // bytes
	SHA256 string // of the bytes, in hex
	// Key is where it is in storage: for fields of operations that refer to blobs,
	// such as the logo of a watermark.
	Key string
}

// uploadName begins the last element of the keys of uploads.
const uploadName = "upload-"

// errDraft says that a draft is no longer one.
var errDraft = errors.New("engine: the draft was submitted or discarded")

// Draft begins a job. The job has the time and the place in lists of this moment.
func (e *Engine) Draft() (*Draft, error) {
	if e.closed() {
		return nil, ErrClosed
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("engine: begin a draft: %w", err)
	}
	return &Draft{engine: e, id: id.String(), begun: e.now()}, nil
}

// FromUpload is a file that the draft holds by which the request is submitted.
func FromUpload(u Upload) Input { return Input{Name: u.Name, key: u.Key, upload: u} }

// Upload stores what r yields until [io.EOF], and finds out what it is. An error of r
// is in the tree of the one that it returns; then nothing is kept.
func (d *Draft) Upload(ctx context.Context, name string, r io.Reader) (Upload, error) {
	key, err := d.reserve()
	if err != nil {
		return Upload{}, err
	}
	u, err := d.store(ctx, name, r, key)
	if err != nil {
		// Also after a failed copy: a commit whose answer was lost has left a blob.
		return Upload{}, errors.Join(fmt.Errorf("upload %s: %w", name, err),
			d.engine.config.Storage.Remove(context.WithoutCancel(ctx), key))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.uploads == nil {
		d.uploads = make(map[string]Upload)
	}
	d.uploads[key] = u
	return u, nil
}

// reserve returns the key of the next upload.
func (d *Draft) reserve() (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settled {
		return "", errDraft
	}
	key := d.engine.inputsOf(d.id) + uploadName + strconv.Itoa(d.next)
	d.next++
	return key, nil
}

func (d *Draft) store(ctx context.Context, name string, r io.Reader, key string) (Upload, error) {
	mediaType, info, err := d.engine.copyIn(ctx, FromReader(name, r), key)
	if err == nil && mediaType == "" {
		mediaType, _, err = d.engine.sniff(ctx, key)
	}
	return Upload{Name: name, Type: mediaType, Size: info.Size, SHA256: info.SHA256, Key: key}, err
}

// Submit makes a job of the draft and the request, as [Engine.Submit] does. The
// inputs that are uploads are of this draft. With an idempotency key, the same request
// is one with the same bytes in its uploads. After an error the draft is what it was,
// and so it is when the job that comes back was there before.
func (d *Draft) Submit(ctx context.Context, r Request) (Job, error) {
	d.mu.Lock()
	settled := d.settled
	d.mu.Unlock()
	if settled {
		return Job{}, errDraft
	}
	return d.engine.submit(ctx, r, d)
}

// Discard removes what was uploaded, unless there is a job for it. Discarding twice is
// no error.
func (d *Draft) Discard(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settled {
		return nil
	}
	d.settled = true
	var errs []error
	for key := range d.uploads {
		errs = append(errs, d.engine.config.Storage.Remove(ctx, key))
	}
	return errors.Join(errs...)
}

// settle notes that there may be a job, which has the files from now on.
func (d *Draft) settle(made bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = made
}

// prefix begins the keys of the uploads; "" if there are none, or no draft.
func (d *Draft) prefix() string {
	if d == nil || len(d.uploads) == 0 {
		return ""
	}
	return d.engine.inputsOf(d.id)
}

// check returns an ErrBadRequest if r has uploads that are not of the draft.
func (d *Draft) check(r Request) error {
	var errs []error
	for i, in := range r.Inputs {
		own := in.upload.Key == ""
		if d != nil && !own {
			_, own = d.uploads[in.upload.Key]
		}
		if !own {
			errs = append(errs, fmt.Errorf("inputs[%d]: %s is an upload of another draft",
				i, in.upload.Name))
		}
	}
	return badRequest(errors.Join(errs...))
}

// byContent returns the text of a request in which the keys of uploads, which are new
// each time, stand as what they hold.
func (d *Draft) byContent(text []byte) []byte {
	if d.prefix() == "" {
		return text
	}
	prefix := []byte(`"` + d.prefix() + uploadName)
	var b bytes.Buffer
	for {
		before, rest, found := bytes.Cut(text, prefix)
		b.Write(before)
		if !found {
			return b.Bytes()
		}
		number, after, _ := bytes.Cut(rest, []byte(`"`))
		fmt.Fprintf(&b, `"sha256:%s"`, d.uploads[string(prefix[1:])+string(number)].SHA256)
		text = after
	}
}

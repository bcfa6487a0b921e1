package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/storage"
)

// uploadPrefix begins the keys of what clients send: uploads/<owner>/<n>. The
// owner is named by the label uploadLabel of its job, and the numbers of its first
// inputs by inputsLabel, as ranges such as "0-4 6-9": what was sent may also be a
// logo. The inputs that follow were fetched.
const (
	uploadPrefix = "uploads/"
	uploadLabel  = "uploads"
	inputsLabel  = "inputs"
)

// uploads are the files that clients send, in the storage of the engine, so that
// they are written once: the engine reads them where they are.
type uploads struct {
	storage storage.Storage
	mu      sync.Mutex               // guards what follows
	busy    map[string]chan struct{} // owners that are being filled or removed
	begun   map[string]bool          // owners of batches since the last sweep began
}

func newUploads(s storage.Storage) *uploads {
	return &uploads{storage: s, busy: map[string]chan struct{}{}, begun: map[string]bool{}}
}

// batch are the files of one request.
type batch struct {
	*uploads
	owner string   // the same for the same request again
	made  []string // keys
}

// begin starts a batch. With an idempotency key, the batch of the same request
// again has the same files: it waits until the first one has ended.
func (u *uploads) begin(ctx context.Context, account, key string) (*batch, error) {
	b := &batch{uploads: u, owner: uuid.NewString()}
	if key != "" {
		b.owner = digestOf(account + "\n" + key)[:32]
	}
	if err := u.lock(ctx, b.owner); err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.begun[b.owner] = true
	return b, nil
}

// lock waits until nobody else is busy with the owner.
func (u *uploads) lock(ctx context.Context, owner string) error {
	for {
		u.mu.Lock()
		other, taken := u.busy[owner]
		if !taken {
			u.busy[owner] = make(chan struct{})
			u.mu.Unlock()
			return nil
		}
		u.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (u *uploads) unlock(owner string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	close(u.busy[owner])
	delete(u.busy, owner)
}

// keeper returns what stores the next file of the batch.
func (b *batch) keeper(ctx context.Context) keep {
	n := 0
	return func(field, name string, r io.Reader) (upload, error) {
		u := upload{field: field, name: name, number: n, key: uploadKey(b.owner, n)}
		n++
		return b.store(ctx, u, r)
	}
}

// store writes the file to storage while it comes.
func (b *batch) store(ctx context.Context, u upload, r io.Reader) (upload, error) {
	w, err := b.storage.Create(ctx, u.key)
	if errors.Is(err, storage.ErrExist) {
		return b.compare(ctx, u, r)
	}
	if err != nil {
		return u, unavailable(err)
	}
	defer w.Abort() // does nothing after Commit
	source := &witness{Reader: r}
	h := sha256.New()
	if u.size, err = io.Copy(io.MultiWriter(w, h), source); err != nil {
		if source.err != nil {
			return u, cutOff(source.err)
		}
		return u, unavailable(err)
	}
	u.sha256 = hex.EncodeToString(h.Sum(nil))
	switch _, err = w.Commit(); {
	case errors.Is(err, storage.ErrExist):
		return u, b.same(ctx, u)
	case err != nil:
		return u, unavailable(err)
	}
	b.made = append(b.made, u.key)
	return u, nil
}

// compare reads a file that is stored already.
func (b *batch) compare(ctx context.Context, u upload, r io.Reader) (upload, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		return u, cutOff(err)
	}
	u.size, u.sha256 = n, hex.EncodeToString(h.Sum(nil))
	return u, b.same(ctx, u)
}

// same returns an error if what is stored under the key is something else.
func (b *batch) same(ctx context.Context, u upload) error {
	blob, err := b.storage.Open(ctx, u.key)
	if err != nil {
		return unavailable(err)
	}
	defer blob.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(blob, 0, blob.Info().Size)); err != nil {
		return unavailable(err)
	}
	if hex.EncodeToString(h.Sum(nil)) != u.sha256 {
		return engine.ErrKeyConflict
	}
	return nil
}

// end ends the batch. Unless there is a job for them, its files go.
func (b *batch) end(ctx context.Context, submitted bool) {
	defer b.unlock(b.owner)
	if submitted {
		return
	}
	ctx = context.WithoutCancel(ctx)
	for _, key := range b.made {
		_ = b.storage.Remove(ctx, key) // else the sweep does it
	}
}

// witness remembers why reading failed, to tell it from why writing did.
type witness struct {
	io.Reader
	err error
}

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != io.EOF {
		w.err = cmp.Or(w.err, err)
	}
	return n, err
}

func unavailable(err error) error {
	return fmt.Errorf("%w: %w", &failure{
		status: http.StatusServiceUnavailable, retry: 30,
		message: "The server cannot store files at the moment.",
	}, err)
}

// rangesOf returns the numbers of the files.
func rangesOf(files []upload) string {
	var ranges []string
	first, last := -1, -2
	flush := func() {
		if first >= 0 {
			ranges = append(ranges, fmt.Sprintf("%d-%d", first, last))
		}
	}
	for _, u := range files {
		if u.number != last+1 {
			flush()
			first = u.number
		}
		last = u.number
	}
	flush()
	return strings.Join(ranges, " ")
}

// uploadOf returns the key of an input of the job, "" if it was not sent.
func uploadOf(job engine.Job, index int) string {
	for text := range strings.FieldsSeq(job.Labels[inputsLabel]) {
		var first, last int
		if n, err := fmt.Sscanf(text, "%d-%d", &first, &last); n != 2 || err != nil {
			return ""
		}
		if index <= last-first {
			return uploadKey(job.Labels[uploadLabel], first+index)
		}
		index -= last - first + 1
	}
	return ""
}

func uploadKey(owner string, number int) string {
	return fmt.Sprintf("%s%s/%d", uploadPrefix, owner, number)
}

// remove removes the files of an owner, if first, which nobody else's batch of the
// owner can come between, says so.
func (u *uploads) remove(ctx context.Context, owner string, first func() (bool, error)) error {
	if err := u.lock(ctx, owner); err != nil {
		return err
	}
	defer u.unlock(owner)
	if ok, err := first(); !ok || err != nil {
		return err
	}
	for info, err := range u.storage.List(ctx, uploadPrefix+owner+"/", "") {
		if err != nil {
			return err
		}
		if err := u.storage.Remove(ctx, info.Key); err != nil {
			return err
		}
	}
	return nil
}

// owners returns all that have files.
func (u *uploads) owners(ctx context.Context) (map[string]bool, error) {
	found, after := map[string]bool{}, ""
	for {
		key := ""
		for info, err := range u.storage.List(ctx, uploadPrefix, after) {
			if err != nil {
				return nil, err
			}
			key = info.Key
			break
		}
		if key == "" {
			return found, nil
		}
		owner, _, _ := strings.Cut(strings.TrimPrefix(key, uploadPrefix), "/")
		after = uploadPrefix + owner + "/\xff"
		found[owner] = true
	}
}

package enginetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/store"
)

// Books is what a store and a storage hold when nothing is left to do. They are
// read without an engine, so that they tell on it.
//
//	books, err := enginetest.ReadBooks(ctx, jobs, blobs)
//	if err == nil {
//		err = books.Check()
//	}
type Books struct {
	Entries []Entry // one for each job, the oldest first
	Blobs   map[string]Blob
}

// Entry is all that a store has of a job.
type Entry struct {
	store.Job
	Files  []store.File // with the outputs that are in a manifest
	Tasks  []store.Task
	Events []store.Event
}

// Blob is a blob of the storage.
type Blob struct {
	SHA256 string // of the bytes as they were read, in hex
	Size   int64
}

// ReadBooks reads all records and all blobs.
func ReadBooks(ctx context.Context, jobs store.Store, blobs storage.Storage) (Books, error) {
	b := Books{Blobs: make(map[string]Blob)}
	for info, err := range blobs.List(ctx, "", "") {
		if err != nil {
			return b, err
		}
		if b.Blobs[info.Key], err = readBlob(ctx, blobs, info.Key, io.Discard); err != nil {
			return b, err
		}
	}
	for j, err := range jobs.List(ctx, store.Query{Oldest: true}) {
		if err != nil {
			return b, err
		}
		e, err := readEntry(ctx, jobs, blobs, j)
		if err != nil {
			return b, fmt.Errorf("job %s: %w", j.ID, err)
		}
		b.Entries = append(b.Entries, e)
	}
	return b, nil
}

func readBlob(
	ctx context.Context, blobs storage.Storage, key string, to io.Writer,
) (Blob, error) {
	blob, err := blobs.Open(ctx, key)
	if err != nil {
		return Blob{}, err
	}
	defer blob.Close()
	sum := sha256.New()
	r := io.NewSectionReader(blob, 0, blob.Info().Size)
	n, err := io.Copy(io.MultiWriter(sum, to), r)
	return Blob{hex.EncodeToString(sum.Sum(nil)), n}, err
}

func readEntry(
	ctx context.Context, jobs store.Store, blobs storage.Storage, j store.Job,
) (Entry, error) {
	e := Entry{Job: j}
	for f, err := range jobs.Files(ctx, j.ID, 0) {
		if err == nil && f.Manifest != "" {
			var b strings.Builder
			_, err = readBlob(ctx, blobs, f.Manifest, &b)
			err = errors.Join(err, json.Unmarshal([]byte(b.String()), &f.Outputs))
		}
		if err != nil {
			return e, err
		}
		e.Files = append(e.Files, f)
	}
	for t, err := range jobs.Tasks(ctx, store.TaskQuery{Under: store.Ref{Job: j.ID}}) {
		if err != nil {
			return e, err
		}
		e.Tasks = append(e.Tasks, t)
	}
	for event, err := range jobs.Events(ctx, store.EventQuery{Job: j.ID}) {
		if err != nil {
			return e, err
		}
		e.Events = append(e.Events, event)
	}
	return e, nil
}

// Check returns all that does not agree: every job has ended, once in each run,
// with the counts of its files; nothing of it is left to do; every blob that it
// names is there, and every output is of the attempt that ended its file and has
// the size and the checksum of its record; and nothing else is in the storage.
func (b Books) Check() error {
	var errs []error
	for _, e := range b.Entries {
		for _, err := range slices.Concat(e.checkState(), e.checkEvents(), b.checkFiles(e)) {
			errs = append(errs, fmt.Errorf("job %s: %w", e.ID, err))
		}
	}
	for _, key := range b.Orphans() {
		errs = append(errs, fmt.Errorf("nobody names the blob %s", key))
	}
	return errors.Join(errs...)
}

func (e Entry) checkState() (errs []error) {
	s := e.State
	if !s.Status.Terminal() {
		errs = append(errs, fmt.Errorf("it is %s", s.Status))
	}
	// Callbacks that are over are kept, to tell of them.
	open := slices.DeleteFunc(slices.Clone(e.Tasks), func(t store.Task) bool { return t.Done })
	if s.Open != 0 || len(open) != 0 {
		errs = append(errs, fmt.Errorf("%d tasks are open, there are %d: %+v",
			s.Open, len(open), open))
	}
	of := make(map[store.Status]int)
	for _, f := range e.Files {
		of[f.Status]++
	}
	if len(e.Files) != s.Total || of[store.Completed] != s.Completed || of[store.Failed] != s.Failed {
		errs = append(errs, fmt.Errorf(
			"its state counts %d files, %d completed, %d failed; the files say %v",
			s.Total, s.Completed, s.Failed, of))
	}
	if s.Status != store.Cancelled && s.Completed+s.Failed != s.Total {
		errs = append(errs, fmt.Errorf("%d of %d files have ended", s.Completed+s.Failed, s.Total))
	}
	return errs
}

// checkEvents holds the ends that were told against the records.
func (e Entry) checkEvents() (errs []error) {
	type end struct{ run, file int }
	ends := make(map[end]int)
	created, seq := 0, uint64(0)
	for _, event := range e.Events {
		switch kind := engine.EventKind(event.Kind); {
		case kind == engine.Created:
			created++
		case kind.Terminal():
			ends[end{event.Run, -1}]++
		case kind == engine.FileCompleted, kind == engine.FileFailed:
			ends[end{event.Run, event.File}]++
		}
		if event.Seq <= seq {
			errs = append(errs, fmt.Errorf("event %d comes behind event %d", event.Seq, seq))
		}
		seq = event.Seq
	}
	if created != 1 {
		errs = append(errs, fmt.Errorf("it was created %d times", created))
	}
	for run := 1; run <= e.State.Run; run++ {
		if n := ends[end{run, -1}]; n != 1 {
			errs = append(errs, fmt.Errorf("run %d ended %d times", run, n))
		}
	}
	for what, n := range ends {
		if n != 1 && what.file >= 0 {
			errs = append(errs, fmt.Errorf("file %d ended %d times in run %d", what.file, n, what.run))
		}
	}
	return errs
}

func (b Books) checkFiles(e Entry) (errs []error) {
	if a := e.State.Archive; a != nil {
		if got, want := b.Blobs[a.Key], (Blob{a.SHA256, a.Size}); got != want {
			errs = append(errs, fmt.Errorf("archive %s: got %+v, want %+v", a.Key, got, want))
		}
	}
	for _, f := range e.Files {
		if _, ok := b.Blobs[f.Blob]; !ok && stored(f.Blob) {
			errs = append(errs, fmt.Errorf("file %d: its input %s is gone", f.Index, f.Blob))
		}
		if (f.Status == store.Completed) != (len(f.Outputs) > 0) {
			errs = append(errs, fmt.Errorf("file %d is %s and has %d outputs",
				f.Index, f.Status, len(f.Outputs)))
		}
		if (f.Status == store.Failed) != (f.Error != nil) {
			errs = append(errs, fmt.Errorf("file %d is %s, its error is %v", f.Index, f.Status, f.Error))
		}
		prefix := fmt.Sprintf("out/%s/%d/%d/", e.ID, f.Index, f.Token)
		for _, o := range f.Outputs {
			if got, want := b.Blobs[o.Key], (Blob{o.SHA256, o.Size}); got != want {
				errs = append(errs, fmt.Errorf("file %d: output %s: got %+v, want %+v",
					f.Index, o.Key, got, want))
			}
			if o.Key != prefix+o.Name {
				errs = append(errs, fmt.Errorf("file %d: output %s is not under %s", f.Index, o.Key, prefix))
			}
		}
	}
	return errs
}

// stored reports whether the blob of a file is in storage: it may also be the
// URL of a file in place, or not be fetched yet.
func stored(blob string) bool { return blob != "" && !strings.Contains(blob, ":") }

// Orphans returns the keys of the blobs that no job names, in order.
func (b Books) Orphans() []string {
	named := make(map[string]bool)
	for _, e := range b.Entries {
		if e.State.Archive != nil {
			named[e.State.Archive.Key] = true
		}
		for _, f := range e.Files {
			named[f.Blob], named[f.Manifest] = true, true
			for _, o := range f.Outputs {
				named[o.Key] = true
			}
		}
	}
	var orphans []string
	for _, key := range slices.Sorted(maps.Keys(b.Blobs)) {
		if !named[key] {
			orphans = append(orphans, key)
		}
	}
	return orphans
}

package crashtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/filestorage"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// books are those of the last child and the ledger of all of them.
type books struct {
	enginetest.Books
	numbers map[string]uint64          // of the jobs that the store has
	keyed   map[uint64][]string        // the jobs of each number that has a key
	did     map[string]map[string]bool // what was attempted and achieved of each job
	told    map[telling]string         // the IDs of callbacks
	report  *Report
}

// audit reads everything and returns all that is wrong.
func (p *parent) audit(ctx context.Context) error {
	read, err := p.readBooks(ctx)
	if err != nil {
		return fmt.Errorf("crashtest: read the books: %w", err)
	}
	lines, err := readLedger(p.folder.ledger())
	if err != nil {
		return fmt.Errorf("crashtest: read the ledger: %w", err)
	}
	b := books{
		Books: read, report: &p.report, numbers: make(map[string]uint64),
		keyed: make(map[uint64][]string), did: make(map[string]map[string]bool),
		told: make(map[telling]string),
	}
	errs := []error{read.Check(), p.checkArchives(ctx, read)}
	for _, e := range read.Entries {
		errs = append(errs, b.index(e))
	}
	b.readLedger(lines)
	errs = append(errs, b.checkLedger(lines), b.checkTold(lines, p.site.received))
	for _, e := range read.Entries {
		if err := b.checkJob(e); err != nil {
			errs = append(errs, fmt.Errorf("job %s: %w", e.ID, err))
		}
	}
	errs = append(errs, p.checkFolder(len(read.Blobs)))
	return errors.Join(errs...)
}

func (p *parent) readBooks(ctx context.Context) (enginetest.Books, error) {
	jobs, err := boltstore.Open(p.folder.jobs(), boltstore.Config{})
	if err != nil {
		return enginetest.Books{}, err
	}
	// Before the storage is opened, which clears them away.
	temps, err := os.ReadDir(filepath.Join(p.folder.blobs(), "tmp"))
	if err != nil {
		return enginetest.Books{}, errors.Join(err, jobs.Close())
	}
	for _, temp := range temps {
		err = errors.Join(err, fmt.Errorf("a temporary file is left: %s", temp.Name()))
	}
	blobs, oerr := filestorage.Open(p.folder.blobs(), filestorage.Config{})
	if oerr != nil {
		return enginetest.Books{}, errors.Join(oerr, jobs.Close())
	}
	b, rerr := enginetest.ReadBooks(ctx, jobs, blobs)
	return b, errors.Join(err, rerr, blobs.Close(), jobs.Close())
}

// index finds out the number of the job.
func (b *books) index(e enginetest.Entry) error {
	var request struct{ Labels map[string]string }
	err := json.Unmarshal(e.Request, &request)
	number, perr := strconv.ParseUint(request.Labels[numberLabel], 10, 64)
	if err := errors.Join(err, perr); err != nil {
		return fmt.Errorf("job %s: its number: %w", e.ID, err)
	}
	b.numbers[e.ID] = number
	if number >= firstKeyed {
		b.keyed[number] = append(b.keyed[number], e.ID)
	}
	return nil
}

// readLedger takes in what was done to jobs.
func (b *books) readLedger(lines [][]string) {
	for _, words := range lines {
		switch words[0] {
		case attempting, achieved:
			if b.did[words[2]] == nil {
				b.did[words[2]] = make(map[string]bool)
			}
			b.did[words[2]][words[0]+" "+words[1]] = true
		}
	}
	for job, did := range b.did {
		if did[achieved+" retry"] {
			b.report.Retried++
		}
		if _, there := b.numbers[job]; did[attempting+" "+deleteAction] && !there {
			b.report.Deleted++
		}
	}
}

// checkLedger holds what children were told against the store.
func (b *books) checkLedger(lines [][]string) error {
	var errs []error
	promised := make(map[string]bool)
	for _, words := range lines {
		switch words[0] {
		case submitting:
			b.report.Submits++
			errs = append(errs, b.checkKey(words[1]))
		case accepted:
			promised[words[2]] = true
			number, ok := b.numbers[words[2]]
			if !ok && b.did[words[2]][attempting+" "+deleteAction] {
				continue
			}
			if !ok || strconv.FormatUint(number, 10) != words[1] || digest(number) != words[3] {
				errs = append(errs, fmt.Errorf("job %s was accepted as request %s, and is %d (%t)",
					words[2], words[1], number, ok))
			}
		}
	}
	b.report.Accepted = len(promised)
	for _, e := range b.Entries {
		if !promised[e.ID] {
			b.report.Untold++
		}
	}
	b.report.Keys = len(b.keyed)
	return errors.Join(errs...)
}

// checkKey returns an error unless the key of a request, if it has one, gave one
// job.
func (b *books) checkKey(word string) error {
	number, err := strconv.ParseUint(word, 10, 64)
	if err != nil || number < firstKeyed {
		return err
	}
	if jobs := b.keyed[number]; len(jobs) != 1 {
		return fmt.Errorf("the key of request %d gave the jobs %v, want one", number, jobs)
	}
	return nil
}

// checkJob holds what became of a job against its request.
func (b *books) checkJob(e enginetest.Entry) error {
	var errs []error
	inputs, did := files(b.numbers[e.ID]), b.did[e.ID]
	if len(inputs) != len(e.Files) {
		return fmt.Errorf("it has %d files, want %d", len(e.Files), len(inputs))
	}
	for _, a := range actions {
		if did[achieved+" "+a.name] {
			errs = append(errs, a.check(e))
		}
	}
	if e.State.Status == store.Cancelled {
		b.report.Cancelled++
		if !did[attempting+" cancel"] {
			errs = append(errs, errors.New("it is cancelled, and nobody asked for it"))
		}
	}
	if archived(b.numbers[e.ID]) && e.State.Archive == nil && e.State.Completed > 0 &&
		e.State.Status != store.Cancelled {
		errs = append(errs, errors.New("it has no archive"))
	}
	errs = append(errs, b.checkCallbacks(e))
	for i, f := range e.Files {
		if fetched(b.numbers[e.ID], i) {
			b.report.Fetched++
		}
		if err := b.checkFile(inputs[i], f); err != nil {
			errs = append(errs, fmt.Errorf("file %d, %s: %w", i, f.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (b *books) checkFile(in file, f store.File) error {
	b.report.Files++
	b.report.Attempts += int(f.Token)
	switch f.Status {
	case store.Completed:
		b.report.Completed++
		b.report.Outputs += len(f.Outputs)
	case store.Failed:
		b.report.Failed++
		if f.Error.Class == string(codec.Quarantined) {
			b.report.Quarantined++
			return nil // today there is no way to ask for more patience
		}
	}
	return in.check(f)
}

// checkFolder looks for files that the storage does not show.
func (p *parent) checkFolder(blobs int) error {
	var errs []error
	found := 0
	count := func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			found++
		}
		return err
	}
	errs = append(errs, filepath.WalkDir(filepath.Join(p.folder.blobs(), "blobs"), count))
	if found != blobs {
		errs = append(errs, fmt.Errorf("there are %d files for %d blobs", found, blobs))
	}
	temps, err := os.ReadDir(p.folder.temp())
	errs = append(errs, err)
	for _, temp := range temps {
		errs = append(errs, fmt.Errorf("a temporary file is left: %s", temp.Name()))
	}
	if info, err := os.Stat(p.folder.removed()); err == nil {
		p.report.Removed = int(info.Size())
	}
	return errors.Join(errs...)
}

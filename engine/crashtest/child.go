package crashtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/filestorage"
	"github.com/spoolmedia/spool/store/boltstore"
)

// RunChild is the life of a child, and ends the process with it, if [Run]
// started this program. Otherwise it does nothing.
func RunChild() {
	if len(os.Args) != 2 || os.Args[1] != childArg {
		return
	}
	if err := runChild(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(faultCode)
	}
	os.Exit(0)
}

func runChild() error {
	fmt.Println(lineBegun)
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	var p plan
	if err := json.Unmarshal(line, &p); err != nil {
		return err
	}
	go func() { // an orphan has nobody to live for
		_, _ = io.Copy(io.Discard, in)
		os.Exit(faultCode)
	}()
	time.AfterFunc(p.patience()*3/4, func() {
		_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
		os.Exit(faultCode)
	})
	l := life{plan: p, rand: rand.New(rand.NewPCG(uint64(p.Life), 1))}
	l.faults.At = l.at
	if err := l.run(context.Background()); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(end{Calls: l.faults.Calls()})
}

// life is what a child does.
type life struct {
	plan   plan
	rand   *rand.Rand
	faults enginetest.Faults
	ledger ledger
	next   uint64 // number of a request
	jobs   *boltstore.Store
	blobs  *filestorage.Storage
	eng    *engine.Engine

	deleted []string // jobs that were to be deleted; for drain
}

// at kills the process at the moment of the plan.
func (l *life) at(c enginetest.Call) error {
	if c != l.plan.Kill {
		return nil
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Kill(); err != nil {
		return err
	}
	select {} // it does not take long
}

// manyLaps is how often a child opens an engine until its moment has come.
const manyLaps = 50

func (l *life) run(ctx context.Context) (err error) {
	l.next = uint64(l.plan.Life) << 16
	if l.ledger, err = openLedger(l.plan.Folder.ledger()); err != nil {
		return err
	}
	if err := os.MkdirAll(l.plan.Folder.temp(), 0o700); err != nil {
		return err
	}
	work, laps := l.lap, l.plan.Laps
	if laps == 0 {
		laps = manyLaps
	}
	if l.plan.Drain {
		work, laps = l.drain, 1
	}
	for range laps {
		if err := l.open(); err != nil {
			return err
		}
		if err := work(ctx); err != nil {
			return err
		}
		if err := l.close(); err != nil {
			return err
		}
	}
	return nil
}

// workers is how many files a child works on at once.
const workers = 3

func (l *life) open() (err error) {
	f := l.plan.Folder
	if l.jobs, err = boltstore.Open(f.jobs(), boltstore.Config{}); err != nil {
		return err
	}
	if l.blobs, err = filestorage.Open(f.blobs(), filestorage.Config{}); err != nil {
		return err
	}
	removed, err := os.OpenFile(f.removed(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	l.eng, err = engine.Open(engine.Config{
		Store: &enginetest.FaultyStore{Store: l.jobs, Faults: &l.faults},
		Storage: &enginetest.FaultyStorage{
			Storage: counting{l.blobs, removed}, Faults: &l.faults,
		},
		Codecs: []codec.Codec{newCodec()}, Workers: workers, TempDir: f.temp(),
		// No file is to blame for the kills, and nothing may be left to do at the end.
		MaxCrashes: -1, Retain: -1, Outbound: outbound(),
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err == nil {
		fmt.Println(lineOpen)
	}
	return err
}

// close closes the engine, every second time without letting it finish.
func (l *life) close() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if l.rand.IntN(2) == 0 {
		cancel()
	}
	return errors.Join(l.eng.Close(ctx), l.jobs.Close(), l.blobs.Close())
}

// counting takes down how many blobs are removed.
type counting struct {
	storage.Storage
	file *os.File
}

// Remove implements [storage.Storage].
func (c counting) Remove(ctx context.Context, key string) error {
	err := c.Storage.Remove(ctx, key)
	if err == nil {
		_, err = c.file.WriteString(".")
	}
	return err
}

// backlog is how many jobs may wait before new ones are submitted.
const backlog = 30

// lap submits jobs and waits for some of them.
func (l *life) lap(ctx context.Context) error {
	var waiting []string
	for _, status := range []engine.Status{engine.Pending, engine.Processing} {
		for job, err := range l.eng.List(ctx, engine.Query{Statuses: []engine.Status{status}}) {
			if err != nil {
				return err
			}
			waiting = append(waiting, job.ID)
		}
	}
	if len(waiting) > backlog {
		return l.wait(ctx, waiting)
	}
	submitters, ctx := errgroup.WithContext(ctx)
	for range 3 {
		numbers := []uint64{l.unkeyed(), l.keyed(), l.unkeyed()}
		patient := l.rand.IntN(2) == 0
		submitters.Go(func() error {
			jobs, err := l.submit(ctx, numbers)
			if err == nil && patient {
				err = l.wait(ctx, jobs)
			}
			return err
		})
	}
	return submitters.Wait()
}

func (l *life) unkeyed() uint64 {
	l.next++
	return l.next
}

// keyed returns the number of a request that this and other children submit,
// too.
func (l *life) keyed() uint64 {
	const lives, keys = 8, 6
	return firstKeyed + uint64(l.plan.Life/lives*keys+l.rand.IntN(keys))
}

// submit submits the requests, does to their jobs what is to be done, and
// returns these.
func (l *life) submit(ctx context.Context, numbers []uint64) (jobs []string, err error) {
	for _, number := range numbers {
		if err := l.ledger.write(submitting, number); err != nil {
			return nil, err
		}
		job, err := l.eng.Submit(ctx, request(number, l.plan.Port))
		if err != nil {
			return nil, fmt.Errorf("submit request %d: %w", number, err)
		}
		if err := l.ledger.write(accepted, number, job.ID, digest(number)); err != nil {
			return nil, err
		}
		if err := l.act(ctx, number, job.ID); err != nil {
			return nil, err
		}
		jobs = append(jobs, job.ID)
	}
	return jobs, nil
}

func (l *life) act(ctx context.Context, number uint64, job string) error {
	for _, a := range actions {
		if !a.of(number) {
			continue
		}
		if err := l.ledger.write(attempting, a.name, job); err != nil {
			return err
		}
		effective, err := a.do(ctx, l.eng, job)
		if errors.Is(err, engine.ErrNotFound) {
			return nil // another action has deleted it
		}
		if err == nil && effective {
			err = l.ledger.write(achieved, a.name, job)
		}
		if err != nil {
			return fmt.Errorf("%s job %s: %w", a.name, job, err)
		}
	}
	return nil
}

func (l *life) wait(ctx context.Context, jobs []string) error {
	for _, job := range jobs {
		_, err := l.eng.Wait(ctx, job)
		if err != nil && !errors.Is(err, engine.ErrNotFound) { // it may be deleted
			return fmt.Errorf("wait for job %s: %w", job, err)
		}
	}
	return nil
}

// drain submits all keys once more, waits until nothing is left to do, and notes
// what was told of jobs.
func (l *life) drain(ctx context.Context) error {
	lines, err := readLedger(l.plan.Folder.ledger())
	if err != nil {
		return err
	}
	seen := make(map[uint64]bool)
	for _, words := range lines {
		if words[0] == attempting && words[1] == deleteAction {
			l.deleted = append(l.deleted, words[2])
		}
		number, err := strconv.ParseUint(words[1], 10, 64)
		if words[0] != submitting || err != nil || number < firstKeyed || seen[number] {
			continue
		}
		seen[number] = true
		job, err := l.eng.Submit(ctx, request(number, l.plan.Port))
		if err != nil {
			return fmt.Errorf("submit request %d once more: %w", number, err)
		}
		if err := l.ledger.write(accepted, number, job.ID, digest(number)); err != nil {
			return err
		}
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		left, err := l.left(ctx)
		if err != nil {
			return err
		}
		if left == 0 {
			return l.noteDeliveries(ctx)
		}
		<-tick.C
	}
}

// noteDeliveries takes down which callbacks there were.
func (l *life) noteDeliveries(ctx context.Context) error {
	for job, err := range l.eng.List(ctx, engine.Query{}) {
		if err != nil {
			return err
		}
		for d, err := range l.eng.Deliveries(ctx, job.ID) {
			if err == nil {
				err = l.ledger.add(told, d.ID, job.ID, d.Run, d.Event, d.Status)
			}
			if err != nil {
				return err
			}
		}
	}
	return l.ledger.file.Sync()
}

// left counts the tasks and the inputs without a job that there still are.
func (l *life) left(ctx context.Context) (n int, err error) {
	for job, err := range l.eng.List(ctx, engine.Query{}) {
		if err != nil {
			return n, err
		}
		j, err := l.jobs.Job(ctx, job.ID)
		if err != nil {
			return n, err
		}
		n += j.State.Open
	}
	for _, id := range l.deleted {
		j, err := l.jobs.Job(ctx, id)
		switch {
		case err == nil && !j.State.Deleted.IsZero():
			n++ // it is being cleared up
		case err != nil && !errors.Is(err, engine.ErrNotFound):
			return n, err
		}
	}
	for info, err := range l.blobs.List(ctx, "in/", "") {
		if err != nil {
			return n, err
		}
		_, err := l.eng.Status(ctx, strings.Split(info.Key, "/")[2])
		if errors.Is(err, engine.ErrNotFound) {
			n++
		} else if err != nil {
			return n, err
		}
	}
	return n, nil
}

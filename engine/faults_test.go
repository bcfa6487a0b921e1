package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/filestorage"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store/boltstore"
	"github.com/spoolmedia/spool/store/memstore"
)

// A store and a storage that are out of reach for a while, from any moment of a
// life on, cost time, and nothing else.
func TestAnOutageLosesNoJob(t *testing.T) {
	const outage = 20 * time.Second // in the time of the bubble
	for call := 1; call < 200; call += 9 {
		t.Run(fmt.Sprint("from call ", call), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex // guards what follows
				calls, begun := 0, time.Time{}
				l := newLife(t, func(c enginetest.Call) error {
					mu.Lock()
					defer mu.Unlock()
					if calls++; calls == call {
						begun = time.Now()
					}
					if calls >= call && time.Since(begun) < outage && !c.After {
						return enginetest.ErrUnreachable
					}
					return nil
				})
				if err := l.run(); err != nil {
					t.Error(err)
				}
				if begun.IsZero() {
					t.Errorf("there were only %d calls", calls)
				}
			})
		})
	}
}

// gone is a store whose updates fail from some time on.
type gone struct {
	*enginetest.FaultyStore
	since atomic.Bool
}

func newGone(t *testing.T) *gone {
	jobs := memstore.New()
	t.Cleanup(func() { jobs.Close() })
	g := new(gone)
	g.FaultyStore = &enginetest.FaultyStore{Store: jobs, Faults: &enginetest.Faults{
		At: func(c enginetest.Call) error {
			if c.Method == "Store.Update" && g.since.Load() {
				return enginetest.ErrUnreachable
			}
			return nil
		},
	}}
	return g
}

func TestCloseReturnsWhileTheStoreIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs, release := newGone(t), make(chan struct{})
		eng, err := engine.Open(engine.Config{
			Store: jobs, Logger: slog.New(slog.DiscardHandler),
			Codecs: []codec.Codec{&enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
				<-release
				return enginetest.Write(ctx, w, "o.png", []byte("o"))
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		enginetest.Submit(t, eng, batch(1))
		synctest.Wait()
		jobs.since.Store(true)
		close(release)
		closed := make(chan struct{})
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		go func() {
			defer close(closed)
			_ = eng.Close(ctx) // what it could not record is its error, or the log's
		}()
		select {
		case <-closed:
		case <-time.After(time.Hour): // in the time of the bubble
			t.Error("Close waits for ever for an outcome to be recorded")
			jobs.since.Store(false)
			<-closed
		}
	})
}

// What a person can write into a request, and a codec into a message, never
// keeps a job from its end, however long it becomes at rest.
func TestNoMessageKeepsAJobFromItsEnd(t *testing.T) {
	for name, tt := range map[string]struct{ account, file, message string }{
		"long":            {"a", "a.txt", strings.Repeat("x", 100_000)},
		"long account":    {strings.Repeat("a", 255), "a.txt", strings.Repeat("x", 500)},
		"wide":            {"a", "a.txt", strings.Repeat("ä", 4000)},
		"name of escapes": {"a", strings.Repeat("&", 190) + ".txt", "no"},
		"angle brackets":  {"a", "a.txt", strings.Repeat("<", 500)},
		"control bytes":   {"a", "a.txt", strings.Repeat("\x01", 500)},
		"no text":         {"a", "a.txt", strings.Repeat("\xff", 500)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				eng := enginetest.Open(t, engine.Config{
					Logger: slog.New(slog.DiscardHandler),
					Codecs: []codec.Codec{&enginetest.Codec{Do: func(context.Context, *codec.Work) error {
						return codec.Errorf(codec.Invalid, "%s", tt.message)
					}}},
				})
				job := enginetest.Submit(t, eng, engine.Request{
					Account: tt.account, Inputs: []engine.Input{text(tt.file, "a")}, Operation: toPNG,
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour) // of the bubble
				defer cancel()
				job, err := eng.Wait(ctx, job.ID)
				if errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("the job is %s for ever: its state would be too large", job.Status)
				}
				if err != nil || job.Status != engine.Failed || job.Error.Message == "" {
					t.Errorf("got %s, %v, %v", job.Status, job.Error, err)
				}
			})
		})
	}
}

// Whoever submitted a file reads of faults of storage in plain words; their cause is
// for the log.
func TestStorageFaultsAreToldInPlainWords(t *testing.T) {
	for _, method := range []string{
		"Storage.Create", "Storage.Open", "Blob.ReadAt", "Writer.Write", "Writer.Commit",
	} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				var broken atomic.Bool
				faults := &enginetest.Faults{At: func(c enginetest.Call) error {
					if c.Method == method && !c.After && broken.Load() {
						return fmt.Errorf("node-7.internal: %w", enginetest.ErrUnreachable)
					}
					return nil
				}}
				eng := enginetest.Open(t, engine.Config{
					Storage:     &enginetest.FaultyStorage{Storage: memstorage.New(), Faults: faults},
					MaxAttempts: 1, Logger: slog.New(slog.NewTextHandler(&log, nil)),
				})
				if err := eng.Pause(t.Context()); err != nil {
					t.Fatal(err)
				}
				job := enginetest.Submit(t, eng, batch(1))
				broken.Store(true)
				if err := eng.Resume(t.Context()); err != nil {
					t.Fatal(err)
				}
				job = enginetest.Wait(t, eng, job.ID)
				const want = "00000.txt: the files of this service cannot be read or written now"
				if job.Error == nil || job.Error.Message != want || job.Error.Class != codec.Transient {
					t.Errorf("got %+v, want %q", job.Error, want)
				}
				if !strings.Contains(log.String(), "node-7.internal") {
					t.Errorf("the cause is not in the log: %s", log.String())
				}
			})
		})
	}
}

// remote is a storage whose writers cannot seek and read, as one elsewhere.
type remote struct{ storage.Storage }

func (r remote) Create(ctx context.Context, key string) (storage.Writer, error) {
	w, err := r.Storage.Create(ctx, key)
	return struct{ storage.Writer }{w}, err
}

// A Submit that fails takes its inputs along, whichever call of the storage fails.
func TestASubmitThatFailsLeavesNoInput(t *testing.T) {
	for _, method := range []string{
		"Storage.Create", "Writer.Write", "Writer.Commit", "Storage.Open", "Blob.ReadAt",
	} {
		for _, after := range []bool{false, true} {
			// Of the second input: the first is stored already.
			moment := enginetest.Call{Method: method, N: 2, After: after}
			t.Run(moment.String(), func(t *testing.T) {
				blobs := memstorage.New()
				faults := &enginetest.Faults{At: func(c enginetest.Call) error {
					if c == moment {
						return enginetest.ErrUnreachable
					}
					return nil
				}}
				eng := enginetest.Open(t, engine.Config{
					Storage: &enginetest.FaultyStorage{Storage: remote{blobs}, Faults: faults},
					Workers: -1, Codecs: []codec.Codec{&enginetest.Codec{}},
				})
				_, err := eng.Submit(t.Context(), batch(2))
				if !errors.Is(err, enginetest.ErrUnreachable) {
					t.Errorf("got %v, want the fault", err)
				}
				if left := keys(t, blobs, ""); len(left) > 0 {
					t.Errorf("left in storage: %v", left)
				}
			})
		}
	}
}

// A disk that is full in the middle of a blob, at each write of a life: Submit
// refuses, or the file fails for a reason that can be read.
func TestADiskThatIsFullLeavesNothingBehind(t *testing.T) {
	for n := 1; n <= 4; n++ { // two inputs and their outputs
		t.Run(fmt.Sprint("write ", n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { fillDisk(t, n) })
		})
	}
}

// fillDisk lives the life of a job of two files on a disk that is full at the
// n-th write.
func fillDisk(t *testing.T, n int) {
	dir := t.TempDir()
	files, err := filestorage.Open(dir, filestorage.Config{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	jobs := memstore.New()
	defer jobs.Close()
	full := enginetest.Call{Method: "Writer.Write", N: n, After: true}
	faults := &enginetest.Faults{At: func(c enginetest.Call) error {
		if c == full {
			return enginetest.ErrDiskFull
		}
		return nil
	}}
	eng := enginetest.Open(t, engine.Config{
		Store: jobs, Storage: &enginetest.FaultyStorage{Storage: files, Faults: faults},
		Workers: 1, Retain: -1, MaxAttempts: 1, Logger: slog.New(slog.DiscardHandler),
	})
	job, err := eng.Submit(t.Context(), batch(2))
	if refused := n <= 2; refused != errors.Is(err, syscall.ENOSPC) {
		t.Errorf("submit: got %v", err)
	}
	if err == nil {
		enginetest.Wait(t, eng, job.ID)
		for _, f := range enginetest.Files(t, eng, job.ID) {
			says := f.Name + ": there is no space left on the disk"
			if f.Status != engine.Completed && (f.Error == nil || f.Error.Message != says) {
				t.Errorf("%s is %s: %v, want it completed or %q", f.Name, f.Status, f.Error, says)
			}
		}
	}
	err = rest(t.Context(), jobs)
	books, e := enginetest.ReadBooks(t.Context(), jobs, files)
	if err := errors.Join(err, e, books.Check()); err != nil {
		t.Error(err)
	}
	checkEmpty(t, filepath.Join(dir, "tmp"))
}

// A damaged file of jobs is refused untouched, or what can be read of it can be
// read; nothing panics.
func TestADamagedStoreIsAnErrorNotAPanic(t *testing.T) {
	sound := soundStore(t)
	opened, refused := 0, 0
	for seed := range uint64(40) {
		path := filepath.Join(t.TempDir(), "jobs.db")
		b := damage(sound, seed)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		jobs, err := boltstore.Open(path, boltstore.Config{NoSync: true})
		if err == nil {
			opened++
			readDamaged(t, jobs)
			continue
		}
		refused++
		if !errors.Is(err, boltstore.ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("seed %d: got %v, want ErrDamaged with the path", seed, err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, b) {
			t.Errorf("seed %d: the file was changed (%v)", seed, err)
		}
	}
	t.Logf("%d of 40 damaged files were refused", refused)
	if opened == 0 || refused == 0 {
		t.Errorf("%d files were opened and %d refused, want some of each", opened, refused)
	}
}

// soundStore returns the bytes of a store with jobs that have ended and jobs
// that wait.
func soundStore(t *testing.T) []byte {
	path := filepath.Join(t.TempDir(), "jobs.db")
	jobs, err := boltstore.Open(path, boltstore.Config{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	blobs := memstorage.New()
	for _, workers := range []int{1, -1} {
		eng, err := engine.Open(engine.Config{
			Store: jobs, Storage: blobs, Workers: workers, Codecs: []codec.Codec{&enginetest.Codec{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			job := enginetest.Submit(t, eng, batch(20))
			if workers > 0 {
				enginetest.Wait(t, eng, job.ID)
			}
		}
		if err := eng.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := jobs.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// damage returns a copy that was cut off, has a page of zeroes or of noise, or
// single wrong bytes.
func damage(b []byte, seed uint64) []byte {
	const page = 4096
	r := rand.New(rand.NewPCG(seed, 0))
	b = bytes.Clone(b)
	at := r.IntN(len(b)/page) * page
	switch seed % 4 {
	case 0:
		return b[:at+r.IntN(page)]
	case 1:
		clear(b[at : at+page])
	case 2:
		for i := at; i < at+page; i++ {
			b[i] = byte(r.Uint32())
		}
	case 3:
		for range 20 {
			b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		}
	}
	return b
}

// readDamaged reads all that there is. Errors are fine. It writes nothing: a host
// that reads an ErrDamaged stops.
func readDamaged(t *testing.T, jobs *boltstore.Store) {
	defer jobs.Close()
	eng, err := engine.Open(engine.Config{
		Store: jobs, Workers: -1, Logger: slog.New(slog.DiscardHandler),
		Codecs: []codec.Codec{&enginetest.Codec{}},
	})
	if err != nil {
		return
	}
	defer eng.Close(t.Context())
	for job, err := range eng.List(t.Context(), engine.Query{}) {
		if err != nil {
			break
		}
		files := 0
		for _, err := range eng.Files(t.Context(), job.ID) {
			if files++; files > job.Total {
				t.Log("open finding: Files of a damaged store go round in circles")
				break
			}
			if err != nil {
				break
			}
		}
	}
}

// Subscribers that never read cost no memory, and nobody else's time.
func TestSubscribersThatNeverReadHoldNobodyUp(t *testing.T) {
	const files, stuck = 600, 50
	jobs, err := boltstore.Open(
		filepath.Join(t.TempDir(), "jobs.db"), boltstore.Config{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer jobs.Close()
	eng, err := engine.Open(engine.Config{
		Store: jobs, Storage: memstorage.New(), Workers: 4,
		Codecs: []codec.Codec{&enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			for i := range 20 {
				w.Report(float64(i) / 20)
			}
			return enginetest.Write(ctx, w, "o.png", []byte("o"))
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var subscribers, begun sync.WaitGroup
	release := make(chan struct{})
	for range stuck {
		begun.Add(1)
		subscribers.Go(func() {
			for range eng.Subscribe(t.Context(), engine.Filter{}) {
				begun.Done()
				<-release
				return
			}
		})
	}
	enginetest.Wait(t, eng, enginetest.Submit(t, eng, batch(1)).ID)
	begun.Wait()
	before := heap()
	job := enginetest.Submit(t, eng, batch(files))
	ends := 0
	for event, err := range eng.Subscribe(t.Context(), engine.Filter{Job: job.ID}) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Kind == engine.FileCompleted {
			ends++
		}
	}
	if ends != files {
		t.Errorf("another subscriber saw %d of %d files end", ends, files)
	}
	// Each event that a subscriber keeps is some 200 bytes, and there were three
	// for a file.
	if grown := heap() - before; grown > stuck*files*100 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	close(release)
	subscribers.Wait()
	if err := eng.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// heap returns the bytes that are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// 10,000 Submits at once, of which a tenth repeat ten keys, make as many jobs as
// there are requests, and cost what their goroutines and inputs cost.
func TestTenThousandSubmitsAtOnceAreAcceptedOnceEach(t *testing.T) {
	const submits, keyed, distinct = 10_000, 1000, 10
	blobs := memstorage.New()
	eng := enginetest.Open(t, engine.Config{
		Storage: blobs, Workers: -1, Codecs: []codec.Codec{&enginetest.Codec{}},
	})
	peak := watchHeap(t)
	ids := make([]string, submits)
	var submitters sync.WaitGroup
	start := make(chan struct{})
	for s := range submitters10k {
		submitters.Go(func() {
			<-start
			for i := s; i < submits; i += submitters10k {
				r := batch(1)
				r.Account = fmt.Sprint("account-", i%7)
				if i < keyed {
					r.Account, r.IdempotencyKey = "keyed", fmt.Sprint("key-", i%distinct)
				}
				job, err := eng.Submit(t.Context(), r)
				if err != nil {
					t.Errorf("submit %d: %v", i, err)
					return
				}
				ids[i] = job.ID
			}
		})
	}
	close(start)
	submitters.Wait()
	want := make(map[string]bool)
	for i, id := range ids {
		if i < keyed && id != ids[i%distinct] {
			t.Errorf("submit %d of key %d gave job %s, another gave %s", i, i%distinct, id, ids[i%distinct])
		}
		want[id] = true
	}
	if len(want) != submits-keyed+distinct {
		t.Errorf("%d jobs, want %d", len(want), submits-keyed+distinct)
	}
	made := 0
	for job, err := range eng.List(t.Context(), engine.Query{}) {
		if err != nil || !want[job.ID] {
			t.Fatalf("job %s was made and nobody was told (%v)", job.ID, err)
		}
		made++
	}
	if inputs := len(keys(t, blobs, "in/")); made != len(want) || inputs != len(want) {
		t.Errorf("there are %d jobs and %d inputs, want %d", made, inputs, len(want))
	}
	most := peak()
	t.Logf("the heap grew to %d MiB", most>>20)
	if most > 256<<20 {
		t.Error("that is more than 25 KiB for a Submit")
	}
}

// watchHeap returns a function that stops watching and returns the most bytes of
// heap that were in use.
func watchHeap(t *testing.T) (stop func() uint64) {
	done, peak := make(chan struct{}), make(chan uint64, 1)
	go func() {
		samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for most := uint64(0); ; {
			metrics.Read(samples)
			most = max(most, samples[0].Value.Uint64())
			select {
			case <-done:
				peak <- most
				return
			case <-tick.C:
			}
		}
	}()
	stop = sync.OnceValue(func() uint64 {
		close(done)
		return <-peak
	})
	t.Cleanup(func() { stop() })
	return stop
}

package engine_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store/memstore"
)

// members returns the members of the archive by name, after reading all of it.
func members(t *testing.T, eng *engine.Engine, job engine.Job) map[string]string {
	t.Helper()
	if job.Archive == nil {
		t.Fatalf("the job is %s: %v, and has no archive", job.Status, job.Error)
	}
	b := enginetest.Read(t, eng, *job.Archive)
	if int64(len(b)) != job.Archive.Size {
		t.Errorf("the archive has %d bytes, its record says %d", len(b), job.Archive.Size)
	}
	all := make(map[string]string)
	add := func(name string, r io.Reader) {
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("member %s: %v", name, err)
		}
		if _, taken := all[name]; taken {
			t.Errorf("there are two members %q", name)
		}
		all[name] = string(content)
	}
	if job.Archive.Type == "application/x-tar" {
		for r := tar.NewReader(bytes.NewReader(b)); ; {
			h, err := r.Next()
			if err == io.EOF {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			add(h.Name, r)
		}
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		add(f.Name, r) // reading to the end checks the CRC
	}
	return all
}

// checkMembers checks that the archive holds what is wanted and no more.
func checkMembers(t *testing.T, eng *engine.Engine, job engine.Job, want map[string]string) {
	t.Helper()
	got := members(t, eng, job)
	if maps.Equal(got, want) {
		return
	}
	t.Errorf("members are %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	for name, content := range want {
		if got[name] != content {
			t.Errorf("%s has %d bytes, want %d", name, len(got[name]), len(content))
		}
	}
}

// archived is a request for an archive of the inputs.
func archived(format string, inputs ...engine.Input) engine.Request {
	return engine.Request{Inputs: inputs, Operation: toPNG, Archive: format}
}

func TestArchiveHoldsAllOutputs(t *testing.T) {
	long := strings.Repeat("0123456789", 100_000)
	for format, mediaType := range map[string]string{
		engine.ArchiveZip: "application/zip", engine.ArchiveTar: "application/x-tar",
	} {
		t.Run(format, func(t *testing.T) {
			eng := enginetest.Open(t, engine.Config{})
			job := enginetest.Submit(t, eng, archived(format,
				text("a.txt", "first"), text("a.txt", "second"), text("A.txt", "third"),
				text("empty.txt", ""), text("größe 漢字.txt", "fourth"), text("long.txt", long),
				text("binary.txt", "\x00\xff"), text(strings.Repeat("n", 190)+".txt", "fifth"),
			))
			if job.Archive != nil {
				t.Error("there is an archive before there is an output")
			}
			job = enginetest.Wait(t, eng, job.ID)
			if job.Status != engine.Failed || job.Failed != 2 || job.Error.Message != "2 of 8 files failed" {
				t.Errorf("job is %s: %v", job.Status, job.Error)
			}
			if a := job.Archive; a == nil || a.Name != job.ID+"."+format || a.Type != mediaType ||
				len(a.SHA256) != 64 {
				t.Errorf("the archive is %+v", a)
			}
			checkMembers(t, eng, job, map[string]string{
				"a.png": "first", "a (2).png": "second", "A (3).png": "third",
				"größe 漢字.png": "fourth", "long.png": long, strings.Repeat("n", 190) + ".png": "fifth",
			})
		})
	}
}

func TestArchiveHoldsTheOutputsOfAManifest(t *testing.T) {
	const n = 200
	want := make(map[string]string)
	for i := range n {
		want[fmt.Sprintf("%03d.png", i)] = fmt.Sprint(i)
	}
	eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{&enginetest.Codec{
		Do: func(ctx context.Context, w *codec.Work) error {
			for name, content := range want {
				if err := enginetest.Write(ctx, w, name, []byte(content)); err != nil {
					return err
				}
			}
			return nil
		},
	}}})
	job := enginetest.Submit(t, eng, archived(engine.ArchiveZip, text("a.txt", "a")))
	checkMembers(t, eng, enginetest.Wait(t, eng, job.ID), want)
}

func TestArchiveIsNotMadeOfNothing(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{})
	job := enginetest.Submit(t, eng, archived(engine.ArchiveZip, text("empty.txt", "")))
	job = enginetest.Wait(t, eng, job.ID)
	if job.Status != engine.Failed || job.Archive != nil {
		t.Errorf("job is %s with archive %+v", job.Status, job.Archive)
	}
	_, err := eng.Submit(t.Context(), archived("rar", text("a.txt", "a")))
	if !errors.Is(err, engine.ErrBadRequest) {
		t.Errorf("an archive of no known format: got %v, want ErrBadRequest", err)
	}
}

// gate is a storage that holds up, or fails, what is done with archives.
type gate struct {
	*memstorage.Storage
	create func(ctx context.Context, n int64) error // of the nth archive, from 1
	write  func(n int64) error                      // to it

	n atomic.Int64
}

func (g *gate) Create(ctx context.Context, key string) (storage.Writer, error) {
	if !strings.HasPrefix(key, "archive/") {
		return g.Storage.Create(ctx, key)
	}
	n := g.n.Add(1)
	if g.create != nil {
		if err := g.create(ctx, n); err != nil {
			return nil, err
		}
	}
	w, err := g.Storage.Create(ctx, key)
	if err != nil || g.write == nil {
		return w, err
	}
	return gateWriter{w, func() error { return g.write(n) }}, nil
}

type gateWriter struct {
	storage.Writer
	write func() error
}

func (w gateWriter) Write(p []byte) (int, error) {
	if err := w.write(); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}

func TestArchiveIsMadeBeforeTheJobCompletes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		blobs := &gate{Storage: memstorage.New(), create: func(context.Context, int64) error {
			<-open
			return nil
		}}
		eng := enginetest.Open(t, engine.Config{Storage: blobs})
		job := enginetest.Submit(t, eng, archived(engine.ArchiveTar, text("a.txt", "a"), text("b.txt", "b")))
		synctest.Wait()
		now, err := eng.Status(t.Context(), job.ID)
		if err != nil || now.Status != engine.Processing || now.Completed != 2 || now.Archive != nil {
			t.Errorf("while it is archived: %+v, %v", now, err)
		}
		if got := eng.Activities(); len(got) != 1 || got[0].Kind != "archive" || got[0].File != -1 {
			t.Errorf("activities: %+v", got)
		}
		close(open)
		job = enginetest.Wait(t, eng, job.ID)
		if job.Status != engine.Completed {
			t.Errorf("job is %s: %v", job.Status, job.Error)
		}
		checkMembers(t, eng, job, map[string]string{"a.png": "a", "b.png": "b"})
		all := kinds(t, eng, job.ID)
		if all[len(all)-1] != engine.CompletedJob || count(all, engine.CompletedJob) != 1 {
			t.Errorf("events: %v", all)
		}
		if err := eng.Delete(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // of the bubble
		synctest.Wait()
		if got := keys(t, blobs, ""); len(got) != 0 {
			t.Errorf("left after Delete: %v", got)
		}
	})
}

func TestArchiveIsTriedAgainAfterAFaultOfStorage(t *testing.T) {
	fault := errors.New("the disk is on fire")
	once := func(n int64) error {
		if n == 1 {
			return fault
		}
		return nil
	}
	for name, blobs := range map[string]*gate{
		"create": {create: func(_ context.Context, n int64) error { return once(n) }},
		"write":  {write: once},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				blobs.Storage = memstorage.New()
				eng := enginetest.Open(t, engine.Config{Storage: blobs, Backoff: soon})
				job := enginetest.Submit(t, eng, archived(engine.ArchiveZip, text("a.txt", "a")))
				job = enginetest.Wait(t, eng, job.ID)
				if job.Status != engine.Completed || blobs.n.Load() != 2 {
					t.Errorf("job is %s: %v, after %d attempts", job.Status, job.Error, blobs.n.Load())
				}
				checkMembers(t, eng, job, map[string]string{"a.png": "a"})
				synctest.Wait()
				if got := keys(t, blobs, "archive/"); len(got) != 1 {
					t.Errorf("archives in storage: %v, want one", got)
				}
			})
		})
	}
}

func TestArchiveThatCannotBeMadeFailsTheJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := true
		blobs := &gate{Storage: memstorage.New(), write: func(int64) error {
			if broken {
				return errors.New("the disk is on fire")
			}
			return nil
		}}
		eng := enginetest.Open(t, engine.Config{Storage: blobs, Backoff: soon, MaxAttempts: 3})
		job := enginetest.Submit(t, eng, archived(engine.ArchiveZip, text("a.txt", "a")))
		job = enginetest.Wait(t, eng, job.ID)
		if job.Status != engine.Failed || job.Archive != nil || job.Completed != 1 || blobs.n.Load() != 3 ||
			!strings.Contains(job.Error.Message, "archive: ") {
			t.Errorf("job is %s: %v, after %d attempts", job.Status, job.Error, blobs.n.Load())
		}
		synctest.Wait()
		if got := keys(t, blobs, "archive/"); len(got) != 0 {
			t.Errorf("left in storage: %v", got)
		}
		broken = false
		if err := eng.Retry(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		job = enginetest.Wait(t, eng, job.ID)
		if job.Status != engine.Completed {
			t.Errorf("run 2 is %s: %v", job.Status, job.Error)
		}
		checkMembers(t, eng, job, map[string]string{"a.png": "a"})
	})
}

func TestArchiveOfTheNextRunHoldsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := true
		fake := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			if bad && w.In[0].Name() == "b.txt" {
				return codec.Errorf(codec.Invalid, "bad")
			}
			return enginetest.Write(ctx, w, w.In[0].Name()+".png", []byte(w.In[0].Name()))
		}}
		blobs := memstorage.New()
		eng := enginetest.Open(t, engine.Config{Storage: blobs, Codecs: []codec.Codec{fake}})
		job := enginetest.Submit(t, eng, archived(engine.ArchiveZip,
			text("a.txt", "a"), text("b.txt", "b"), text("c.txt", "c")))
		job = enginetest.Wait(t, eng, job.ID)
		checkMembers(t, eng, job, map[string]string{"a.txt.png": "a.txt", "c.txt.png": "c.txt"})
		bad = false
		if err := eng.Retry(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		job = enginetest.Wait(t, eng, job.ID)
		if job.Status != engine.Completed || job.Run != 2 {
			t.Errorf("run %d is %s: %v", job.Run, job.Status, job.Error)
		}
		checkMembers(t, eng, job, map[string]string{
			"a.txt.png": "a.txt", "b.txt.png": "b.txt", "c.txt.png": "c.txt",
		})
		time.Sleep(time.Minute) // of the bubble
		synctest.Wait()
		if got := keys(t, blobs, "archive/"); len(got) != 1 {
			t.Errorf("archives in storage: %v, want that of the second run alone", got)
		}
	})
}

func TestArchiveIsInterruptedByCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := &gate{Storage: memstorage.New(), create: func(ctx context.Context, n int64) error {
			if n > 1 {
				return nil
			}
			<-ctx.Done()
			return context.Cause(ctx)
		}}
		eng := enginetest.Open(t, engine.Config{Storage: blobs})
		job := enginetest.Submit(t, eng, archived(engine.ArchiveZip, text("a.txt", "a")))
		synctest.Wait()
		if err := eng.Cancel(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		job = enginetest.Wait(t, eng, job.ID)
		time.Sleep(time.Minute) // of the bubble
		synctest.Wait()
		if job.Status != engine.Cancelled || job.Archive != nil || blobs.n.Load() != 1 {
			t.Errorf("job is %s with archive %+v after %d attempts", job.Status, job.Archive, blobs.n.Load())
		}
		if got := eng.Activities(); len(got) != 0 {
			t.Errorf("activities: %+v", got)
		}
		if got := keys(t, blobs, "archive/"); len(got) != 0 {
			t.Errorf("left in storage: %v", got)
		}
		if err := eng.Retry(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		job = enginetest.Wait(t, eng, job.ID)
		if job.Status != engine.Completed {
			t.Errorf("run 2 is %s: %v", job.Status, job.Error)
		}
		checkMembers(t, eng, job, map[string]string{"a.png": "a"})
	})
}

func TestArchiveSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := memstore.New()
		t.Cleanup(func() { jobs.Close() })
		blobs := &gate{Storage: memstorage.New(), create: func(ctx context.Context, n int64) error {
			if n > 1 {
				return nil
			}
			<-ctx.Done()
			return context.Cause(ctx)
		}}
		config := engine.Config{
			Store: jobs, Storage: blobs, Codecs: []codec.Codec{&enginetest.Codec{}}, MaxAttempts: 1,
		}
		first, err := engine.Open(config)
		if err != nil {
			t.Fatal(err)
		}
		job := enginetest.Submit(t, first, archived(engine.ArchiveZip, text("a.txt", "a")))
		synctest.Wait()
		closeNow(t, first)
		second := enginetest.Open(t, config)
		job = enginetest.Wait(t, second, job.ID)
		if job.Status != engine.Completed {
			t.Errorf("job is %s: %v", job.Status, job.Error)
		}
		checkMembers(t, second, job, map[string]string{"a.png": "a"})
	})
}

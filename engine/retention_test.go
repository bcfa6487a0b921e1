package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
)

func TestJobsGoWithAllTheirBlobsWhenTheirTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := memstorage.New()
		put(t, blobs, "library/of-the-host", "")
		eng := enginetest.Open(t, engine.Config{
			Storage: blobs, Retain: 10 * time.Minute,
			Codecs: []codec.Codec{&enginetest.Codec{From: []string{"text/plain", codec.Unknown}}},
		})
		submit := func(key string, retain time.Duration) engine.Job {
			r := batch(3)
			r.Inputs = append(r.Inputs, engine.FromStorage("library/of-the-host"))
			r.IdempotencyKey, r.Retain = key, retain
			return enginetest.Wait(t, eng, enginetest.Submit(t, eng, r).ID)
		}
		short, normal, ever := submit("short", time.Minute), submit("normal", 0), submit("ever", -1)
		gone := func(job engine.Job) bool {
			_, err := eng.Status(t.Context(), job.ID)
			return errors.Is(err, engine.ErrNotFound)
		}
		time.Sleep(2 * time.Minute) // of the bubble
		if !gone(short) || gone(normal) || gone(ever) {
			t.Errorf("after 2 min: gone are %v, %v, %v", gone(short), gone(normal), gone(ever))
		}
		time.Sleep(10 * time.Minute)
		if !gone(normal) || gone(ever) {
			t.Errorf("after 12 min: gone are %v, %v", gone(normal), gone(ever))
		}
		if got := len(keys(t, blobs, "in/")) + len(keys(t, blobs, "out/")); got != 3+3 {
			t.Errorf("%d blobs are left, want those of one job; %v", got, keys(t, blobs, ""))
		}
		if len(keys(t, blobs, "library/")) != 1 {
			t.Error("the host's own blob went")
		}
		if again := submit("short", 0); again.ID == short.ID {
			t.Error("the key outlives its job")
		}
	})
}

func TestDeleteIsSeenAtOnceAndStopsWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := memstorage.New()
		release := make(chan struct{})
		eng := enginetest.Open(t, engine.Config{Storage: blobs, Workers: 1, Codecs: []codec.Codec{
			&enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
				if err := enginetest.Write(ctx, w, "half.png", []byte("h")); err != nil {
					return err
				}
				<-ctx.Done()
				<-release
				return ctx.Err()
			}},
		}})
		job := enginetest.Submit(t, eng, batch(5))
		synctest.Wait()
		if err := eng.Delete(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		for what, err := range map[string]error{
			"status": second(eng.Status(t.Context(), job.ID)),
			"file":   second(eng.File(t.Context(), job.ID, 0)),
			"wait":   second(eng.Wait(t.Context(), job.ID)),
			"cancel": eng.Cancel(t.Context(), job.ID),
			"retry":  eng.Retry(t.Context(), job.ID),
			"delete": eng.Delete(t.Context(), job.ID),
		} {
			if !errors.Is(err, engine.ErrNotFound) {
				t.Errorf("%s of a deleted job: %v", what, err)
			}
		}
		for range eng.List(t.Context(), engine.Query{}) {
			t.Error("the deleted job is listed")
		}
		time.Sleep(time.Minute) // of the bubble
		close(release)
		time.Sleep(time.Minute)
		if left := keys(t, blobs, ""); len(left) > 0 {
			t.Errorf("left in storage: %v", left)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestSweepRemovesWhatNobodyOwns(t *testing.T) {
	blobs := memstorage.New()
	eng := enginetest.Open(t, engine.Config{Storage: blobs})
	job := enginetest.Wait(t, eng, enginetest.Submit(t, eng, batch(3)).ID)
	for _, key := range []string{
		"in/dead/no-job/0", "out/no-job/0/1/a.png", "out/no-job/7/1/b.png",
		"fetch/no-job/0/1/input", "archive/no-job/1/no-job.zip",
	} {
		put(t, blobs, key, "")
	}
	n, err := eng.Sweep(t.Context())
	if err != nil || n != 5 {
		t.Errorf("swept %d blobs, %v, want 5", n, err)
	}
	if got := keys(t, blobs, ""); len(got) != 6 {
		t.Errorf("left are %v, want those of job %s", got, job.ID)
	}
}

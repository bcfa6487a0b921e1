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

// TestWhatAFailedAttemptWroteIsSwept also shows that a codec that forgets its
// writers leaves nothing.
func TestWhatAFailedAttemptWroteIsSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := memstorage.New()
		eng := enginetest.Open(t, engine.Config{Storage: blobs, Codecs: []codec.Codec{&enginetest.Codec{
			Do: func(ctx context.Context, w *codec.Work) error {
				if err := enginetest.Write(ctx, w, "first.png", []byte("whole")); err != nil {
					return err
				}
				if _, err := w.Out.Create(ctx, codec.OutSpec{Name: "second.png"}); err != nil {
					return err
				}
				return codec.Errorf(codec.Invalid, "broken")
			},
		}}})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		})
		enginetest.Wait(t, eng, job.ID)
		synctest.Wait()
		if left := keys(t, blobs, "out/"); len(left) > 0 {
			t.Errorf("left in storage: %v", left)
		}
	})
}

func TestCancelIsSeenAtOnceAndTheSlotIsCountedUntilTheCallReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := memstorage.New()
		release := make(chan struct{})
		interrupted := make(chan struct{})
		fake := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			if w.In[0].Name() == "next.txt" {
				return enginetest.Write(ctx, w, "next.png", []byte("n"))
			}
			<-ctx.Done()
			close(interrupted)
			<-release // a library that takes its time
			// It even commits an output after the cancel.
			if err := enginetest.Write(context.WithoutCancel(ctx), w, "late.png", []byte("late")); err != nil {
				return err
			}
			return nil
		}}
		eng := enginetest.Open(t, engine.Config{Storage: blobs, Workers: 1, Codecs: []codec.Codec{fake}})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a"), text("b.txt", "b")}, Operation: toPNG,
		})
		synctest.Wait()
		if err := eng.Cancel(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		job = enginetest.Wait(t, eng, job.ID)
		if job.Status != engine.Cancelled || job.Ended.IsZero() {
			t.Errorf("job after cancel: %+v", job)
		}
		<-interrupted
		next := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("next.txt", "n")}, Operation: toPNG,
		})
		time.Sleep(time.Minute) // of the bubble: every timer has fired
		synctest.Wait()
		if got := fake.Calls(); got != 1 {
			t.Errorf("%d calls run with one worker", got)
		}
		close(release)
		if next = enginetest.Wait(t, eng, next.ID); next.Status != engine.Completed {
			t.Errorf("next job is %s", next.Status)
		}
		synctest.Wait()
		if got := fake.Calls(); got != 2 {
			t.Errorf("%d calls in all, want 2: the pending file was taken up", got)
		}
		for _, f := range enginetest.Files(t, eng, job.ID) {
			if f.Status != engine.Cancelled || len(f.Outputs) > 0 {
				t.Errorf("file %d after cancel: %+v", f.Index, f)
			}
		}
		if left := keys(t, blobs, "out/"+job.ID); len(left) > 0 {
			t.Errorf("left in storage: %v", left)
		}
		if err := eng.Cancel(t.Context(), job.ID); err != nil {
			t.Errorf("cancelling again: %v", err)
		}
		if err := eng.Cancel(t.Context(), next.ID); !errors.Is(err, engine.ErrEnded) {
			t.Errorf("cancelling a completed job: got %v, want ErrEnded", err)
		}
		if err := eng.Cancel(t.Context(), "no-such-job"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("cancelling a missing job: got %v, want ErrNotFound", err)
		}
	})
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/filestorage"
	"github.com/spoolmedia/spool/store/boltstore"
)

// inputKey is a blob that all jobs may refer to.
const inputKey = "library/small.jpg"

// small is an upload of 20 KiB that looks like a picture.
var small = append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01"), make([]byte, 20<<10-13)...)

// setup is how a spool is opened.
type setup struct {
	workers int  // 0: none
	noSync  bool // of the store
	nowhere bool // forget outputs
	do      func(ctx context.Context, w *codec.Work) error
}

// spool is an engine on a folder, with its backends.
type spool struct {
	*engine.Engine
	jobs  *boltstore.Store
	files *filestorage.Storage
}

func openSpool(dir string, s setup) (_ *spool, err error) {
	jobs, err := boltstore.Open(filepath.Join(dir, "jobs.db"), boltstore.Config{NoSync: s.noSync})
	if err != nil {
		return nil, err
	}
	files, err := filestorage.Open(filepath.Join(dir, "files"), filestorage.Config{})
	if err != nil {
		return nil, errors.Join(err, jobs.Close())
	}
	sp := &spool{jobs: jobs, files: files}
	if err := sp.putInput(); err != nil {
		return nil, errors.Join(err, sp.closeBackends())
	}
	config := engine.Config{
		Store: jobs, Storage: files, Codecs: []codec.Codec{fake{s.do}}, Workers: s.workers,
	}
	if s.workers == 0 {
		config.Workers = -1
	}
	if s.nowhere {
		config.Storage = nowhere{files}
	}
	if sp.Engine, err = engine.Open(config); err != nil {
		return nil, errors.Join(err, sp.closeBackends())
	}
	return sp, nil
}

// putInput stores the blob that jobs refer to, unless it is there.
func (s *spool) putInput() error {
	w, err := s.files.Create(context.Background(), inputKey)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(small); err != nil {
		return err
	}
	if _, err = w.Commit(); errors.Is(err, storage.ErrExist) {
		return nil
	}
	return err
}

func (s *spool) closeBackends() error { return errors.Join(s.jobs.Close(), s.files.Close()) }

// Close lets what runs come to its end.
func (s *spool) Close() error {
	return errors.Join(s.Engine.Close(context.Background()), s.closeBackends())
}

// request is a job with an input under that name.
func request(name string, in engine.Input) engine.Request {
	in.Name = name
	return engine.Request{
		Inputs: []engine.Input{in}, Operation: codec.Convert{Format: "webp", Quality: 82},
	}
}

// referring submits a job whose input is in storage already.
func (s *spool) referring(ctx context.Context, name string) (engine.Job, error) {
	return s.Engine.Submit(ctx, request(name, engine.FromStorage(inputKey)))
}

// contending is a spool in a contest.
type contending struct {
	*spool
	input func() engine.Input
	done  atomic.Int64
}

// Submit implements [running].
func (c *contending) Submit(ctx context.Context, number int) error {
	_, err := c.Engine.Submit(ctx, request(fmt.Sprintf("%08d.jpg", number), c.input()))
	return err
}

// Wait implements [running].
func (c *contending) Wait(ctx context.Context, n int) error {
	err := until(ctx, func() (bool, error) { return c.done.Load() >= int64(n), nil })
	if err != nil {
		return err
	}
	return c.wait(ctx)
}

// wait returns when no job is left to be done, and none has failed.
func (s *spool) wait(ctx context.Context) error {
	return until(ctx, func() (bool, error) {
		n, err := s.Stats(ctx, "")
		if err == nil && n.Failed > 0 {
			err = errors.New("spool: a job failed")
		}
		return n.Pending+n.Processing == 0, err
	})
}

// inline is an input that comes with its job.
func inline() engine.Input { return engine.FromReader("small.jpg", bytes.NewReader(small)) }

// interrupt closes a spool whose work never ends.
func (s *spool) interrupt() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return errors.Join(s.Engine.Close(ctx), s.closeBackends())
}

package crashtest

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/filestorage"
	"github.com/spoolmedia/spool/store"
)

// telling is what a callback tells of.
type telling struct{ job, run, event string }

// checkTold holds the callbacks of the ledger against those that were received.
func (b *books) checkTold(lines [][]string, received map[string]int) error {
	var errs []error
	for _, n := range received {
		b.report.Received += n
	}
	for _, words := range lines {
		if words[0] != told {
			continue
		}
		id, status := words[1], engine.DeliveryStatus(words[5])
		b.told[telling{words[2], words[3], words[4]}] = id
		b.report.Callbacks++
		if status != engine.DeliveryDelivered || received[id] == 0 {
			errs = append(errs, fmt.Errorf("callback %s of job %s, %s of run %s, is %s and was received %d times",
				id, words[2], words[4], words[3], status, received[id]))
		}
	}
	return errors.Join(errs...)
}

// checkCallbacks returns an error if the submitter was not told of something that
// happened to the job.
func (b *books) checkCallbacks(e enginetest.Entry) error {
	if !calledBack(b.numbers[e.ID]) {
		return nil
	}
	var errs []error
	for _, event := range e.Events {
		kind := engine.EventKind(event.Kind)
		if kind != engine.Started && !kind.Terminal() {
			continue
		}
		if b.told[telling{e.ID, fmt.Sprint(event.Run), event.Kind}] == "" {
			errs = append(errs, fmt.Errorf("nobody was told of %s of run %d", event.Kind, event.Run))
		}
	}
	return errors.Join(errs...)
}

// checkArchives opens each archive and holds it against the outputs of its job.
func (p *parent) checkArchives(ctx context.Context, b enginetest.Books) error {
	blobs, err := filestorage.Open(p.folder.blobs(), filestorage.Config{})
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range b.Entries {
		if e.State.Archive == nil {
			continue
		}
		p.report.Archives++
		if err := checkArchive(ctx, blobs, e); err != nil {
			errs = append(errs, fmt.Errorf("job %s: its archive: %w", e.ID, err))
		}
	}
	return errors.Join(append(errs, blobs.Close())...)
}

func checkArchive(ctx context.Context, blobs *filestorage.Storage, e enginetest.Entry) error {
	blob, err := blobs.Open(ctx, e.State.Archive.Key)
	if err != nil {
		return err
	}
	defer blob.Close()
	z, err := zip.NewReader(blob, blob.Info().Size)
	if err != nil {
		return err
	}
	var got, want []string
	for _, member := range z.File {
		sum, err := sumOf(member)
		if err != nil {
			return err
		}
		got = append(got, sum)
	}
	for _, f := range e.Files {
		if f.Status != store.Completed {
			continue
		}
		for _, o := range f.Outputs {
			want = append(want, o.SHA256)
		}
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("it has the members %v, want the outputs %v", got, want)
	}
	return nil
}

func sumOf(member *zip.File) (string, error) {
	r, err := member.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, r)
	return hex.EncodeToString(sum.Sum(nil)), err
}

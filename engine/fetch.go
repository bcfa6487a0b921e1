package engine

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strconv"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/internal/outbound"
	"github.com/spoolmedia/spool/store"
)

// doFetch gets the bytes of a file's inputs and commits where they are.
func (w worker) doFetch(ctx context.Context, c *claimed, rec record) {
	ctx, span := w.telemetry.start(ctx, "spool.fetch", c)
	in, lane, err := w.fetch(ctx, c, rec)
	span.end(err)
	w.conclude(ctx, c, err, func(tx *store.Tx, f finished) error {
		if f.err != nil {
			return c.claim().finish(tx, f, w.now())
		}
		return c.claim().fetched(tx, in, lane, rec.Priority)
	})
}

// fetch stores what the file's URLs hold, and finds out what that is.
func (e *Engine) fetch(
	ctx context.Context, c *claimed, rec record,
) (in []store.Source, lane string, err error) {
	sources := sourcesOf(c.file)
	for i := range sources {
		if !unfetched(sources[i]) {
			continue
		}
		key := blobPrefix(c.task.Ref, c.task.Token) + "input"
		if i > 0 {
			key += "-" + strconv.Itoa(i)
		}
		if err := e.fetchSource(ctx, &sources[i], key); err != nil {
			return nil, "", err
		}
	}
	offers, err := e.allOffers(ctx)
	if err != nil {
		return nil, "", err
	}
	f := c.file
	setSources(&f, sources)
	return sources, e.taskFor(f, rec, offers).Lane, nil
}

func (e *Engine) fetchSource(ctx context.Context, s *store.Source, key string) error {
	fetched, err := e.fetchInto(ctx, key, s.URL)
	if err != nil {
		return err
	}
	s.Name, s.Blob = cleanName(cmp.Or(s.Name, fetched.Name)), key
	s.Type, s.Size, err = e.sniff(ctx, key)
	return err
}

func (e *Engine) fetchInto(
	ctx context.Context, key, address string,
) (fetched outbound.Fetched, err error) {
	w, err := e.config.Storage.Create(ctx, key)
	if err != nil {
		return fetched, err
	}
	defer func() { err = errors.Join(err, w.Abort()) }() // does nothing after Commit
	if fetched, err = e.download(ctx, address, w); err != nil {
		return fetched, err
	}
	_, err = w.Commit()
	return fetched, err
}

// download writes what the address holds to w.
func (e *Engine) download(
	ctx context.Context, address string, w io.Writer,
) (outbound.Fetched, error) {
	fetched, err := e.outbound.Fetch(ctx, address, e.config.Outbound.MaxInput, w)
	if err != nil {
		e.config.Logger.Debug("spool: fetching an input", "error", outbound.Cause(err))
		return fetched, err
	}
	if fetched.Encoding != "" {
		return fetched, codec.Errorf(codec.Invalid,
			"the server sent the file compressed (%s), which it was not asked for", fetched.Encoding)
	}
	return fetched, nil
}

// fetchNow fetches an input into a temporary file, and gives it a name if it has
// none.
func (e *Engine) fetchNow(ctx context.Context, in *Input, dir string) (source, error) {
	f, err := os.CreateTemp(dir, "input-*")
	if err != nil {
		return source{}, err
	}
	fetched, err := e.download(ctx, in.url, f)
	if err != nil {
		return source{}, errors.Join(err, f.Close())
	}
	in.Name = cmp.Or(in.Name, fetched.Name)
	return sourceOf(f)
}

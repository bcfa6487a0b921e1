package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/archive"
	"github.com/spoolmedia/spool/codec/libav"
	"github.com/spoolmedia/spool/codec/pdf"
	"github.com/spoolmedia/spool/codec/vectorize"
	"github.com/spoolmedia/spool/codec/vips"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/storage/filestorage"
	"github.com/spoolmedia/spool/store/boltstore"
)

// host is the server and all that it stands on.
type host struct {
	server    *server
	engine    *engine.Engine
	store     *boltstore.Store
	storage   *filestorage.Storage
	generated string // the key, if the command line had none
}

// open opens what is in the folder of the options.
func open(o options, log *slog.Logger) (_ *host, err error) {
	h := new(host)
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close(context.Background()))
		}
	}()
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return h, err
	}
	keys, err := parseKeys(o.keys)
	if err != nil {
		return h, err
	}
	if len(keys) == 0 {
		if h.generated, err = savedToken(filepath.Join(o.data, "key")); err != nil {
			return h, err
		}
		keys.add("", h.generated)
	}
	secret, err := savedToken(filepath.Join(o.data, "secret"))
	if err != nil {
		return h, err
	}
	h.store, err = boltstore.Open(filepath.Join(o.data, "jobs.db"), boltstore.Config{})
	if err != nil {
		return h, err
	}
	h.storage, err = filestorage.Open(filepath.Join(o.data, "files"), filestorage.Config{})
	if err != nil {
		return h, err
	}
	codecs, policy := allCodecs(), codec.Policy{Untrusted: o.types}
	outbound := engine.Outbound{Allow: o.allow, Ports: append(o.ports, 80, 443, 8080, 8443)}
	h.engine, err = engine.Open(engine.Config{
		Store: h.store, Storage: h.storage, Codecs: codecs, Workers: o.workers,
		Policy: policy, Outbound: outbound, TempDir: o.data, Logger: log,
	})
	if err != nil {
		return h, err
	}
	h.server = newServer(config{
		engine: h.engine, codecs: codecs, policy: policy, keys: keys,
		secret: []byte(secret), base: o.base, limits: o.limits, log: log,
	})
	return h, nil
}

// allCodecs is what this server can do.
func allCodecs() []codec.Codec {
	images, films := vips.New(), libav.New()
	return []codec.Codec{images, films, pdf.New(), vectorize.New(), archive.New(images, films)}
}

// close ends the work and lets go of the folder.
func (h *host) close(ctx context.Context) error {
	var errs []error
	if h.engine != nil {
		errs = append(errs, h.engine.Close(ctx))
	}
	if h.storage != nil {
		errs = append(errs, h.storage.Close())
	}
	if h.store != nil {
		errs = append(errs, h.store.Close())
	}
	return errors.Join(errs...)
}

package crashtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/store"
)

// Requests are known by their numbers: everything about one, and what must come
// of it, follows from the number. Those from firstKeyed on have an idempotency
// key, and are submitted again and again.
const firstKeyed = 1 << 32

// numberLabel is the label that tells the number of a job.
const numberLabel = "number"

// accounts is how many there are.
const accounts = 5

// request returns the request with that number, for children of a parent whose site
// has that port.
func request(number uint64, port int) engine.Request {
	r := engine.Request{
		Account:   fmt.Sprint("account-", number%accounts),
		Priority:  int(number % 3),
		Labels:    map[string]string{numberLabel: strconv.FormatUint(number, 10)},
		Operation: codec.Convert{Format: "png"},
	}
	if number >= firstKeyed {
		r.IdempotencyKey = fmt.Sprint("key-", number)
	}
	if archived(number) {
		r.Archive = engine.ArchiveZip
	}
	if calledBack(number) {
		r.Callback = &engine.Callback{URL: hookURL(port), Secret: secret, Events: []engine.EventKind{
			engine.Started, engine.Progress,
			engine.CompletedJob, engine.FailedJob, engine.CancelledJob,
		}}
	}
	for i, f := range files(number) {
		in := engine.FromReader(f.name, strings.NewReader(f.content))
		if fetched(number, i) {
			in = engine.FromURL(inputURL(port, number, i))
			in.Name = f.name
		}
		r.Inputs = append(r.Inputs, in)
	}
	return r
}

// archived reports whether the outputs of a request are joined.
func archived(number uint64) bool { return number%5 == 2 }

// calledBack reports whether the site is told of a request.
func calledBack(number uint64) bool { return number%3 == 0 }

// fetched reports whether that input of a request comes from the site.
func fetched(number uint64, index int) bool { return number%4 == 1 && index%2 == 0 }

// file is one input of a request.
type file struct{ name, content string }

// kinds of files, each as often as it stands here. The first word of the content
// tells the codec which it is.
var kinds = []string{
	"one", "one", "one", "one", "one", "two", "two", "noted", "bad", "panicking", "slow", "empty",
}

// files returns the inputs of the request with that number.
func files(number uint64) []file {
	r := rand.New(rand.NewPCG(number, 0))
	files := make([]file, 1+r.IntN(4))
	for i := range files {
		kind := kinds[r.IntN(len(kinds))]
		files[i].name = fmt.Sprintf("%d-%s.txt", i, kind)
		if kind == "empty" {
			continue
		}
		files[i].content = fmt.Sprintf("%s %d %d %s",
			kind, number, i, strings.Repeat(fmt.Sprint(r.Uint64(), " "), 1+r.IntN(200)))
	}
	return files
}

// digest is of the inputs of a request.
func digest(number uint64) string {
	h := sha256.New()
	for _, f := range files(number) {
		fmt.Fprintf(h, "%q %q\n", f.name, f.content)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// product is one output of the codec.
type product struct {
	name, content string
	notes         []string
}

// products returns what the codec makes of content, or why it does not.
func products(content string) ([]product, error) {
	kind, _, _ := strings.Cut(content, " ")
	sum := sha256.Sum256([]byte(content))
	made := func(n int) (p []product) {
		for i := range n {
			p = append(p, product{
				name:    fmt.Sprintf("%d.png", i),
				content: strings.Repeat(fmt.Sprintf("%d %x\n", i, sum), 1+int(sum[i])),
			})
		}
		return p
	}
	switch kind {
	case "one", "slow":
		return made(1), nil
	case "two":
		return made(2), nil
	case "noted":
		p := made(3) // with so much to tell that it goes into a manifest
		for i := range p {
			p[i].notes = []string{strings.Repeat("a note ", 2000)}
		}
		return p, nil
	}
	return nil, codec.Errorf(codec.Invalid, "the picture ends too early")
}

// newCodec returns the codec of the children.
func newCodec() codec.Codec { return &enginetest.Codec{Do: process} }

func process(ctx context.Context, w *codec.Work) error {
	b := make([]byte, w.In[0].Size())
	if _, err := w.In[0].ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	content := string(b)
	switch {
	case strings.HasPrefix(content, "panicking "):
		panic("the codec does not know this picture")
	case strings.HasPrefix(content, "slow "):
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	all, err := products(content)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := write(ctx, w, p); err != nil {
			return err
		}
	}
	return nil
}

func write(ctx context.Context, w *codec.Work, p product) error {
	out, err := w.Out.Create(ctx, codec.OutSpec{Name: p.name, Type: codec.Unknown})
	if err != nil {
		return err
	}
	defer out.Abort()
	if _, err := io.WriteString(out, p.content); err != nil {
		return err
	}
	return out.Commit(codec.Result{Notes: p.notes})
}

// check returns how f, the file of a job, differs from what must come of input.
func (in file) check(f store.File) error {
	want, reason := products(in.content)
	if f.Status == store.Completed && (reason != nil || len(f.Outputs) != len(want)) {
		return fmt.Errorf("it has %d outputs, want %d", len(f.Outputs), len(want))
	}
	if f.Status == store.Failed && reason == nil {
		return fmt.Errorf("it failed: %s", f.Error.Message)
	}
	if f.Status == store.Failed && !strings.Contains(f.Error.Message, in.name) {
		return fmt.Errorf("it failed without a reason that can be read: %q", f.Error.Message)
	}
	var errs []error
	for i, o := range f.Outputs {
		sum := sha256.Sum256([]byte(want[i].content))
		if o.Name != want[i].name || o.SHA256 != hex.EncodeToString(sum[:]) {
			errs = append(errs, fmt.Errorf("output %s is not what the codec makes", o.Name))
		}
	}
	return errors.Join(errs...)
}

package outbound

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// body is the body of an answer, read within limits.
type body struct {
	resp  *http.Response
	host  string
	limit int64 // negative: none
	size  int64 // read so far
	err   error // why reading ended, if not with the file

	stall *time.Timer // runs while a read waits, not while the writer does
	wait  time.Duration
}

// newBody returns the body of resp; abort is called when it stalls.
func (c *Client) newBody(
	resp *http.Response, limit int64, abort context.CancelCauseFunc,
) *body {
	b := &body{
		resp: resp, host: resp.Request.URL.Host, limit: limit, wait: c.config.StallTimeout,
	}
	b.stall = time.AfterFunc(b.wait, func() {
		abort(codec.Errorf(codec.Transient, "%s has sent nothing for %v", b.host, b.wait))
	})
	b.stall.Stop()
	return b
}

// copyTo writes the body to w and tells faults of the network from those of w.
func (b *body) copyTo(ctx context.Context, w io.Writer) (int64, error) {
	if length := b.resp.ContentLength; b.limit >= 0 && length > b.limit {
		return 0, codec.Errorf(codec.Limit, "the file at %s has %d bytes; the limit is %d bytes",
			b.host, length, b.limit)
	}
	_, err := io.Copy(w, b)
	cause := context.Cause(ctx)
	switch {
	case err == nil:
		return b.size, nil
	case cause != nil:
		return 0, cause
	case b.err != nil:
		return 0, b.err
	}
	return 0, err
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	b.stall.Reset(b.wait)
	n, err := b.resp.Body.Read(p)
	b.stall.Stop()
	if b.limit >= 0 && int64(n) > b.limit-b.size {
		b.err = codec.Errorf(codec.Limit, "the file at %s has more than %d bytes, the limit",
			b.host, b.limit)
		return int(b.limit - b.size), b.err
	}
	b.size += int64(n)
	if err != nil && err != io.EOF {
		b.err = &codec.Error{
			Class: codec.Transient, Message: b.host + " broke the download off", Err: err,
		}
		return n, b.err
	}
	return n, err
}

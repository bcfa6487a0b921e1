package outbound

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spoolmedia/spool/codec"
)

const (
	maxAnswer  = 4 << 10 // bytes that are read: what is longer ends the connection
	maxPreview = 512
)

// Response is the answer to a Post.
type Response struct {
	Status int // zero if none came
	// Preview is the beginning of the body: at most 512 bytes of valid UTF-8
	// without control characters.
	Preview string
	// RetryAfter is what the server asks for, at most 24 h; zero if nothing.
	RetryAfter time.Duration
}

// Post sends the body with the headers, to which it adds what is missing of
// User-Agent and Content-Type (application/json), and reads the beginning of the
// answer. It follows no redirect. The error is nil exactly if the status is 2xx,
// whatever becomes of the answer's body; otherwise it has the classes of
// [Client.Fetch], and the response holds what came.
func (c *Client) Post(
	ctx context.Context, rawURL string, header http.Header, body []byte,
) (Response, error) {
	u, err := c.parse(rawURL)
	if err != nil {
		return Response{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.PostTimeout,
		codec.Errorf(codec.Transient, "%s does not answer in time", u.Host))
	defer cancel()
	req, err := http.NewRequestWithContext(
		ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return Response{}, codec.Errorf(codec.Invalid, "the URL is not valid")
	}
	req.Header = c.postHeader(header)
	resp, err := c.send(req)
	if err != nil {
		return Response{}, err
	}
	defer resp.Body.Close()
	// Status and head decide; a body that breaks off or hangs is shown as far as
	// it came.
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return Response{
		Status: resp.StatusCode, Preview: preview(answer), RetryAfter: retryAfter(resp),
	}, failedStatus(resp)
}

func (c *Client) postHeader(header http.Header) http.Header {
	h := make(http.Header)
	h.Set("User-Agent", c.config.UserAgent)
	h.Set("Content-Type", "application/json")
	h.Set("Accept-Encoding", "identity")
	for name, values := range header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	return h
}

// preview returns the beginning of an answer as text of one line.
func preview(answer []byte) string {
	if len(answer) > maxPreview {
		answer = answer[:maxPreview]
		for i := 1; i < utf8.UTFMax; i++ { // leave no half of a character at the end
			tail := answer[len(answer)-i:]
			if utf8.RuneStart(tail[0]) && !utf8.FullRune(tail) {
				answer = answer[:len(answer)-i]
				break
			}
		}
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '?'
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return ' '
		}
		return r
	}, string(answer))
}

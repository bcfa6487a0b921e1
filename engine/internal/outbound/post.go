package outbound

import (
	"context"
	"net/http"
	"time"
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
// answer. It follows no redirect. The error is nil exactly if the status is 2xx;
// otherwise it has the classes of [Client.Fetch], and the response what came.
func (c *Client) Post(
	ctx context.Context, rawURL string, header http.Header, body []byte,
) (Response, error) {
	panic("not yet")
}

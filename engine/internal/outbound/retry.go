package outbound

import (
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter keeps a server from parking a job for ever.
const maxRetryAfter = 24 * time.Hour

// retryAfter returns what the header asks for, in seconds or as a date (RFC 9110,
// section 10.2.3), or zero.
func retryAfter(resp *http.Response) time.Duration {
	value := resp.Header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), maxRetryAfter)
}

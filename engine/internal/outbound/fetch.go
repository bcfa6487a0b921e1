package outbound

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/spoolmedia/spool/codec"
)

const maxClaim = 255 // bytes of a media type, twice what RFC 6838 allows

// Fetched is what Fetch has fetched.
type Fetched struct {
	// Name is a file name: from Content-Disposition (RFC 6266) or the URL's path.
	// It is one element of a path, valid UTF-8 without control characters, at most
	// 200 bytes; "" if there is none.
	Name string
	// Size in bytes.
	Size int64
	// Type is the media type that the server claims, without parameters; "" if
	// there is none.
	Type string
	// Encoding is the content coding that the server has applied although it was
	// asked for none, such as "gzip": the bytes are those that were sent.
	Encoding string
	// URL is where it came from after all redirects, without query and fragment.
	URL string
}

// Fetch writes what is at the URL to w. More than limit bytes are an error of
// class [codec.Limit], if possible before the first is read; a negative limit is
// none. After an error w holds a part, never more than limit.
//
// Of class [codec.Transient] are network faults, the statuses 408, 425, 429 and
// 5xx, a body that ends too early, and the time limits of [Config]; of class
// [codec.Invalid] all other statuses, a refused URL or redirect, and an
// [*AddressError]. A failing status is a [*StatusError] in the tree. An error of
// w comes back as it is, and when ctx ends its cause.
func (c *Client) Fetch(
	ctx context.Context, rawURL string, limit int64, w io.Writer,
) (Fetched, error) {
	first, err := c.parse(rawURL)
	if err != nil {
		return Fetched{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.FetchTimeout,
		codec.Errorf(codec.Transient, "fetching from %s takes longer than %v",
			first.Host, c.config.FetchTimeout))
	defer cancel()
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)

	resp, err := c.get(ctx, first)
	if err != nil {
		return Fetched{}, err
	}
	defer resp.Body.Close()
	size, err := c.newBody(resp, limit, abort).copyTo(ctx, w)
	if err != nil {
		return Fetched{}, err
	}
	return fetched(resp, first, size), nil
}

// get sends GET and follows redirects until there is an answer of success. It
// does what http.Client would, less what that tells the next host: Referer, with
// the query of the last URL, and cookies.
func (c *Client) get(ctx context.Context, u *url.URL) (*http.Response, error) {
	for redirects := 0; ; redirects++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return nil, codec.Errorf(codec.Invalid, "the URL is not valid")
		}
		req.Header.Set("User-Agent", c.config.UserAgent)
		req.Header.Set("Accept-Encoding", "identity")
		resp, err := c.send(req)
		if err != nil {
			return nil, err
		}
		if !isRedirect(resp.StatusCode) {
			if err := notWhole(resp); err != nil {
				resp.Body.Close()
				return nil, err
			}
			return resp, nil
		}
		resp.Body.Close()
		if redirects >= c.config.MaxRedirects {
			return nil, codec.Errorf(codec.Invalid, "%s redirects too often", u.Host)
		}
		if u, err = c.next(u, resp.Header.Get("Location")); err != nil {
			return nil, err
		}
	}
}

// send sends one request. When its context has ended, the error is the cause.
func (c *Client) send(req *http.Request) (*http.Response, error) {
	resp, err := c.transport.RoundTrip(req)
	if err == nil {
		return resp, nil
	}
	if cause := context.Cause(req.Context()); cause != nil {
		return nil, cause
	}
	return nil, failure(err, req.URL.Host)
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// next returns where a redirect leads, if that is allowed.
func (c *Client) next(u *url.URL, location string) (*url.URL, error) {
	to, err := u.Parse(location)
	switch {
	case location == "" || len(location) > maxURL || err != nil:
		return nil, codec.Errorf(codec.Invalid, "%s redirects to no valid URL", u.Host)
	case u.Scheme == "https" && to.Scheme == "http" && !c.config.AllowDowngrade:
		return nil, codec.Errorf(codec.Invalid, "%s redirects from https to http", u.Host)
	}
	if err := c.check(to); err != nil {
		return nil, &codec.Error{
			Class:   codec.ClassOf(err),
			Message: u.Host + " redirects to a URL that is refused: " + err.Error(),
			Err:     err,
		}
	}
	return to, nil
}

// notWhole returns an error if the answer does not hold the whole of a file.
func notWhole(resp *http.Response) error {
	if resp.StatusCode == http.StatusPartialContent {
		return codec.Errorf(codec.Invalid, "%s sends only a part of the file",
			resp.Request.URL.Host)
	}
	return failedStatus(resp)
}

// claim returns what a header says, or "" if it is too long or no text: it goes
// into records.
func claim(value string) string {
	if len(value) > maxClaim || !utf8.ValidString(value) {
		return ""
	}
	return value
}

func fetched(resp *http.Response, first *url.URL, size int64) Fetched {
	last := resp.Request.URL
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // "" if malformed
	encoding := strings.ToLower(resp.Header.Get("Content-Encoding"))
	if encoding == "identity" {
		encoding = ""
	}
	return Fetched{
		Name:     nameOf(resp.Header, first, last),
		Size:     size,
		Type:     claim(mediaType),
		Encoding: claim(encoding),
		URL:      (&url.URL{Scheme: last.Scheme, Host: last.Host, Path: last.Path}).String(),
	}
}

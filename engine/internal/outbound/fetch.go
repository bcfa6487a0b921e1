package outbound

import (
	"context"
	"io"
)

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
	// asked for none, such as "gzip": the bytes came as they were sent.
	Encoding string
	// URL is where it came from after all redirects, without query.
	URL string
}

// Fetch writes what is at the URL to w. More than limit bytes are an error of
// class [codec.Limit], if possible before the first is read; a negative limit is
// none. After an error w holds a part.
//
// Class [codec.Transient] have network faults, the statuses 408, 425, 429 and
// 5xx, a body that ends too early, and the time limits of [Config]; class
// [codec.Invalid] all other statuses, a refused URL or redirect, and an
// [*AddressError]. A failing status is a [*StatusError] in the tree. An error of
// w comes back as it is, and when ctx ends its cause.
func (c *Client) Fetch(
	ctx context.Context, rawURL string, limit int64, w io.Writer,
) (Fetched, error) {
	panic("not yet")
}

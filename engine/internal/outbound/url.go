package outbound

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spoolmedia/spool/codec"
)

const (
	maxURL  = 8 << 10 // bytes, as much as servers commonly take
	maxHost = 255     // bytes, RFC 1035; shown in messages
)

// CheckURL returns an error of class [codec.Invalid] if Fetch and Post would
// refuse the URL whatever its name resolves to: it is no http or https URL, has a
// user name or password, a port that is not allowed, or an address that is not
// allowed in place of a name. It sends nothing.
func (c *Client) CheckURL(rawURL string) error {
	_, err := c.parse(rawURL)
	return err
}

// parse parses and checks a URL. Its errors do not repeat the URL, which may hold
// a password where the parser did not expect one.
func (c *Client) parse(rawURL string) (*url.URL, error) {
	if len(rawURL) > maxURL {
		return nil, codec.Errorf(codec.Invalid, "the URL is longer than %d bytes", maxURL)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, codec.Errorf(codec.Invalid, "the URL is not valid")
	}
	return u, c.check(u)
}

func (c *Client) check(u *url.URL) error {
	host := u.Hostname()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return codec.Errorf(codec.Invalid, "the URL does not begin with http:// or https://")
	case host == "" || len(host) > maxHost || !isPrintable(host):
		return codec.Errorf(codec.Invalid, "the URL does not name a host")
	case u.User != nil:
		return codec.Errorf(codec.Invalid, "the URL contains a user name or password")
	case !c.allowsPort(u.Port()):
		return codec.Errorf(codec.Invalid, "the URL names a port that is not allowed")
	}
	if addr, err := netip.ParseAddr(host); err == nil && !c.allows(addr) {
		return failure(newAddressError(host, []netip.Addr{addr}), u.Host)
	}
	return nil
}

// allowsPort takes "" for the port of the scheme, which is always allowed.
func (c *Client) allowsPort(text string) bool {
	if text == "" {
		return true
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port != 0 &&
		(slices.Contains(c.config.Ports, uint16(port)) || slices.Contains(c.config.Ports, 0))
}

func isPrintable(s string) bool {
	unprintable := func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unprintable)
}

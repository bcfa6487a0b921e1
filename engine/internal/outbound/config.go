package outbound

import (
	"cmp"
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"time"
)

// Config says what a [Client] may do. The zero value is safe for URLs from
// strangers.
type Config struct {
	// AllowPrefixes are ranges that may be dialled although they are refused
	// otherwise, such as 10.1.0.0/16 for a store of files inside the host's
	// network.
	AllowPrefixes []netip.Prefix
	// Ports that URLs may name; default 80, 443, 8080 and 8443. A 0 among them
	// allows any port.
	Ports []uint16
	// MaxRedirects is how many redirects Fetch follows; default 5, negative none.
	MaxRedirects int
	// AllowDowngrade lets a redirect lead from https to http.
	AllowDowngrade bool

	// ConnectTimeout bounds the look-up of the name together with the dialling of
	// its addresses, and once more the TLS handshake; default 10 s.
	ConnectTimeout time.Duration
	// HeaderTimeout bounds the wait for the head of an answer; default 30 s.
	HeaderTimeout time.Duration
	// StallTimeout is how long no byte of a body may come; default 30 s.
	StallTimeout time.Duration
	// FetchTimeout bounds a Fetch with all its redirects; default 1 h.
	FetchTimeout time.Duration
	// PostTimeout bounds a Post; default 15 s.
	PostTimeout time.Duration

	// UserAgent is the header of that name; default "spool".
	UserAgent string
	// RootCAs are the certificate authorities; default those of the system.
	RootCAs *x509.CertPool
	// Resolver looks names up; default [net.DefaultResolver].
	Resolver Resolver
	// Dial connects to "ip:port", after the address was checked; default
	// [net.Dialer.DialContext].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Resolver finds the addresses of a name. [*net.Resolver] is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

func (c Config) withDefaults() Config {
	if c.Ports == nil {
		c.Ports = []uint16{80, 443, 8080, 8443}
	}
	c.MaxRedirects = cmp.Or(c.MaxRedirects, 5)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, 10*time.Second)
	c.HeaderTimeout = cmp.Or(c.HeaderTimeout, 30*time.Second)
	c.StallTimeout = cmp.Or(c.StallTimeout, 30*time.Second)
	c.FetchTimeout = cmp.Or(c.FetchTimeout, time.Hour)
	c.PostTimeout = cmp.Or(c.PostTimeout, 15*time.Second)
	c.UserAgent = cmp.Or(c.UserAgent, "spool")
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	return c
}

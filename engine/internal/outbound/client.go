package outbound

import (
	"crypto/tls"
	"net/http"
	"time"
)

const (
	maxHeader   = 64 << 10 // bytes in the head of an answer
	idleTimeout = 30 * time.Second
	pingAfter   = 15 * time.Second // of silence, so that no dead HTTP/2 connection is reused
)

// Client fetches and posts. It may be used by several goroutines.
type Client struct {
	config    Config
	transport *http.Transport
}

// New returns a client.
func New(config Config) *Client {
	c := &Client{config: config.withDefaults()}
	c.transport = &http.Transport{
		Proxy:                  nil, // also none from the environment: it would dial in our place
		DialContext:            c.dial,
		TLSClientConfig:        &tls.Config{RootCAs: c.config.RootCAs},
		TLSHandshakeTimeout:    c.config.ConnectTimeout,
		ResponseHeaderTimeout:  c.config.HeaderTimeout,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter},
		MaxIdleConns:           100,
		IdleConnTimeout:        idleTimeout,
	}
	return c
}

// Close closes the idle connections and stops what still dials. It is called
// after the last Fetch and Post have returned.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

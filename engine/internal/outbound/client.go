package outbound

import (
	"crypto/tls"
	"net/http"
	"time"
)

const (
	maxHeader   = 64 << 10 // bytes in the head of an answer
	idleTimeout = 30 * time.Second
	// All requests to a host share one connection of HTTP/2: after so much silence
	// it is asked for a sign of life, and replaced if as much goes by without one.
	pingTimeout = 5 * time.Second
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
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: pingTimeout, PingTimeout: pingTimeout,
		},
		MaxIdleConns:    100,
		IdleConnTimeout: idleTimeout,
	}
	return c
}

// Close closes the idle connections and stops what still dials. It is called
// after the last Fetch and Post have returned.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

package outbound

import (
	"net/http"
)

// Client fetches and posts. It may be used by several goroutines.
type Client struct {
	config    Config
	transport *http.Transport
}

// New returns a client.
func New(config Config) *Client { return &Client{config: config.withDefaults()} }

// Close closes the idle connections. It is called after the last Fetch and Post
// have returned.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

package outbound

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"
)

// maxAddresses of one name are dialled: a name with hundreds must not turn one
// job into a scan of ports.
const maxAddresses = 6

// dial connects to the first address of the host that is allowed and answers. The
// transport calls it for each new connection, so what was found for an earlier
// one counts no more.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.ConnectTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := c.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	for i, addr := range addrs {
		var conn net.Conn
		target := net.JoinHostPort(addr.String(), port)
		if conn, err = c.dialShare(ctx, network, target, len(addrs)-i); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// dialShare dials with the nth part of the time that is left, so that an address
// that swallows packets leaves time for the next.
func (c *Client) dialShare(
	ctx context.Context, network, address string, n int,
) (net.Conn, error) {
	deadline, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, time.Until(deadline)/time.Duration(n))
	defer cancel()
	return c.config.Dial(ctx, network, address)
}

// addresses returns those of the host that may be dialled, at least one.
func (c *Client) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	if addr, err := netip.ParseAddr(host); err == nil {
		addrs = []netip.Addr{addr}
	} else {
		found, err := c.config.Resolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			return nil, err
		}
		for _, addr := range found {
			addrs = append(addrs, addr.Unmap()) // resolvers write IPv4 in either form
		}
	}
	allowed := slices.DeleteFunc(slices.Clone(addrs), func(a netip.Addr) bool {
		return !c.allows(a)
	})
	if len(allowed) == 0 {
		return nil, newAddressError(host, addrs)
	}
	return allowed[:min(len(allowed), maxAddresses)], nil
}

package outbound

import (
	"net/netip"
	"slices"
)

// special are the ranges that no stranger may have dialled: all blocks of the IANA
// IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates) and
// multicast. Those that the registries call globally reachable are refused, too:
// they hold services of the network, no files and no receivers.
var special = prefixes(
	"0.0.0.0/8",       // this network, RFC 791
	"10.0.0.0/8",      // private, RFC 1918
	"100.64.0.0/10",   // shared by carriers, RFC 6598; metadata of some clouds
	"127.0.0.0/8",     // loopback, RFC 1122
	"169.254.0.0/16",  // link-local, RFC 3927; metadata of most clouds
	"172.16.0.0/12",   // private, RFC 1918
	"192.0.0.0/24",    // IETF protocol assignments, RFC 6890; metadata of a cloud
	"192.0.2.0/24",    // documentation, RFC 5737
	"192.31.196.0/24", // AS112, RFC 7535
	"192.52.193.0/24", // AMT, RFC 7450
	"192.88.99.0/24",  // 6to4 relays, RFC 7526
	"192.168.0.0/16",  // private, RFC 1918
	"192.175.48.0/24", // AS112, RFC 7534
	"198.18.0.0/15",   // benchmarks, RFC 2544
	"198.51.100.0/24", // documentation, RFC 5737
	"203.0.113.0/24",  // documentation, RFC 5737
	"224.0.0.0/4",     // multicast, RFC 5771
	"240.0.0.0/4",     // reserved, RFC 1112; broadcast
	// In no registry: a cloud (Azure) answers its own machines here.
	"168.63.129.16/32",

	"2001::/23",         // IETF protocol assignments, RFC 2928; Teredo, ORCHID
	"2001:db8::/32",     // documentation, RFC 3849
	"2002::/16",         // 6to4, RFC 3056: an IPv4 address lies inside
	"2620:4f:8000::/48", // AS112, RFC 7534
	"3fff::/20",         // documentation, RFC 9637
)

var (
	// globalUnicast is what IANA has given out of IPv6 (RFC 4291). Outside of it
	// are ::, ::1, IPv4-compatible and IPv4-mapped addresses, discard, NAT64 of
	// local use, segment routing, unique local, link-local, site-local, multicast.
	globalUnicast = netip.MustParsePrefix("2000::/3")
	// nat64 holds an IPv4 address in its last four bytes, which is what a
	// translator dials (RFC 6052).
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// allows reports whether the address may be dialled.
func (c *Client) allows(addr netip.Addr) bool {
	addr = addr.WithZone("") // prefixes contain no address with a zone
	within := func(p netip.Prefix) bool { return p.Contains(addr) }
	switch {
	case slices.ContainsFunc(c.config.AllowPrefixes, within):
		return true
	case nat64.Contains(addr):
		b := addr.As16()
		return c.allows(netip.AddrFrom4([4]byte(b[12:])))
	case addr.Is4():
		return !slices.ContainsFunc(special, within)
	}
	return globalUnicast.Contains(addr) && !slices.ContainsFunc(special, within)
}

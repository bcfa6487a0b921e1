package outbound_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/internal/outbound"
)

func TestCheckURL(t *testing.T) {
	tests := []struct{ url, want string }{
		{"http://files.example", ""},
		{"HTTPS://Files.Example/a%20b.jpg?sig=1#top", ""},
		{"http://files.example:/a", ""},
		{"http://files.example:80/a", ""},
		{"https://files.example:443/a", ""},
		{"http://files.example:8080/a", ""},
		{"https://files.example:8443/a", ""},
		{"https://bücher.example/ä.jpg", ""},
		{"http://1.1.1.1/", ""},
		{"http://[2606:4700::1]:8080/", ""},

		{"", "does not begin with"},
		{"files.example/a.jpg", "does not begin with"},
		{"//files.example/a.jpg", "does not begin with"},
		{"ftp://files.example/a.jpg", "does not begin with"},
		{"file:///etc/passwd", "does not begin with"},
		{"gopher://files.example:80/", "does not begin with"},
		{"unix:///var/run/docker.sock", "does not begin with"},
		{"data:image/png;base64,AAAA", "does not begin with"},
		{"http:files.example", "does not name a host"},
		{"http:///a.jpg", "does not name a host"},
		{"http://:80/", "does not name a host"},
		{"http://" + strings.Repeat("a", 256) + "/", "does not name a host"},
		{"http://files%E2%80%AE.example/", "does not name a host"},
		{"http://files%FF.example/", "does not name a host"},
		{"http://files%C2%A0.example/", "does not name a host"},
		{"http://user:secret@files.example/", "user name or password"},
		{"http://user@files.example/", "user name or password"},
		{"http://@files.example/", "user name or password"},
		{"http://files.example:80@10.0.0.1/", "user name or password"},
		{"http://files.example:22/", "port"},
		{"http://files.example:0/", "port"},
		{"http://files.example:65536/", "port"},
		{"http://files.example:65616/", "port"}, // 80 in 16 bits
		{"http://files.example:secret/", "not valid"},
		{"http://user:sec ret@files.example/", "not valid"},
		{"http://files.example\\@10.0.0.1/", "not valid"},
		{"http://files.example\r\nHost: inside/", "not valid"},
		{"http://[::1/", "not valid"},
		{"http://files.example/%zz?sig=secret", "not valid"},
		{"http://files.example/" + strings.Repeat("a", 9000), "longer than"},
	}
	c := (&network{}).client(t, outbound.Config{})
	for _, test := range tests {
		err := c.CheckURL(test.url)
		if test.want == "" {
			if err != nil {
				t.Errorf("%q: %v", test.url, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%q is accepted", test.url)
			continue
		}
		wantClass(t, err, codec.Invalid)
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %q, want …%s…", test.url, err, test.want)
		}
		if strings.Contains(err.Error(), "sec") {
			t.Errorf("%q: %q tells a secret", test.url, err)
		}
	}
}

func TestConfiguredPortsReplaceTheDefaults(t *testing.T) {
	tests := []struct {
		ports []uint16
		url   string
		want  bool
	}{
		{[]uint16{9000}, "http://files.example:9000", true},
		{[]uint16{9000}, "http://files.example:8080", false},
		{[]uint16{9000}, "http://files.example", true},
		{[]uint16{}, "http://files.example:80", false},
		{[]uint16{0}, "http://files.example:22", true},
		{[]uint16{0}, "http://files.example:0", false},
	}
	for _, test := range tests {
		c := (&network{}).client(t, outbound.Config{Ports: test.ports})
		if err := c.CheckURL(test.url); (err == nil) != test.want {
			t.Errorf("%s with ports %v: got %v", test.url, test.ports, err)
		}
	}
}

// FuzzURL looks for a URL that makes the client dial what it must not. All names
// resolve to private addresses here, so only a public address in the URL itself
// may be dialled. It judges by what netip says, not by our table.
func FuzzURL(f *testing.F) {
	for _, u := range []string{
		"http://files.example/a.jpg", "http://10.0.0.1@1.1.1.1:80/", "http://1.1.1.1:8080#@10.0.0.1",
		"http://[::ffff:10.0.0.1]/", "http://[64:ff9b::10.0.0.1]/", "http://0x7f.1/",
		"https://[2606:4700::1]/", "http://127。0。0。1/", "http://[fe80::1%2561]/", "http:1.1.1.1",
	} {
		f.Add(u)
	}
	n := &network{}
	c := outbound.New(outbound.Config{Resolver: inside{}, Dial: n.Dial, Ports: []uint16{0}})
	f.Cleanup(c.Close)
	f.Fuzz(func(t *testing.T, text string) {
		n.dialled = nil
		checked := c.CheckURL(text)
		_, err := c.Fetch(t.Context(), text, -1, io.Discard)
		if err == nil {
			t.Fatalf("%q was fetched from nowhere", text)
		}
		if checked != nil && len(n.dialled) > 0 {
			t.Errorf("%q was refused and dialled", text)
		}
		for _, address := range n.dialled {
			host, _, _ := net.SplitHostPort(address)
			addr, err := netip.ParseAddr(host)
			if err != nil || !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.Is4In6() {
				t.Errorf("%q dials %s", text, address)
			}
		}
		if u, err := url.Parse(text); err == nil && checked == nil {
			if u.User != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				t.Errorf("%q is accepted", text)
			}
		}
	})
}

// inside resolves every name to addresses that must not be dialled.
type inside struct{}

func (inside) LookupNetIP(
	_ context.Context, _, _ string,
) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1")}, nil
}

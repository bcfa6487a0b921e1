package outbound_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/engine/internal/outbound"
)

// refused and allowed hold the first and the last address of each range, and
// their neighbours on the other side of its edges.
var (
	refused = strings.Fields(`
		0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255
		100.100.100.200 127.0.0.0 127.0.0.1 127.255.255.255 169.254.0.0 169.254.169.254
		169.254.170.2 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.192
		192.0.0.255 192.0.2.0 192.0.2.255 192.31.196.0 192.31.196.255 192.52.193.0
		192.52.193.255 192.175.48.0 192.175.48.255 192.88.99.0 192.88.99.255 192.168.0.0
		192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0
		203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255
		168.63.129.16

		:: ::1 ::2 ::7f00:1 ::5db8:d70e ::ffff:ffff 64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff
		64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b::ffff:ffff 64:ff9b::
		64:ff9b::1:0:0 64:ff9b:0:1::5db8:d70e 64:ff9b:1:: 64:ff9b:1::5db8:d70e
		64:ff9b:1:ffff:ffff:ffff:ffff:ffff 100:: 100::ffff:ffff:ffff:ffff 100:0:0:1::
		1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:: 2001:0:5db8:d70e:0:ffff:a247:28f1
		2001:0:ffff:ffff:ffff:ffff:ffff:ffff 2001:1::1 2001:2:: 2001:10:: 2001:20::
		2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:: 2001:db8::1
		2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2002:: 2002:7f00:1:: 2002:5db8:d70e::1
		2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff::
		3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff 2620:4f:8000::
		2620:4f:8000:ffff:ffff:ffff:ffff:ffff 4000:: 5f00:: 5f00::1 fc00:: fd00:ec2::254
		fd20:ce::254 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe00:: fe80:: fe80::1%eth0
		febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff fec0::
		feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ff00:: ff02::1 ff0e::1
		ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`)

	allowed = strings.Fields(`
		1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
		169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0
		192.0.1.255 192.0.3.0 192.31.195.255 192.31.197.0 192.52.192.255 192.52.194.0
		192.175.47.255 192.175.49.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0
		198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0
		223.255.255.255 168.63.129.15 168.63.129.17 93.184.215.14

		64:ff9b::5db8:d70e 64:ff9b::808:808 2000:: 2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff
		2001:200:: 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9::
		2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2003::
		2606:2800:21f:cb07:6820:80da:af6b:8b2c 2620:4f:7fff:ffff:ffff:ffff:ffff:ffff
		2620:4f:8001:: 3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:1000::
		3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`)
)

// literal returns the host of a URL with the address in it.
func literal(address string) string {
	if strings.Contains(address, ":") {
		return "[" + strings.ReplaceAll(address, "%", "%25") + "]"
	}
	return address
}

func TestSpecialAddressesAreNotDialled(t *testing.T) {
	for _, address := range refused {
		t.Run(address, func(t *testing.T) {
			n := (&network{}).resolve("files.example", address)
			c := n.client(t, outbound.Config{})
			_, err := c.Fetch(t.Context(), "http://files.example/a.jpg", -1, io.Discard)
			wantRefused(t, err, address)
			_, err = c.Post(t.Context(), "https://files.example/", nil, nil)
			wantRefused(t, err, address)
			_, err = c.Fetch(t.Context(), "http://"+literal(address)+"/a.jpg", -1, io.Discard)
			wantRefused(t, err)
			wantRefused(t, c.CheckURL("http://"+literal(address)+":8080/a.jpg"))
			n.wantDialled(t)
		})
	}
}

func TestPublicAddressesAreDialled(t *testing.T) {
	for _, address := range allowed {
		t.Run(address, func(t *testing.T) {
			n := (&network{}).resolve("files.example", address)
			c := n.client(t, outbound.Config{})
			for _, host := range []string{"files.example", literal(address)} {
				if err := c.CheckURL("http://" + host); err != nil {
					t.Errorf("%s: %v", host, err)
				}
				if _, err := c.Fetch(t.Context(), "http://"+host, -1, io.Discard); err == nil {
					t.Errorf("%s: fetched from nowhere", host)
				}
			}
			want := net.JoinHostPort(address, "80")
			n.wantDialled(t, want, want)
		})
	}
}

// Resolvers give IPv4 addresses in either form. In a URL there is no reason for
// the longer one.
func TestMappedAddressesAreCheckedAsWhatTheyAre(t *testing.T) {
	n := (&network{}).
		resolve("inside.example", "::ffff:169.254.169.254").
		resolve("outside.example", "::ffff:"+public)
	c := n.client(t, outbound.Config{})
	_, err := c.Fetch(t.Context(), "http://inside.example", -1, io.Discard)
	wantRefused(t, err, "169.254.169.254")
	for _, host := range []string{
		"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:" + public + "]",
	} {
		_, err := c.Fetch(t.Context(), "http://"+host, -1, io.Discard)
		wantRefused(t, err)
	}
	n.wantDialled(t)
	_, err = c.Fetch(t.Context(), "http://outside.example", -1, io.Discard)
	if err == nil {
		t.Error("fetched from nowhere")
	}
	n.wantDialled(t, public+":80")
}

// However an address is spelled, what counts is what the resolver makes of it. The
// one here reads as inet_aton(3) does.
func TestOtherSpellingsOfAddressesAreChecked(t *testing.T) {
	spellings := []string{
		"2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "017700000001",
		"0x7f.0x0.0x0.0x1", "127.0.0.1.", "localhost", "LOCALHOST.", "metadata",
	}
	n := &network{}
	for _, s := range spellings {
		n.resolve(s, "127.0.0.1").resolve(strings.ToLower(s), "127.0.0.1")
	}
	c := n.client(t, outbound.Config{})
	for _, s := range append(spellings,
		"[::1]", "[0:0:0:0:0:0:0:1]", "[0::0001]", "[::127.0.0.1]", "[fe80::1%25lo]",
		"１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1",
	) {
		_, err := c.Fetch(t.Context(), "http://"+s+"/latest/meta-data", -1, io.Discard)
		if err == nil {
			t.Errorf("%s was fetched", s)
		}
	}
	n.wantDialled(t)
}

func TestOnlyAllowedAddressesOfANameAreDialled(t *testing.T) {
	n := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "film") })
	n.resolve("mixed.example", "10.0.0.1 ::1 "+public+" 192.168.1.1 2606:4700::1")
	first := n.connect
	n.connect = func(address string) (net.Conn, error) {
		if strings.HasPrefix(address, public) {
			return nil, errNoRoute
		}
		return first(address)
	}
	_, err := n.client(t, outbound.Config{}).Fetch(
		t.Context(), "http://mixed.example/", -1, io.Discard)
	if err != nil {
		t.Error(err)
	}
	n.wantDialled(t, public+":80", "[2606:4700::1]:80")
}

func TestANameOfManyAddressesIsNoPortScan(t *testing.T) {
	n := (&network{}).resolve("many.example", strings.Repeat(public+" ", 300))
	_, err := n.client(t, outbound.Config{}).Fetch(
		t.Context(), "http://many.example/", -1, io.Discard)
	if err == nil {
		t.Error("fetched from nowhere")
	}
	if len(n.dialled) > 10 {
		t.Errorf("dialled %d addresses", len(n.dialled))
	}
}

// The name server answers with a public address as long as somebody checks, and
// with another one when it counts.
func TestRebindingIsCheckedWithEachConnection(t *testing.T) {
	n := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		if r.URL.Path == "/again" {
			http.Redirect(w, r, "http://rebind.example/", http.StatusFound)
		}
	})
	n.resolve("rebind.example", public, public, "127.0.0.1")
	c := n.client(t, outbound.Config{})
	const u = "http://rebind.example/"
	if err := c.CheckURL(u); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fetch(t.Context(), u, -1, io.Discard); err != nil {
		t.Fatal(err)
	}
	_, err := c.Fetch(t.Context(), u+"again", -1, io.Discard)
	wantRefused(t, err, "127.0.0.1")
	_, err = c.Post(t.Context(), u, nil, nil)
	wantRefused(t, err, "127.0.0.1")
	n.wantDialled(t, public+":80", public+":80")
}

func TestAllowedPrefixesAreDialled(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "film") }))
	defer server.Close()
	// No fake here: the default dialler reaches the listener on loopback.
	c := outbound.New(outbound.Config{
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Ports:         []uint16{0},
	})
	defer c.Close()
	var got strings.Builder
	if _, err := c.Fetch(t.Context(), server.URL, -1, &got); err != nil || got.String() != "film" {
		t.Errorf("got %q, %v", got.String(), err)
	}
	wantRefused(t, c.CheckURL("http://127.0.0.2/"))
	wantRefused(t, c.CheckURL("http://10.0.0.1/"))
	wantRefused(t, c.CheckURL("http://[::1]/"))
}

func TestAllowedPrefixesHoldBehindNAT64AndWithAZone(t *testing.T) {
	c := (&network{}).client(t, outbound.Config{AllowPrefixes: []netip.Prefix{
		netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fe80::/10"),
	}})
	for _, host := range []string{"10.1.2.3", "[64:ff9b::a01:203]", "[fe80::1%25eth0]"} {
		if err := c.CheckURL("http://" + host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	wantRefused(t, c.CheckURL("http://[64:ff9b::a02:203]"))
}

// TestMain has named one before anything could read the environment.
func TestTheEnvironmentsProxyIsNotUsed(t *testing.T) {
	if os.Getenv("HTTP_PROXY") == "" {
		t.Fatal("there is no proxy to ignore")
	}
	n := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := n.client(t, outbound.Config{})
	if _, err := c.Fetch(t.Context(), "http://files.example/", -1, io.Discard); err != nil {
		t.Fatal(err)
	}
	n.wantDialled(t, public+":80")
}

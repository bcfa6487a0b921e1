package outbound_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/internal/outbound"
)

// blackHole answers no question and no connection.
type blackHole struct{ resolves bool }

func (b blackHole) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	if b.resolves {
		return []netip.Addr{netip.MustParseAddr(public), netip.MustParseAddr("1.1.1.1")}, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (b blackHole) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// hanging returns a client whose dials hang.
func hanging(t *testing.T) *outbound.Client {
	b := blackHole{resolves: true}
	c := outbound.New(outbound.Config{Resolver: b, Dial: b.Dial})
	t.Cleanup(c.Close)
	return c
}

// The clock of these tests is that of the bubble: hours pass at once.
func TestHangsEnd(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
	tests := []struct {
		name   string
		answer func(w io.Writer, r *http.Request)
		want   string
	}{
		{"before the head", func(io.Writer, *http.Request) {}, "does not answer in time"},
		{"in the head", func(w io.Writer, _ *http.Request) {
			io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-")
		}, "does not answer in time"},
		{"before the body", func(w io.Writer, _ *http.Request) {
			io.WriteString(w, head)
		}, "has sent nothing for 30s"},
		{"in the body", func(w io.Writer, _ *http.Request) {
			io.WriteString(w, head+"half")
		}, "has sent nothing for 30s"},
		{"a byte now and then", func(w io.Writer, _ *http.Request) {
			io.WriteString(w, head)
			for range time.Tick(20 * time.Second) {
				if _, err := io.WriteString(w, "."); err != nil {
					return
				}
			}
		}, "takes longer than 1h0m0s"},
		{"from redirect to redirect", func(w io.Writer, r *http.Request) {
			<-time.After(29 * time.Second)
			fmt.Fprintf(w, "HTTP/1.1 302 Found\r\nLocation: %s/on\r\n\r\n", r.URL.Path)
		}, "takes longer than 1h0m0s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := script(test.answer).client(t, outbound.Config{MaxRedirects: 1000})
				_, err := c.Fetch(t.Context(), film, 1<<30, io.Discard)
				wantClass(t, err, codec.Transient)
				if want := "files.example " + test.want; !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want …%s", err, want)
				}
			})
		})
	}
}

func TestNamesAndDialsThatHangEnd(t *testing.T) {
	for _, resolves := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := blackHole{resolves}
			c := outbound.New(outbound.Config{Resolver: b, Dial: b.Dial})
			defer c.Close()
			_, err := c.Fetch(t.Context(), film, limit, io.Discard)
			wantClass(t, err, codec.Transient)
			_, err = c.Post(t.Context(), film, nil, nil)
			wantClass(t, err, codec.Transient)
			if !strings.Contains(err.Error(), "does not answer in time") {
				t.Errorf("got %q", err)
			}
		})
	}
}

// The first address swallows what is sent to it; there is time left for the next.
func TestAHangingAddressLeavesTimeForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfilm")
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, public) {
				return blackHole{}.Dial(ctx, network, address)
			}
			return n.Dial(ctx, network, address)
		}
		c := outbound.New(outbound.Config{Resolver: blackHole{resolves: true}, Dial: dial})
		defer c.Close()
		if _, err := c.Fetch(t.Context(), film, limit, io.Discard); err != nil {
			t.Error(err)
		}
		n.wantDialled(t, "1.1.1.1:80")
	})
}

// slowDisk takes longer for a write than a server may be silent.
type slowDisk struct{}

func (slowDisk) Write(p []byte) (int, error) {
	<-time.After(10 * time.Minute)
	return len(p), nil
}

func TestASlowWriterIsNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := script(func(w io.Writer, _ *http.Request) {
			io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"+
				strings.Repeat("a", 100000))
		})
		f, err := n.client(t, outbound.Config{}).Fetch(t.Context(), film, limit, slowDisk{})
		if err != nil || f.Size != 100000 {
			t.Errorf("got %+v, %v", f, err)
		}
	})
}

func TestAHangingReceiverEnds(t *testing.T) {
	tests := []struct {
		name, answer string
		want         int // the status; 0: an error
	}{
		{"before the head", "", 0},
		{"in the head", "HTTP/1.1 200 OK\r\nConte", 0},
		{"in the body of a success", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 200},
		{"in the body of a failure", "HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nhalf", 500},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := script(func(w io.Writer, _ *http.Request) { io.WriteString(w, test.answer) })
				resp, err := n.client(t, outbound.Config{}).Post(t.Context(), film, nil, nil)
				if resp.Status != test.want || test.want != 0 && resp.Preview != "half" {
					t.Errorf("got %+v", resp)
				}
				if test.want != 200 {
					wantClass(t, err, codec.Transient)
				} else if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

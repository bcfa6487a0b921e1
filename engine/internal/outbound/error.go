package outbound

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// AddressError says that a host has no address that may be dialled. Its message
// does not tell which addresses it has, as the submitter may be a stranger: Err
// does, for the log.
type AddressError struct {
	Host string // as the URL names it
	Err  error
}

func newAddressError(host string, refused []netip.Addr) *AddressError {
	return &AddressError{
		Host: host,
		Err:  fmt.Errorf("outbound: %s has the addresses %v, none of which is allowed", host, refused),
	}
}

// Error returns a sentence for the person who submitted the URL.
func (e *AddressError) Error() string {
	return e.Host + " is not at a public address; requests to other addresses are refused"
}

// Unwrap returns the cause.
func (e *AddressError) Unwrap() error { return e.Err }

// StatusError is an answer that means failure.
type StatusError struct {
	Host       string
	Status     int
	RetryAfter time.Duration // what the server asks for, at most 24 h; zero if nothing
}

// Error returns the host with the status and its text.
func (e *StatusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s answered %d %s",
		e.Host, e.Status, http.StatusText(e.Status)))
}

// Cause returns what lies under an error of this package: the text for the log of
// the host, with addresses, where the error's own text is for the submitter.
func Cause(err error) error {
	for {
		var under error
		switch e := err.(type) { //nolint:errorlint // layer by layer
		case *codec.Error:
			under = e.Err
		case *AddressError:
			under = e.Err
		}
		if under == nil {
			return err
		}
		err = under
	}
}

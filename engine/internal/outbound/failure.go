package outbound

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"

	"github.com/spoolmedia/spool/codec"
)

// failure returns what the submitter is told of an error in a request to host.
// Network faults are transient, certificates too: they are renewed.
func failure(err error, host string) error {
	public := func(class codec.Class, message string) error {
		return &codec.Error{Class: class, Message: message, Err: err}
	}
	if e, ok := errors.AsType[*AddressError](err); ok {
		return public(codec.Invalid, e.Error())
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return public(codec.Transient, "there is no host "+host)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return public(codec.Transient, host+" has no valid certificate")
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return public(codec.Transient, host+" does not answer in time")
	}
	return public(codec.Transient, "the connection to "+host+" failed")
}

// failedStatus returns the error for an answer that is no success, or nil.
func failedStatus(resp *http.Response) error {
	if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		return nil
	}
	e := &StatusError{
		Host: resp.Request.URL.Host, Status: resp.StatusCode, RetryAfter: retryAfter(resp),
	}
	class := codec.Invalid
	switch {
	case e.Status >= 500, e.Status == http.StatusRequestTimeout,
		e.Status == http.StatusTooEarly, e.Status == http.StatusTooManyRequests:
		class = codec.Transient
	}
	return &codec.Error{Class: class, Message: e.Error(), Err: e}
}

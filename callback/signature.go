package callback

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DefaultTolerance is how far the timestamp of a signature may be from the
// receiver's clock, in both directions.
const DefaultTolerance = 5 * time.Minute

// What can be wrong with a signature.
var (
	// ErrHeader: there is no signature, or it is not of the form
	// "t=<unix>,v1=<hex>".
	ErrHeader = errors.New("callback: malformed signature header")
	// ErrSignature: nobody who knows the secret has signed this body.
	ErrSignature = errors.New("callback: wrong signature")
	// ErrTimestamp: the signature is right but too old or from the future: it is
	// replayed, or a clock is wrong.
	ErrTimestamp = errors.New("callback: timestamp out of tolerance")
)

// Sign returns the signature of a body sent at the time: "t=<unix>,v1=<hex>". To
// let receivers change from one secret to another, sign with both and append the
// second v1 element to the header.
func Sign(secret string, timestamp time.Time, body []byte) string {
	t := strconv.FormatInt(timestamp.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(sum(secret, t, body))
}

// Verify returns nil if header is the signature of exactly these bytes under the
// secret, and its timestamp at most tolerance from now: zero stands for
// [DefaultTolerance], a negative one switches the check off. Otherwise the error
// is [ErrHeader], [ErrSignature] or [ErrTimestamp]; the last one says that the
// signature itself is right.
//
// One matching v1 element among several is enough; elements of other schemes are
// ignored. The comparison takes the same time wherever the signatures differ. An
// empty secret verifies nothing: a receiver whose secret failed to load must not
// trust everybody.
func Verify(
	secret, header string, body []byte, now time.Time, tolerance time.Duration,
) error {
	s, err := parseSignature(header)
	if err != nil {
		return err
	}
	if !s.matches(secret, body) {
		return ErrSignature
	}
	return s.checkTime(now, tolerance)
}

// signature is a signature header, taken apart.
type signature struct {
	text string // of the timestamp, which is what was signed
	unix int64
	sums [][]byte // of scheme v1
}

// maxDigits of a timestamp keep the arithmetic far from an overflow.
const maxDigits = 15

func parseSignature(header string) (signature, error) {
	var s signature
	signed := false
	for element := range strings.SplitSeq(header, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(element), "=")
		if !ok {
			return s, fmt.Errorf("%w: an element is not name=value", ErrHeader)
		}
		switch name {
		case "t":
			if s.text != "" || !isTimestamp(value) {
				return s, fmt.Errorf("%w: t is not one Unix time", ErrHeader)
			}
			s.text = value
			s.unix, _ = strconv.ParseInt(value, 10, 64)
		case "v1":
			signed = true
			if sum, err := hex.DecodeString(value); err == nil && len(sum) == sha256.Size {
				s.sums = append(s.sums, sum)
			}
		}
	}
	if s.text == "" || !signed {
		return s, fmt.Errorf("%w: t or v1 is missing", ErrHeader)
	}
	return s, nil
}

// isTimestamp reports whether t is digits only, as it must be for "<t>.<body>" to
// be read in one way only.
func isTimestamp(t string) bool {
	return t != "" && len(t) <= maxDigits && strings.Trim(t, "0123456789") == ""
}

func (s signature) matches(secret string, body []byte) bool {
	if secret == "" || len(s.sums) == 0 {
		return false
	}
	want := sum(secret, s.text, body)
	matches := false
	for _, got := range s.sums {
		matches = hmac.Equal(got, want) || matches
	}
	return matches
}

func (s signature) checkTime(now time.Time, tolerance time.Duration) error {
	tolerance = cmp.Or(tolerance, DefaultTolerance)
	age := now.Unix() - s.unix
	if tolerance > 0 && max(age, -age) > int64(tolerance/time.Second) {
		return fmt.Errorf("%w: signed %d s before now", ErrTimestamp, age)
	}
	return nil
}

func sum(secret, timestamp string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(timestamp + "."))
	h.Write(body)
	return h.Sum(nil)
}

package callback_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/callback"
)

const (
	secret = "whsec_test"
	body   = `{"id":"evt_0198c9f2-7d1e-7000-8000-000000000001","type":"conversion.completed",` +
		`"created":1767225600,"data":{"jobId":"job-1","filename":"output.webp"}}`

	// Computed with: printf '%s' "1767225605.$body" |
	//	openssl dgst -sha256 -hmac whsec_test -hex
	sumOfSecret = "846395224d666b5b18545b8e3bfed4dbd02207f86f81441203d1f3e167d21d93"
	// Computed with Python's hmac under the secret whsec_new.
	sumOfNew = "5ade51c61e6c3e1a38a5aedb390e1c55b3546fc4fd7a91ec3a78a5384b9528f0"
)

var signedAt = time.Unix(1767225605, 0)

func TestSignGivesTheKnownAnswer(t *testing.T) {
	tests := []struct {
		name, secret, body string
		at                 time.Time
		want               string
	}{
		{"body", secret, body, signedAt, "t=1767225605,v1=" + sumOfSecret},
		{"other secret", "whsec_new", body, signedAt, "t=1767225605,v1=" + sumOfNew},
		{"fraction of a second", secret, body, signedAt.Add(999 * time.Millisecond),
			"t=1767225605,v1=" + sumOfSecret},
		{"empty body", "k", "", time.Unix(0, 0),
			"t=0,v1=6b4a4b8b3c40f1e8f53a3d36682e5f99f7ad2ac1df1c93dfe336f329167641e7"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := callback.Sign(test.secret, test.at, []byte(test.body))
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	const good = "t=1767225605,v1=" + sumOfSecret
	wrong := strings.Repeat("00", 32)
	tests := []struct {
		name   string
		header string
		want   error
	}{
		{"right", good, nil},
		{"blanks and capitals", " t=1767225605 , v1=" + strings.ToUpper(sumOfSecret) + " ", nil},
		{"v1 before t", "v1=" + sumOfSecret + ",t=1767225605", nil},
		{"second of two sums", "t=1767225605,v1=" + sumOfNew + ",v1=" + sumOfSecret, nil},
		{"first of two sums", good + ",v1=" + wrong, nil},
		{"sum that is no hex beside a right one", good + ",v1=xyz", nil},
		{"unknown schemes beside", "v0=abc," + good + ",v2=def,x=", nil},

		{"wrong sum", "t=1767225605,v1=" + wrong, callback.ErrSignature},
		{"other secret's sum", "t=1767225605,v1=" + sumOfNew, callback.ErrSignature},
		{"half a sum", "t=1767225605,v1=" + sumOfSecret[:32], callback.ErrSignature},
		{"no sum", "t=1767225605,v1=", callback.ErrSignature},
		{"other timestamp", "t=1767225606,v1=" + sumOfSecret, callback.ErrSignature},
		{"zero before the timestamp", "t=01767225605,v1=" + sumOfSecret, callback.ErrSignature},
		{"right sum in another scheme", "t=1767225605,v1=" + wrong + ",v2=" + sumOfSecret,
			callback.ErrSignature},

		{"empty", "", callback.ErrHeader},
		{"no timestamp", "v1=" + sumOfSecret, callback.ErrHeader},
		{"no v1", "t=1767225605,v0=" + sumOfSecret, callback.ErrHeader},
		{"two timestamps", "t=1767225605," + good, callback.ErrHeader},
		{"signed timestamp", "t=+1767225605,v1=" + sumOfSecret, callback.ErrHeader},
		{"negative timestamp", "t=-1,v1=" + sumOfSecret, callback.ErrHeader},
		{"timestamp with a point", "t=1767225605.,v1=" + sumOfSecret, callback.ErrHeader},
		{"endless timestamp", "t=9999999999999999999999,v1=" + sumOfSecret, callback.ErrHeader},
		{"element without value", good + ",v1", callback.ErrHeader},
		{"other separator", strings.ReplaceAll(good, ",", ";"), callback.ErrHeader},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := callback.Verify(secret, test.header, []byte(body), signedAt, 0)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestVerifyCoversEveryByteOfTheBody(t *testing.T) {
	header := callback.Sign(secret, signedAt, []byte(body))
	for i := range len(body) {
		changed := []byte(body)
		changed[i] ^= 1
		if err := callback.Verify(secret, header, changed, signedAt, 0); !errors.Is(
			err, callback.ErrSignature) {
			t.Fatalf("byte %d changed: got %v, want %v", i, err, callback.ErrSignature)
		}
	}
	// The point between timestamp and body cannot move.
	if err := callback.Verify(secret, "t=176722560,v1="+sumOfSecret,
		[]byte("5."+body), signedAt, -1); !errors.Is(err, callback.ErrSignature) {
		t.Errorf("got %v, want %v", err, callback.ErrSignature)
	}
}

func TestVerifyTrustsNobodyWithoutASecret(t *testing.T) {
	header := callback.Sign("", signedAt, []byte(body))
	err := callback.Verify("", header, []byte(body), signedAt, 0)
	if !errors.Is(err, callback.ErrSignature) {
		t.Errorf("got %v, want %v", err, callback.ErrSignature)
	}
}

func TestVerifyBoundsTheAge(t *testing.T) {
	tests := []struct {
		name      string
		age       time.Duration // of the signature
		tolerance time.Duration
		want      error
	}{
		{"default, at its edge", 5 * time.Minute, 0, nil},
		{"default, past its edge", 5*time.Minute + time.Second, 0, callback.ErrTimestamp},
		{"default, from the future", -5 * time.Minute, 0, nil},
		{"default, from too far in the future", -5*time.Minute - time.Second, 0,
			callback.ErrTimestamp},
		{"own, at its edge", time.Minute, time.Minute, nil},
		{"own, past its edge", 61 * time.Second, time.Minute, callback.ErrTimestamp},
		{"switched off", 100 * 365 * 24 * time.Hour, -1, nil},
	}
	header := callback.Sign(secret, signedAt, []byte(body))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := callback.Verify(
				secret, header, []byte(body), signedAt.Add(test.age), test.tolerance)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	t.Run("a clock that was never set", func(t *testing.T) {
		header := callback.Sign(secret, time.Unix(1e15-1, 0), []byte(body))
		err := callback.Verify(secret, header, []byte(body), time.Time{}, 0)
		if !errors.Is(err, callback.ErrTimestamp) {
			t.Errorf("got %v, want %v", err, callback.ErrTimestamp)
		}
	})
	t.Run("a forged timestamp is a wrong signature", func(t *testing.T) {
		err := callback.Verify(secret, "t=1,v1="+sumOfSecret, []byte(body), signedAt, 0)
		if !errors.Is(err, callback.ErrSignature) || errors.Is(err, callback.ErrTimestamp) {
			t.Errorf("got %v, want %v", err, callback.ErrSignature)
		}
	})
}

// FuzzVerify looks for a header that is accepted though nobody signed it, and for
// an error that is none of the three. The seeds in testdata are ours.
func FuzzVerify(f *testing.F) {
	f.Add("t=1767225605,v1=" + sumOfSecret)
	f.Add("t=1767225605,v1=" + sumOfNew + ",v1=" + sumOfSecret + ",v0=1")
	f.Fuzz(func(t *testing.T, header string) {
		err := callback.Verify(secret, header, []byte(body), signedAt, 0)
		switch {
		case err == nil:
			if !strings.Contains(header, "t=1767225605") ||
				!strings.Contains(strings.ToLower(header), "v1="+sumOfSecret) {
				t.Errorf("accepted %q", header)
			}
		case !errors.Is(err, callback.ErrHeader) && !errors.Is(err, callback.ErrSignature) &&
			!errors.Is(err, callback.ErrTimestamp):
			t.Errorf("%q: %v", header, err)
		}
		if callback.Verify("another secret", header, []byte(body), signedAt, -1) == nil {
			t.Errorf("accepted %q under another secret", header)
		}
	})
}

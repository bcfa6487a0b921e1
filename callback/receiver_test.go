package callback_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/spoolmedia/spool/callback"
)

func receiver() callback.Receiver {
	return callback.Receiver{
		Secrets: []string{secret},
		Now:     func() time.Time { return signedAt },
	}
}

func signed(secret, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/hooks", strings.NewReader(body))
	r.Header.Set(callback.SignatureHeader, callback.Sign(secret, signedAt, []byte(body)))
	return r
}

func TestReadReturnsWhatWasSigned(t *testing.T) {
	e, err := receiver().Read(signed(secret, body))
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != "evt_0198c9f2-7d1e-7000-8000-000000000001" || e.Type != callback.Completed ||
		e.Created != 1767225600 || string(e.Data) != `{"jobId":"job-1","filename":"output.webp"}` {
		t.Errorf("got %+v", e)
	}
}

func TestReadTakesEitherSecretAndAnotherHeader(t *testing.T) {
	rc := receiver()
	rc.Secrets = []string{"whsec_new", secret}
	rc.SignatureHeader = "X-Signature"
	for _, s := range rc.Secrets {
		r := signed(s, body)
		r.Header.Set("X-Signature", r.Header.Get(callback.SignatureHeader))
		r.Header.Del(callback.SignatureHeader)
		if _, err := rc.Read(r); err != nil {
			t.Errorf("signed with %s: %v", s, err)
		}
	}
	if _, err := rc.Read(signed(secret, body)); !errors.Is(err, callback.ErrHeader) {
		t.Errorf("under the default header: got %v, want %v", err, callback.ErrHeader)
	}
}

func TestReadSaysThatASignatureIsOldUnderTheSecondSecret(t *testing.T) {
	rc := receiver()
	rc.Secrets = []string{"whsec_new", secret}
	rc.Now = func() time.Time { return signedAt.Add(time.Hour) }
	if _, err := rc.Read(signed(secret, body)); !errors.Is(err, callback.ErrTimestamp) {
		t.Errorf("got %v, want %v", err, callback.ErrTimestamp)
	}
}

func TestReadLimitsTheBody(t *testing.T) {
	rc := receiver()
	rc.MaxBody = int64(len(body))
	if _, err := rc.Read(signed(secret, body)); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	_, err := rc.Read(signed(secret, body+" "))
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); !ok || tooLong.Limit != rc.MaxBody {
		t.Errorf("past the limit: got %v", err)
	}
}

func TestHandlerAnswers(t *testing.T) {
	errBusy := errors.New("postgres://user:password@10.0.0.5 is busy")
	broken := signed(secret, body)
	broken.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	unsigned := signed(secret, body)
	unsigned.Header.Del(callback.SignatureHeader)
	get := signed(secret, body)
	get.Method = http.MethodGet
	tests := []struct {
		name    string
		request *http.Request
		handle  error
		handled bool
		want    int
	}{
		{"handled", signed(secret, body), nil, true, http.StatusNoContent},
		{"not handled", signed(secret, body), errBusy, true, http.StatusInternalServerError},
		{"no POST", get, nil, false, http.StatusMethodNotAllowed},
		{"wrong secret", signed("guess", body), nil, false, http.StatusUnauthorized},
		{"no signature", unsigned, nil, false, http.StatusUnauthorized},
		{"too long", signed(secret, strings.Repeat(" ", callback.DefaultMaxBody+1)), nil, false,
			http.StatusRequestEntityTooLarge},
		{"no JSON", signed(secret, "{"), nil, false, http.StatusBadRequest},
		{"cut off", broken, nil, false, http.StatusBadRequest},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			handled := false
			h := receiver().Handler(func(_ context.Context, e callback.Envelope) error {
				handled = true
				if e.Type != callback.Completed {
					t.Errorf("got type %q", e.Type)
				}
				return test.handle
			})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, test.request)
			if w.Code != test.want || handled != test.handled {
				t.Errorf("got %d and handled %v, want %d and %v",
					w.Code, handled, test.want, test.handled)
			}
			if strings.Contains(w.Body.String(), "password") {
				t.Errorf("the answer tells of the inside: %s", w.Body)
			}
		})
	}
}

func TestZeroReceiverAcceptsNothing(t *testing.T) {
	var rc callback.Receiver
	for _, s := range []string{secret, ""} {
		r := signed(s, body)
		r.Header.Set(callback.SignatureHeader, callback.Sign(s, time.Now(), []byte(body)))
		if _, err := rc.Read(r); !errors.Is(err, callback.ErrSignature) {
			t.Errorf("got %v, want %v", err, callback.ErrSignature)
		}
	}
}

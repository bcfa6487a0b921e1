package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// keys are the accounts by the digest of their keys: looking a digest up tells
// nothing about a key by the time that it takes.
type keys map[string]string

var accountName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// parseKeys reads keys of the form TOKEN or ACCOUNT:TOKEN. Several keys can be of
// one account.
func parseKeys(list []string) (keys, error) {
	k := keys{}
	for _, text := range list {
		account, token, named := strings.Cut(text, ":")
		if !named {
			account, token = "", text
		} else if !accountName.MatchString(account) {
			return nil, fmt.Errorf("key: %q is not a name of letters, digits and ._-", account)
		}
		if len(token) < 8 {
			return nil, errors.New("key: a token needs 8 characters or more")
		}
		k.add(account, token)
	}
	return k, nil
}

// add maps the token to the account; to one of its own if that is "".
func (k keys) add(account, token string) {
	digest := digestOf(token)
	if account == "" {
		account = "key-" + digest[:12]
	}
	k[digest] = account
}

func digestOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// savedToken returns the token in the file, which it makes if there is none.
func savedToken(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	token := "spool_" + rand.Text()
	return token, os.WriteFile(path, []byte(token+"\n"), 0o600)
}

// The page cannot send headers with images and event streams, so its key is
// traded for a cookie, which scripts cannot read.
const (
	sessionCookie = "spool_session"
	sessionLength = 30 * 24 * time.Hour
)

// digest returns the digest of the key that the request carries, in a header or
// through a session, or "".
func (s *server) digest(r *http.Request) string {
	token := r.Header.Get("x-api-key")
	if scheme, rest, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok &&
		strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(rest)
	}
	if token != "" {
		return digestOf(token)
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	id, rest, _ := strings.Cut(cookie.Value, ".")
	expires, mac, _ := strings.Cut(rest, ".")
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || s.now().Unix() > until || !s.signed(mac, "session", id, expires) {
		return ""
	}
	for digest := range s.keys {
		if s.sessionID(digest) == id {
			return digest
		}
	}
	return "" // the key is no longer one
}

// signIn answers a key with a session.
func (s *server) signIn(w http.ResponseWriter, r *http.Request) error {
	var body struct{ Key string }
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	digest := digestOf(strings.TrimSpace(body.Key))
	if _, ok := s.keys[digest]; !ok {
		return failf(http.StatusUnauthorized, "This key is not known here.")
	}
	expires := strconv.FormatInt(s.now().Add(sessionLength).Unix(), 10)
	id := s.sessionID(digest)
	s.setSession(w, r, id+"."+expires+"."+s.sign("session", id, expires), sessionLength)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sessionID names the key of a session without telling anything about it.
func (s *server) sessionID(digest string) string { return s.sign("key", digest)[:32] }

// signOut ends the session of this browser.
func (s *server) signOut(w http.ResponseWriter, r *http.Request) error {
	s.setSession(w, r, "", -time.Second)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) setSession(w http.ResponseWriter, r *http.Request, value string, d time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: int(d.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(s.baseOf(r), "https:"),
	})
}

// sign returns the HMAC-SHA256 of the parts, in hex. None of them has a line
// break.
func (s *server) sign(parts ...string) string {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(h.Sum(nil))
}

func (s *server) signed(mac string, parts ...string) bool {
	return hmac.Equal([]byte(mac), []byte(s.sign(parts...)))
}

// accountKey is the key of the account in the context of a request.
type accountKey struct{}

// accountOf returns whose request it is.
func accountOf(ctx context.Context) string {
	account, _ := ctx.Value(accountKey{}).(string)
	return account
}

// accountFor returns the account whose key the request carries.
func (s *server) accountFor(r *http.Request) (string, error) {
	digest := s.digest(r)
	if digest == "" {
		return "", failf(http.StatusUnauthorized, "Missing API key.")
	}
	account, ok := s.keys[digest]
	if !ok {
		return "", failf(http.StatusUnauthorized, "Invalid API key.")
	}
	return account, nil
}

// authenticated lets only requests with a key pass, and notes whose it is.
func (s *server) authenticated(next handle) handle {
	return func(w http.ResponseWriter, r *http.Request) error {
		account, err := s.accountFor(r)
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="spool"`)
			return err
		}
		return next(w, r.WithContext(context.WithValue(r.Context(), accountKey{}, account)))
	}
}

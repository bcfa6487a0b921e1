package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRequestsNeedAKey(t *testing.T) {
	f := start(t, setup{})
	id := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	f.ended(id)
	for _, r := range f.server.routes() {
		if r.public {
			continue
		}
		method, path, _ := strings.Cut(r.pattern, " ")
		path = strings.NewReplacer("{id}", id, "{tool}", "convert", "{delivery}", "x").Replace(path)
		for name, token := range map[string]string{"no key": "", "a wrong key": "wrong-token"} {
			answer, b := f.as(token).do(f.as(token).request(method, path, nil))
			if answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s with %s: status %d: %s", method, path, name, answer.StatusCode, b)
			}
			f.checkError(answer, b)
		}
	}
}

func TestAKeyMayComeInEitherHeader(t *testing.T) {
	f := start(t, setup{}).as("")
	for _, header := range [][]string{
		{"Authorization", "Bearer " + alice}, {"Authorization", "bearer " + alice}, {"X-Api-Key", alice},
	} {
		f.call(f.request("GET", "/api/jobs", nil, header...), http.StatusOK, nil)
	}
	f.call(f.request("GET", "/api/jobs", nil, "Authorization", "Basic "+alice),
		http.StatusUnauthorized, nil)
}

func TestJobsOfOthersAreNotThere(t *testing.T) {
	f := start(t, setup{})
	id := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	f.ended(id)
	other := f.as(bob)
	for _, call := range []string{
		"GET /api/jobs/" + id, "DELETE /api/jobs/" + id, "POST /api/jobs/" + id + "/cancel",
		"POST /api/jobs/" + id + "/retry", "GET /api/jobs/" + id + "/files",
		"GET /api/jobs/" + id + "/events", "GET /api/jobs/" + id + "/deliveries",
		"GET /api/jobs/" + id + "/archive", "GET /api/jobs/" + id + "/files/0/input",
		"GET /api/jobs/" + id + "/files/0/outputs/0", "DELETE /api/jobs/" + id + "?purge=true",
		"POST /api/webhooks/deliveries/" + id + ".evt_x/retry",
		// Tricks with ids.
		"GET /api/jobs/..%2f" + id, "GET /api/jobs/%00", "GET /api/jobs/" + id + "%20",
		"GET /api/jobs/{" + id + "}x",
	} {
		method, path, _ := strings.Cut(call, " ")
		other.call(other.request(method, path, nil), http.StatusNotFound, nil)
	}
	var list struct{ Jobs []jobView }
	other.get("/api/jobs", http.StatusOK, &list)
	if len(list.Jobs) != 0 {
		t.Errorf("another account sees %d jobs", len(list.Jobs))
	}
	if v := f.job(id); v.Status != "completed" {
		t.Errorf("the job is %s", v.Status)
	}
}

func TestASessionStandsForItsKey(t *testing.T) {
	now := time.Now()
	f := start(t, setup{now: func() time.Time { return now }}).as("")
	signIn := func(key string, status int) []*http.Cookie {
		answer, b := f.do(f.request("POST", "/api/session", strings.NewReader(`{"key":"`+key+`"}`),
			"Content-Type", "application/json"))
		if answer.StatusCode != status {
			t.Fatalf("status %d: %s", answer.StatusCode, b)
		}
		return answer.Cookies()
	}
	signIn("wrong-token", http.StatusUnauthorized)
	cookie := signIn(alice, http.StatusNoContent)[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode {
		t.Errorf("the cookie is %v", cookie)
	}
	if strings.Contains(cookie.Value, alice) || strings.Contains(cookie.Value, digestOf(alice)) {
		t.Error("the cookie holds the key")
	}
	with := func(value string) *http.Request {
		return f.request("GET", "/api/jobs", nil, "Cookie", sessionCookie+"="+value)
	}
	f.call(with(cookie.Value), http.StatusOK, nil)
	f.call(with(cookie.Value+"0"), http.StatusUnauthorized, nil)
	f.call(with(strings.Replace(cookie.Value, f.server.sessionID(digestOf(alice)),
		f.server.sessionID(digestOf(bob)), 1)),
		http.StatusUnauthorized, nil)
	now = now.Add(sessionLength + time.Second)
	f.call(with(cookie.Value), http.StatusUnauthorized, nil)
	answer, _ := f.do(f.request("DELETE", "/api/session", nil))
	if c := answer.Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("signing out answers %v", c)
	}
}

func TestRequestsOfOtherSitesAreRefused(t *testing.T) {
	f := start(t, setup{})
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"},
	} {
		f.call(f.request("POST", "/api/session", strings.NewReader(`{}`), header...),
			http.StatusForbidden, nil)
	}
}

func TestLinksAreSignedAndEnd(t *testing.T) {
	now := time.Now()
	f := start(t, setup{now: func() time.Time { return now }})
	id := f.submit(textFile("files", "a.txt"), textFile("files", "b.txt"), part{"format", "", "webp"})
	link := f.ended(id).Results.Files[0].DownloadURL
	nobody := f.as("")
	nobody.call(nobody.request("GET", link, nil), http.StatusOK, nil)
	nobody.call(nobody.request("GET", strings.Replace(link, "/files/0/", "/files/1/", 1), nil),
		http.StatusForbidden, nil)
	nobody.call(nobody.request("GET", strings.Replace(link, "expires=", "expires=9", 1), nil),
		http.StatusForbidden, nil)
	path, _, _ := strings.Cut(link, "?")
	nobody.call(nobody.request("GET", path, nil), http.StatusUnauthorized, nil)
	f.call(f.request("GET", path, nil), http.StatusOK, nil)
	now = now.Add(linkLength + linkStep + time.Second)
	nobody.call(nobody.request("GET", link, nil), http.StatusForbidden, nil)
}

func TestKeysOfTheCommandLine(t *testing.T) {
	k, err := parseKeys([]string{"a:first-token", "a:second-token", "nameless-token"})
	if err != nil {
		t.Fatal(err)
	}
	if k[digestOf("first-token")] != "a" || k[digestOf("second-token")] != "a" {
		t.Errorf("two keys of one account: %v", k)
	}
	if account := k[digestOf("nameless-token")]; !strings.HasPrefix(account, "key-") {
		t.Errorf("a key without a name is of %q", account)
	}
	for _, bad := range []string{"short", "a b:long-enough", "a:short"} {
		if _, err := parseKeys([]string{bad}); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

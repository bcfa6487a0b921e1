package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/spoolmedia/spool/callback"
	"github.com/spoolmedia/spool/engine"
)

func TestCallbacksAreDeliveredToldAndRepeated(t *testing.T) {
	receiver := callback.Receiver{Secrets: []string{"whsec_1"}}
	told := make(chan callback.Envelope, 10)
	var gone atomic.Bool
	gone.Store(true)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := receiver.Read(r)
		if err != nil {
			t.Errorf("callback: %v", err)
		}
		if gone.Load() {
			w.WriteHeader(http.StatusGone)
		}
		told <- e
	}))
	t.Cleanup(hook.Close)
	f := start(t, setup{engine: engine.Config{Outbound: engine.Outbound{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []uint16{0},
	}}})
	id := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"},
		part{"callbackUrl", "", hook.URL}, part{"callbackSecret", "", "whsec_1"})
	if e := <-told; e.Type != callback.Completed {
		t.Errorf("%+v", e)
	}
	if !f.job(id).Callback {
		t.Error("the job does not tell of its callback")
	}
	d := f.delivery(id, "failed")
	if d.HTTPStatus != http.StatusGone || d.Attempts != 1 || d.EventType != callback.Completed {
		t.Errorf("%+v", d)
	}
	var list struct{ Deliveries []deliveryView }
	f.get("/api/webhooks/deliveries?limit=5", http.StatusOK, &list)
	if len(list.Deliveries) != 1 || list.Deliveries[0].ID != d.ID {
		t.Errorf("%+v", list)
	}
	other := f.as(bob)
	other.call(other.request("POST", "/api/webhooks/deliveries/"+d.ID+"/retry", nil), 404, nil)
	f.call(f.request("POST", "/api/webhooks/deliveries/"+id+".evt_x/retry", nil), 404, nil)
	gone.Store(false)
	f.call(f.request("POST", "/api/webhooks/deliveries/"+d.ID+"/retry", nil), 200, nil)
	<-told
	f.delivery(id, "delivered")
}

// delivery waits until the only delivery of the job has the status.
func (f *fixture) delivery(id, status string) deliveryView {
	f.t.Helper()
	for {
		var list struct{ Deliveries []deliveryView }
		f.get("/api/jobs/"+id+"/deliveries", http.StatusOK, &list)
		if len(list.Deliveries) == 1 && list.Deliveries[0].Status == status {
			return list.Deliveries[0]
		}
	}
}

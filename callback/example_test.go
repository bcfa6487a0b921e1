package callback_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/spoolmedia/spool/callback"
)

// A receiver is a handler and a function that notes what happened.
func Example() {
	const secret = "whsec_example"
	receiver := callback.Receiver{Secrets: []string{secret}}
	server := httptest.NewServer(receiver.Handler(
		func(_ context.Context, e callback.Envelope) error {
			var data struct{ JobID, Filename string }
			if err := json.Unmarshal(e.Data, &data); err != nil {
				return err
			}
			fmt.Println(e.Type, data.JobID, data.Filename)
			return nil
		}))
	defer server.Close()

	// What the engine does:
	body := `{"id":"evt_1","type":"conversion.completed","created":1767225600,` +
		`"data":{"jobId":"job-1","filename":"output.webp"}}`
	send := func(signature string) {
		r, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		r.Header.Set(callback.SignatureHeader, signature)
		resp, err := server.Client().Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer resp.Body.Close()
		fmt.Println(resp.Status)
	}
	send(callback.Sign(secret, time.Now(), []byte(body)))
	send(callback.Sign("a guess", time.Now(), []byte(body)))
	// Output:
	// conversion.completed job-1 output.webp
	// 204 No Content
	// 401 Unauthorized
}

func ExampleSign() {
	body := []byte(`{"id":"evt_1"}`)
	at := time.Unix(1767225600, 0)
	header := callback.Sign("whsec_example", at, body)
	fmt.Println(header)
	fmt.Println(callback.Verify("whsec_example", header, body, at.Add(time.Minute), 0))
	fmt.Println(callback.Verify("whsec_example", header, body, at.Add(time.Hour), 0))
	fmt.Println(callback.Verify("whsec_example", header, []byte(`{"id":"evt_2"}`), at, 0))
	// Output:
	// t=1767225600,v1=66767d6306a1173a1e9c6a7f1a0ffa2b9f613e44c1a02c71704222e753465204
	// <nil>
	// callback: timestamp out of tolerance: signed 3600 s before now
	// callback: wrong signature
}

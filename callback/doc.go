// Package callback is what a receiver of spool's callbacks needs, and what the
// engine signs them with. It imports the standard library only, so a receiver
// that is a program of its own takes nothing else of spool with it.
//
// A callback is a POST whose body is an [Envelope] in JSON and whose header
// [SignatureHeader] proves who sent it and when:
//
//	POST /hooks/spool HTTP/1.1
//	Content-Type: application/json
//	Convertly-Event: conversion.completed
//	Convertly-Timestamp: 1767225600
//	Convertly-Signature: t=1767225600,v1=6e8c…
//
//	{"id":"evt_0198…","type":"conversion.completed","created":1767225600,"data":{…}}
//
// The signature is the HMAC-SHA256 of "<t>.<body>" under the secret that the job
// was submitted with, in hexadecimal (RFC 2104). A whole receiver:
//
//	receiver := callback.Receiver{Secrets: []string{os.Getenv("SPOOL_SECRET")}}
//	http.Handle("POST /hooks/spool", receiver.Handler(
//		func(ctx context.Context, e callback.Envelope) error {
//			if e.Type != callback.Completed {
//				return nil
//			}
//			return publish(ctx, e.ID, e.Data)
//		}))
//
// A callback may come twice and out of order: an answer that was lost on its way
// makes the engine send it again, with the same [Envelope.ID] and a new
// signature. Whoever must not act twice remembers the ID.
package callback

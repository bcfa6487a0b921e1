package callback

import "encoding/json"

// The types of events. They are those of a hosted API whose receivers shall work
// unchanged, and Cancelled, which that API has not.
const (
	Started   = "conversion.started"   // the first file of the job is being worked on
	Progress  = "conversion.progress"  // a file of the job has ended
	Completed = "conversion.completed" // every file of the job succeeded
	Failed    = "conversion.failed"    // all files have ended, and at least one failed
	Cancelled = "conversion.cancelled" // the job was cancelled
)

// The names of the headers, unless the host has chosen others. Only what
// SignatureHeader says is signed: the other two repeat what the envelope and the
// signature hold, for routing and for logs.
const (
	SignatureHeader = "Convertly-Signature"
	EventHeader     = "Convertly-Event"     // the envelope's type
	TimestampHeader = "Convertly-Timestamp" // when it was signed, in Unix seconds
)

// Envelope is the body of a callback.
type Envelope struct {
	// ID names the event, "evt_" and a UUID: the same in every attempt.
	ID string `json:"id"`
	// Type is one of the constants of this package. New ones may come: ignore
	// what you do not know.
	Type string `json:"type"`
	// Created is when the event happened, in Unix seconds. It can be long before
	// the signature's timestamp: the callback may have been tried before.
	Created int64 `json:"created"`
	// Data is an object that depends on Type.
	Data json.RawMessage `json:"data"`
}

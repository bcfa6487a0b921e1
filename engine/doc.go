// Package engine is spool's front door: it takes media files and an operation,
// gives back a durable job at once, and has workers in this process do it.
//
//	eng, err := engine.Open(engine.Config{Codecs: []codec.Codec{vips.New(), libav.New()}})
//	if err != nil { … }
//	defer eng.Close(ctx)
//
//	job, err := eng.Submit(ctx, engine.Request{
//		Inputs:    []engine.Input{engine.FromFile("hero.jpg")},
//		Operation: codec.Convert{Format: "webp", Quality: 82},
//	})
//	job, err = eng.Wait(ctx, job.ID)
//
// # The life of a file
//
// [Engine.Submit] stores the inputs as blobs, then writes the job, one file
// record and one task for each input (or for all of them, if the operation joins
// them), and the job's first event: they are durable when it returns. The feeder keeps a small window of ready tasks on
// the queue, as hints. A worker pulls a hint and claims its task in the store:
// one write that raises the task's fencing token and names the worker's
// session. It probes the input, checks the limits of the policy, and lets the
// codec write outputs under a key that contains the token. One more write, which
// only the holder of the token can make, publishes the outputs, counts the file
// and, after the last file, ends the job.
//
//	           ┌──── shutdown, dead session, transient failure ────────┐
//	           ▼                                                        │
//	Submit ─► pending ── claim ──► processing ── outputs committed ──► completed
//	           ▲ │                     ├────────── codec failed ─────► failed ──┐
//	           │ └────── Cancel ───────┴─────────────────────────────► cancelled ┤
//	           └────────────────────────── Retry ───────────────────────────────┘
//
// Where files come before it is known what shall be done with them, as in forms, a
// [Draft] takes them.
//
// A process that dies takes nothing with it: its session is dead, whoever opens
// the store next takes up its tasks at once, and what it left half-done is swept.
//
// # Failures
//
// A file whose failure is transient (storage, the network, a codec that says so)
// is tried again, Config.MaxAttempts times, with full jitter; every other failure
// is final. What takes longer than its timeout is stopped. A file on which the
// process died, or time ran out, Config.MaxCrashes times is put aside as
// quarantined. A codec that ignores its context keeps its worker, is reported in
// [Engine.Activities], and loses its file. [Engine.Retry] takes up what failed.
//
// # Everything is a task
//
// Fetches of inputs from URLs, callbacks, archives, expiry, deletion and sweeps are
// tasks in the store, written in the commit that causes them. They survive a lost
// queue and a restart in the middle.
//
// # Fairness
//
// Accounts take turns, whatever their backlog: the file of one waits for one task
// of another, not for its batch. Within an account, priority decides, then age. The
// limits of Config.AccountLimit count what runs in one process: where several share a
// store, an account may have that many files in each.
// Work that a probe finds to be heavy has lanes and a budget of its own.
//
// # Telemetry
//
// To OpenTelemetry go the counters spool.files.submitted, spool.events and
// spool.calls.stuck, the histogram spool.task.duration, the gauge
// spool.tasks.active, and a span for each attempt: spool.file, spool.fetch,
// spool.archive, spool.callback, with the job, the file and the attempt, in the trace
// of the context of Submit, which is kept with the job. Logs name job and file.
//
// # Backends
//
// Store, queue, storage and codecs are the interfaces of packages store, queue,
// storage and codec. The zero [Config] with codecs keeps everything in memory;
// store/boltstore with storage/filestorage makes it durable on one machine.
package engine

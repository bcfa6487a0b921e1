package engine_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store/memstore"
)

// point is one measurement.
type point struct {
	name       string
	value      float64
	attributes attribute.Set
}

// recorder keeps what the engine reports to OpenTelemetry.
type recorder struct {
	mu      sync.Mutex // guards what follows
	points  []point
	spans   []point             // of value 1 when they have ended
	traces  []trace.SpanContext // of what the spans are parts, in the order of their ends
	observe metric.Callback
}

func (r *recorder) record(name string, value float64, attributes attribute.Set) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.points = append(r.points, point{name, value, attributes})
}

// sum adds up the points of that name whose attribute has the value; "" means any.
func (r *recorder) sum(name, key, value string) (sum float64, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.points {
		got, _ := p.attributes.Value(attribute.Key(key))
		if p.name == name && (key == "" || got.AsString() == value) {
			sum += p.value
			n++
		}
	}
	return sum, n
}

type meters struct {
	metricnoop.MeterProvider
	*recorder
}

func (m meters) Meter(string, ...metric.MeterOption) metric.Meter { return meter{recorder: m.recorder} }

type meter struct {
	metricnoop.Meter
	*recorder
}

func (m meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return counter{name: name, recorder: m.recorder}, nil
}

func (m meter) Float64Histogram(
	name string, _ ...metric.Float64HistogramOption,
) (metric.Float64Histogram, error) {
	return histogram{name: name, recorder: m.recorder}, nil
}

func (m meter) Int64ObservableGauge(
	name string, _ ...metric.Int64ObservableGaugeOption,
) (metric.Int64ObservableGauge, error) {
	return gauge{name: name}, nil
}

func (m meter) RegisterCallback(
	callback metric.Callback, _ ...metric.Observable,
) (metric.Registration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.observe = callback
	return registration{recorder: m.recorder}, nil
}

type gauge struct {
	metricnoop.Int64ObservableGauge
	name string
}

// registration forgets the callback.
type registration struct {
	metricnoop.Registration
	*recorder
}

func (r registration) Unregister() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.observe = nil
	return nil
}

type observer struct {
	metricnoop.Observer
	*recorder
}

func (o observer) ObserveInt64(
	g metric.Int64Observable, n int64, options ...metric.ObserveOption,
) {
	o.record(g.(gauge).name, float64(n), metric.NewObserveConfig(options).Attributes())
}

// collect asks for gauges, as a reader of metrics does now and then, and reports
// whether there is anybody to ask.
func (r *recorder) collect(t *testing.T) bool {
	t.Helper()
	r.mu.Lock()
	observe := r.observe
	r.mu.Unlock()
	if observe == nil {
		return false
	}
	if err := observe(t.Context(), observer{recorder: r}); err != nil {
		t.Error(err)
	}
	return true
}

type counter struct {
	metricnoop.Int64Counter
	name string
	*recorder
}

func (c counter) Add(_ context.Context, n int64, options ...metric.AddOption) {
	c.record(c.name, float64(n), metric.NewAddConfig(options).Attributes())
}

func (counter) Enabled(context.Context) bool { return true }

type histogram struct {
	metricnoop.Float64Histogram
	name string
	*recorder
}

func (h histogram) Record(_ context.Context, value float64, options ...metric.RecordOption) {
	h.record(h.name, value, metric.NewRecordConfig(options).Attributes())
}

func (histogram) Enabled(context.Context) bool { return true }

type tracers struct {
	tracenoop.TracerProvider
	*recorder
}

func (t tracers) Tracer(string, ...trace.TracerOption) trace.Tracer {
	return tracer{recorder: t.recorder}
}

type tracer struct {
	tracenoop.Tracer
	*recorder
}

func (t tracer) Start(
	ctx context.Context, name string, options ...trace.SpanStartOption,
) (context.Context, trace.Span) {
	config := trace.NewSpanStartConfig(options...)
	s := &tracedSpan{
		recorder: t.recorder, name: name, attributes: config.Attributes(),
		parent: trace.SpanContextFromContext(ctx),
	}
	return trace.ContextWithSpan(ctx, s), s
}

type tracedSpan struct {
	tracenoop.Span
	*recorder
	name       string
	attributes []attribute.KeyValue
	parent     trace.SpanContext
}

func (s *tracedSpan) End(...trace.SpanEndOption) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spans = append(s.spans, point{s.name, 1, attribute.NewSet(s.attributes...)})
	s.traces = append(s.traces, s.parent)
}

func TestTelemetryReportsFilesEventsAndTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := new(recorder)
		var untraced atomic.Int64
		fake := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			if _, ok := trace.SpanFromContext(ctx).(*tracedSpan); !ok {
				untraced.Add(1)
			}
			return enginetest.Write(ctx, w, "a.png", []byte("a"))
		}}
		eng := enginetest.Open(t, engine.Config{
			Codecs:        []codec.Codec{fake},
			MeterProvider: meters{recorder: r}, TracerProvider: tracers{recorder: r},
		})
		job := enginetest.Submit(t, eng, archived(engine.ArchiveZip,
			text("a.txt", "a"), text("empty.txt", ""), text("b.txt", "b")))
		enginetest.Wait(t, eng, job.ID)
		synctest.Wait()
		for _, want := range []struct {
			name, key, value string
			sum              float64
		}{
			{"spool.files.submitted", "", "", 3},
			{"spool.events", "spool.event", string(engine.Created), 1},
			{"spool.events", "spool.event", string(engine.Started), 1},
			{"spool.events", "spool.event", string(engine.FileStarted), 3},
			{"spool.events", "spool.event", string(engine.FileCompleted), 2},
			{"spool.events", "spool.event", string(engine.FileFailed), 1},
			{"spool.events", "spool.event", string(engine.FailedJob), 1},
			{"spool.events", "spool.event", string(engine.CompletedJob), 0},
		} {
			if got, _ := r.sum(want.name, want.key, want.value); got != want.sum {
				t.Errorf("%s of %s is %v, want %v", want.name, want.value, got, want.sum)
			}
		}
		for _, want := range []struct {
			key, value string
			n          int
		}{
			{"spool.kind", "file", 3}, {"spool.kind", "archive", 1}, {"error.type", "invalid", 1},
		} {
			if _, n := r.sum("spool.task.duration", want.key, want.value); n != want.n {
				t.Errorf("%d durations with %s=%s, want %d", n, want.key, want.value, want.n)
			}
		}
		if n := untraced.Load(); n != 0 {
			t.Errorf("the contexts of %d calls of the codec do not carry a span", n)
		}
		checkSpans(t, r, job.ID)
	})
}

func checkSpans(t *testing.T, r *recorder, job string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	names, files := make(map[string]int), make(map[int64]int)
	for _, s := range r.spans {
		names[s.name]++
		if got, _ := s.attributes.Value("spool.job"); got.AsString() != job {
			t.Errorf("span %s is of job %q", s.name, got.AsString())
		}
		if index, ok := s.attributes.Value("spool.file"); ok {
			files[index.AsInt64()]++
		}
	}
	if names["spool.file"] != 3 || names["spool.archive"] != 1 || len(r.spans) != 4 {
		t.Errorf("spans: %v", names)
	}
	for index := range int64(3) {
		if files[index] != 1 {
			t.Errorf("%d spans of file %d", files[index], index)
		}
	}
}

func TestTelemetryTellsFetchesAndCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "content")
		})
		r := new(recorder)
		eng := enginetest.Open(t, engine.Config{
			Outbound: w.outbound(), TracerProvider: tracers{recorder: r}, // and no meter
		})
		request := telling()
		request.Inputs = []engine.Input{engine.FromURL("http://files.example/a.txt")}
		job := enginetest.Submit(t, eng, request)
		job = enginetest.Wait(t, eng, job.ID)
		synctest.Wait()
		if job.Status != engine.Completed {
			t.Errorf("job is %s: %v", job.Status, job.Error)
		}
		var names []string
		for _, s := range r.spans {
			names = append(names, s.name)
		}
		for _, name := range []string{"spool.fetch", "spool.file", "spool.callback"} {
			if count(names, name) != 1 {
				t.Errorf("spans: %v, want one %s", names, name)
			}
		}
	})
}

// The trace of Submit goes on in every attempt, also in another process, and is no
// part of the request.
func TestAttemptsGoOnWithTheTraceOfSubmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs, blobs := memstore.New(), memstorage.New()
		t.Cleanup(func() { jobs.Close() })
		r := new(recorder)
		fake := &enginetest.Codec{}
		submitter := enginetest.Open(t, engine.Config{
			Store: jobs, Storage: blobs, Codecs: []codec.Codec{fake}, Workers: -1,
		})
		state, err := trace.ParseTraceState("vendor=opaque")
		if err != nil {
			t.Fatal(err)
		}
		span := func(n byte) trace.SpanContext {
			return trace.NewSpanContext(trace.SpanContextConfig{
				TraceID: trace.TraceID{n}, SpanID: trace.SpanID{n}, TraceFlags: trace.FlagsSampled,
				TraceState: state,
			})
		}
		submit := func(r engine.Request, span trace.SpanContext) engine.Job {
			job, err := submitter.Submit(trace.ContextWithSpanContext(t.Context(), span), r)
			if err != nil {
				t.Fatal(err)
			}
			return job
		}
		first := submit(keyed(batch(2)), span(1))
		if again := submit(keyed(batch(2)), span(2)); again.ID != first.ID {
			t.Error("another trace made another request of it")
		}
		untraced := submit(batch(1), trace.SpanContext{})
		worker := enginetest.Open(t, engine.Config{
			Store: jobs, Storage: blobs, Codecs: []codec.Codec{fake},
			TracerProvider: tracers{recorder: r},
		})
		for _, job := range []engine.Job{first, untraced} {
			enginetest.Wait(t, worker, job.ID)
		}
		synctest.Wait()
		if len(r.spans) != 3 {
			t.Fatalf("got %d spans, want 3", len(r.spans))
		}
		for i, s := range r.spans {
			job, _ := s.attributes.Value("spool.job")
			want := trace.SpanContext{}
			if job.AsString() == first.ID {
				want = span(1).WithRemote(true)
			}
			if got := r.traces[i]; !got.Equal(want) {
				t.Errorf("a span of job %s is a part of %+v, want %+v", job.AsString(), got, want)
			}
		}
	})
}

func keyed(r engine.Request) engine.Request {
	r.IdempotencyKey = "key"
	return r
}

func TestTelemetryCountsWhatIsActiveAndWhatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, release := new(recorder), make(chan struct{})
		eng := enginetest.Open(t, engine.Config{
			Logger: slog.New(slog.DiscardHandler), MeterProvider: meters{recorder: r}, Workers: 3,
			Codecs: []codec.Codec{&enginetest.Codec{Do: func(context.Context, *codec.Work) error {
				<-release // whatever happens
				return codec.Errorf(codec.Invalid, "no picture")
			}}},
		})
		active := func() float64 {
			before, _ := r.sum("spool.tasks.active", "spool.kind", "file")
			if !r.collect(t) {
				t.Fatal("nobody tells what is active")
			}
			after, _ := r.sum("spool.tasks.active", "spool.kind", "file")
			return after - before
		}
		if n := active(); n != 0 {
			t.Errorf("%v files are active, want none", n)
		}
		job := enginetest.Submit(t, eng, batch(2))
		synctest.Wait()
		if n := active(); n != 2 {
			t.Errorf("%v files are active, want 2", n)
		}
		if err := eng.Cancel(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		if n, _ := r.sum("spool.calls.stuck", "spool.kind", "file"); n != 0 {
			t.Errorf("%v calls are stuck before they had time to stop", n)
		}
		time.Sleep(time.Minute) // of the bubble
		if n, _ := r.sum("spool.calls.stuck", "spool.kind", "file"); n != 2 {
			t.Errorf("%v calls are stuck, want 2", n)
		}
		close(release)
		synctest.Wait()
		if n := active(); n != 0 {
			t.Errorf("%v files are active at the end, want none", n)
		}
		if err := eng.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.collect(t) {
			t.Error("a closed engine is still asked what is active")
		}
	})
}

package engine

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// scope is the instrumentation scope of all metrics and spans.
const scope = "github.com/spoolmedia/spool/engine"

// telemetry reports to OpenTelemetry what happens, through its API alone: without
// an SDK in the program it costs next to nothing.
type telemetry struct {
	tracer    trace.Tracer
	submitted metric.Int64Counter
	events    metric.Int64Counter
	durations metric.Float64Histogram
	overdue   metric.Int64Counter
}

func newTelemetry(c Config) (telemetry, error) {
	if c.TracerProvider == nil {
		c.TracerProvider = otel.GetTracerProvider()
	}
	if c.MeterProvider == nil {
		c.MeterProvider = otel.GetMeterProvider()
	}
	meter := c.MeterProvider.Meter(scope)
	t := telemetry{tracer: c.TracerProvider.Tracer(scope)}
	var errs [4]error
	t.submitted, errs[0] = meter.Int64Counter("spool.files.submitted",
		metric.WithUnit("{file}"), metric.WithDescription("Files that were accepted."))
	t.events, errs[1] = meter.Int64Counter("spool.events",
		metric.WithUnit("{event}"), metric.WithDescription("State changes of jobs and files, by kind."))
	t.durations, errs[2] = meter.Float64Histogram("spool.task.duration",
		metric.WithUnit("s"), metric.WithDescription("Attempts at tasks, by kind and class of error."))
	t.overdue, errs[3] = meter.Int64Counter("spool.calls.stuck",
		metric.WithUnit("{call}"), metric.WithDescription("Codecs that went on when told to stop."))
	return t, errors.Join(errs[:]...)
}

// observe lets the meter ask how much is going on in this process.
func (e *Engine) observe() error {
	provider := e.config.MeterProvider
	if provider == nil {
		provider = otel.GetMeterProvider()
	}
	meter := provider.Meter(scope)
	active, err := meter.Int64ObservableGauge("spool.tasks.active", metric.WithUnit("{task}"),
		metric.WithDescription("Tasks that are being done in this process, by kind."))
	if err != nil {
		return err
	}
	registration, err := meter.RegisterCallback(
		func(_ context.Context, o metric.Observer) error {
			count := make(map[string]int64)
			for _, a := range e.running.list() {
				count[a.Kind]++
			}
			for kind, n := range count {
				o.ObserveInt64(active, n, metric.WithAttributes(attribute.String("spool.kind", kind)))
			}
			return nil
		}, active)
	if err != nil {
		return err
	}
	e.unobserve = registration.Unregister
	return nil
}

func (t telemetry) submit(ctx context.Context, files int) {
	t.submitted.Add(ctx, int64(files))
}

// event counts what happened.
func (t telemetry) event(event store.Event) {
	ctx := context.Background()
	if !t.events.Enabled(ctx) {
		return
	}
	t.events.Add(ctx, 1,
		metric.WithAttributes(attribute.String("spool.event", event.Kind)))
}

func (t telemetry) stuck(c *claimed) {
	t.overdue.Add(context.Background(), 1,
		metric.WithAttributes(attribute.String("spool.kind", c.task.Kind)))
}

// span is an attempt that is being traced and timed.
type span struct {
	ctx       context.Context
	telemetry telemetry
	span      trace.Span
	kind      string
	began     time.Time
}

// traceOf returns the W3C trace context of ctx, or nil if there is none.
func traceOf(ctx context.Context) propagation.MapCarrier {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return nil
	}
	carrier := make(propagation.MapCarrier)
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier
}

// start begins the span of an attempt, as a part of the trace of Submit.
func (t telemetry) start(ctx context.Context, name string, c *claimed) (context.Context, span) {
	attributes := make([]attribute.KeyValue, 0, 4)
	attributes = append(attributes,
		attribute.String("spool.job", c.task.Job), attribute.String("spool.task", c.task.Task),
		attribute.Int("spool.attempt", c.task.Attempt))
	if index, ok := c.task.File(); ok {
		attributes = append(attributes, attribute.Int("spool.file", index))
	}
	if c.terms.trace != nil {
		ctx = propagation.TraceContext{}.Extract(ctx, c.terms.trace)
	}
	ctx, s := t.tracer.Start(ctx, name, trace.WithAttributes(attributes...))
	return ctx, span{ctx, t, s, c.task.Kind, time.Now()}
}

// end ends it with the outcome.
func (s span) end(err error) {
	class := string(codec.ClassOf(err))
	if err != nil {
		s.span.RecordError(err)
		s.span.SetStatus(codes.Error, class)
	}
	s.span.End()
	if !s.telemetry.durations.Enabled(s.ctx) {
		return
	}
	attributes := []attribute.KeyValue{attribute.String("spool.kind", s.kind)}
	if err != nil {
		attributes = append(attributes, attribute.String("error.type", class))
	}
	s.telemetry.durations.Record(s.ctx, time.Since(s.began).Seconds(),
		metric.WithAttributes(attributes...))
}

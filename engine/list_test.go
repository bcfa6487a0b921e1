package engine_test

import (
	"slices"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
)

func TestListTakesSeveralStatusesAndAnIdempotencyKey(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{Workers: -1, Codecs: []codec.Codec{new(enginetest.Codec)}})
	var ids []string // oldest first: pending, cancelled, pending, …
	for i, key := range []string{"a", "b", "", "c", "", ""} {
		r := engine.Request{Account: "x", IdempotencyKey: key, Operation: toPNG,
			Inputs: []engine.Input{text("a.txt", "a")}}
		job := enginetest.Submit(t, eng, r)
		if i%2 == 1 {
			if err := eng.Cancel(t.Context(), job.ID); err != nil {
				t.Fatal(err)
			}
		}
		ids = append(ids, job.ID)
	}
	newest := slices.Clone(ids)
	slices.Reverse(newest)
	const pending, cancelled = engine.Pending, engine.Cancelled
	of := func(statuses ...engine.Status) engine.Query { return engine.Query{Statuses: statuses} }
	both := func(q engine.Query) engine.Query {
		q.Statuses = []engine.Status{pending, cancelled}
		return q
	}
	byKey := func(account string, statuses ...engine.Status) engine.Query {
		return engine.Query{Account: account, IdempotencyKey: "b", Statuses: statuses}
	}
	for name, test := range map[string]struct {
		query engine.Query
		want  []string
	}{
		"both":            {of(pending, cancelled), newest},
		"in any order":    {of(cancelled, pending), newest},
		"twice the same":  {of(cancelled, cancelled), []string{ids[5], ids[3], ids[1]}},
		"one of them":     {of(engine.Failed, pending), []string{ids[4], ids[2], ids[0]}},
		"oldest first":    {both(engine.Query{Oldest: true}), ids},
		"behind another":  {both(engine.Query{After: ids[4]}), newest[2:]},
		"no more than":    {both(engine.Query{Limit: 3}), newest[:3]},
		"by key":          {byKey("x"), ids[1:2]},
		"key and status":  {byKey("x", pending), nil},
		"key of another":  {byKey("y"), nil},
		"of all statuses": {engine.Query{Account: "x"}, newest},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for job, err := range eng.List(t.Context(), test.query) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, job.ID)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestAJobTellsOfItsCallbackButNotOfTheSecret(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{Workers: -1, Codecs: []codec.Codec{new(enginetest.Codec)}})
	r := engine.Request{Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG}
	if job := enginetest.Submit(t, eng, r); job.Callback != nil {
		t.Errorf("%+v", job.Callback)
	}
	r.Callback = &engine.Callback{URL: "https://host.example/hook", Secret: "s",
		Events: []engine.EventKind{engine.Started}}
	submitted := enginetest.Submit(t, eng, r)
	now, err := eng.Status(t.Context(), submitted.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range []engine.Job{submitted, now} {
		c := job.Callback
		if c == nil || c.URL != r.Callback.URL || c.Secret != "" ||
			!slices.Equal(c.Events, r.Callback.Events) {
			t.Errorf("%+v", c)
		}
	}
	if r.Callback.Secret != "s" {
		t.Error("the request lost its secret")
	}
}

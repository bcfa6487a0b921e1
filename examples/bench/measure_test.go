package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestSummaryComparesPairs(t *testing.T) {
	seconds := func(list ...time.Duration) []time.Duration {
		for i := range list {
			list[i] *= time.Second
		}
		return list
	}
	got := summary(side{seconds(1, 2, 4, 1, 10), seconds(1, 2, 3)},
		side{seconds(3, 2, 2, 4, 10), seconds(4, 4, 1)})
	want := measurement{2 * time.Second, 3 * time.Second, 1, 0.5, 4,
		2 * time.Second, 4 * time.Second, 2}
	if got != want {
		t.Errorf("summary = %+v, want %+v", got, want)
	}
}

func TestAlternateTakesTurns(t *testing.T) {
	var order strings.Builder
	side := func(name string) func(context.Context) error {
		return func(context.Context) error {
			order.WriteString(name)
			return nil
		}
	}
	if _, err := alternate(t.Context(), side("a"), side("b"), 3); err != nil {
		t.Fatal(err)
	}
	if got := order.String(); got != "abababab" {
		t.Errorf("the order is %s, want a first pair to warm up and three pairs", got)
	}
	broken := errors.New("broken")
	fail := func(context.Context) error { return broken }
	if _, err := alternate(t.Context(), side("a"), fail, 3); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of a side", err)
	}
}

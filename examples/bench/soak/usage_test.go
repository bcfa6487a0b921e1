package main

import (
	"os"
	"runtime"
	"slices"
	"testing"
)

func TestLeakedFindsGrowth(t *testing.T) {
	const mib = 1 << 20
	steady := usage{200 * mib, 5 * mib, 20, 14, 30}
	for name, c := range map[string]struct {
		last usage
		want bool
	}{
		"steady":               {steady, false},
		"a little more memory": {usage{215 * mib, 5 * mib, 20, 14, 30}, false},
		"more memory":          {usage{225 * mib, 5 * mib, 20, 14, 30}, true},
		"what C holds":         {usage{200 * mib, 6 * mib, 20, 14, 30}, true},
		"descriptors":          {usage{200 * mib, 5 * mib, 25, 14, 30}, true},
		"threads":              {usage{200 * mib, 5 * mib, 20, 19, 30}, true},
		"goroutines":           {usage{200 * mib, 5 * mib, 20, 14, 35}, true},
	} {
		after := slices.Concat([]usage{{}, {}}, slices.Repeat([]usage{steady}, 4),
			slices.Repeat([]usage{c.last}, 2))
		if got := leaked(after); (got != nil) != c.want {
			t.Errorf("%s: leaked = %v", name, got)
		}
	}
}

func TestLeakedWantsEnoughToDecide(t *testing.T) {
	if leaked(make([]usage, 7)) == nil {
		t.Error("seven measurements are enough")
	}
}

func TestMeasureCountsDescriptors(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc")
	}
	before, err := measure()
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	after, err := measure()
	if err != nil {
		t.Fatal(err)
	}
	if after.descriptors != before.descriptors+10 {
		t.Errorf("from %+v to %+v, want ten descriptors more", before, after)
	}
	if after.resident < 1<<20 || after.threads == 0 || after.goroutines == 0 {
		t.Errorf("%+v holds less than a Go program must", after)
	}
}

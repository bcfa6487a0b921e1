package main

import (
	"os"
	"runtime"
	"testing"
)

func TestLeakedFindsGrowth(t *testing.T) {
	const mib = 1 << 20
	steady := usage{200 * mib, 20, 30}
	for name, c := range map[string]struct {
		last usage
		want bool
	}{
		"steady":               {steady, false},
		"a little more memory": {usage{250 * mib, 20, 30}, false},
		"much more memory":     {usage{400 * mib, 20, 30}, true},
		"descriptors":          {usage{200 * mib, 120, 30}, true},
		"goroutines":           {usage{200 * mib, 20, 130}, true},
	} {
		got := leaked([]usage{{}, steady, steady, steady, c.last})
		if (got != nil) != c.want {
			t.Errorf("%s: leaked = %v", name, got)
		}
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
	if after.descriptors != before.descriptors+10 || after.resident == 0 || after.goroutines == 0 {
		t.Errorf("from %+v to %+v, want ten descriptors more", before, after)
	}
}

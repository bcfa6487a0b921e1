package main

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestInputsThatAreJoinedShareTheirFate(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	a := picture(t, filepath.Join(dir, "a.png"), 64, 48)
	b := picture(t, filepath.Join(t.TempDir(), "a.png"), 32, 48)
	status, rows := runJSON(t, "-op", "image-to-pdf", "-out", out, a, b)
	first, second := rows[a], rows[b]
	if status != 0 || first.Status != "completed" || second.Status != "completed" ||
		len(first.Outputs) != 1 || len(second.Outputs) != 0 {
		t.Errorf("status %d, %+v, %+v", status, first, second)
	}
	if left := names(t, out); !slices.Equal(left, []string{"a.pdf"}) {
		t.Errorf("in the output folder: %v", left)
	}
	gone := filepath.Join(dir, "gone.png")
	status, rows = runJSON(t, "-op", "image-to-pdf", "-out", t.TempDir(), a, gone)
	if status != 1 || rows[a].Status != "failed" || rows[gone].Status != "failed" {
		t.Errorf("status %d, %+v", status, rows)
	}
}

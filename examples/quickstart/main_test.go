package main

import (
	"os"
	"strings"
	"testing"
)

// TestMain runs from the root of the module, as a reader of the README does.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	m.Run()
}

func Example() {
	main()
	// Output:
	// harbour.jpg → harbour.webp 640 × 427
}

// TestReadmeBeginsWithThisProgram holds the README's first code block against
// main.go, below its package comment.
func TestReadmeBeginsWithThisProgram(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), "```go\n")
	block, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("README.md has no Go code block")
	}
	if line := strings.Count(before, "\n") + 1; line > 25 {
		t.Errorf("the first code block is in line %d, want 25 at most", line)
	}
	source, err := os.ReadFile("examples/quickstart/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(source), "\npackage main")
	if want := "package main" + program; block != want {
		t.Errorf("README.md's first code block differs from examples/quickstart/main.go:\n%s", block)
	}
}

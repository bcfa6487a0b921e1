package engine_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestImportsPointOneWay holds the layers apart: contracts know nobody, backends
// know their contract, the engine knows the contracts and the backends in memory
// and on files that it defaults to, and nothing but examples knows the engine.
func TestImportsPointOneWay(t *testing.T) {
	const module = "github.com/spoolmedia/spool/"
	contracts := []string{"store", "queue", "storage", "codec"}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		layer, _, _ := strings.Cut(strings.TrimPrefix(filepath.ToSlash(path), "../"), "/")
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imported, ours := strings.CutPrefix(imported, module)
			to, _, _ := strings.Cut(imported, "/")
			if !ours || layer == "examples" || to == layer {
				continue
			}
			for _, contract := range contracts {
				if layer == contract {
					t.Errorf("%s imports %s", path, imported)
				}
			}
			if strings.HasPrefix(imported, "codec/") {
				t.Errorf("%s imports %s: codecs are the host's choice", path, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

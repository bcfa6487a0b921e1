package codectest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// StreamHashes returns for each file, and in it for each stream, its kind and a SHA-256
// of its packets, such as "v,SHA256=…". Streams that were copied have the hashes of the
// original. One process reads all files.
func StreamHashes(paths ...string) ([][]string, error) {
	dir, err := os.MkdirTemp("", "codectest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var in, out []string
	file := func(i int) string { return filepath.Join(dir, strconv.Itoa(i)) }
	for i, path := range paths {
		in = append(in, "-i", path)
		out = append(out, "-map", strconv.Itoa(i), "-c", "copy", "-f", "streamhash", file(i))
	}
	if _, err := ffmpeg(append(in, out...)...); err != nil {
		return nil, err
	}
	all := make([][]string, len(paths))
	for i := range paths {
		said, err := os.ReadFile(file(i))
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(said)) {
			_, hash, _ := strings.Cut(strings.TrimSpace(line), ",")
			all[i] = append(all[i], hash)
		}
	}
	return all, nil
}

// SameStreams compares the packets of two files, whatever their containers.
func SameStreams(got, want string) error {
	both, err := StreamHashes(got, want)
	if err != nil {
		return err
	}
	g, w := both[0], both[1]
	if len(w) == 0 {
		return errors.New("codectest: no streams to compare with")
	}
	if !slices.Equal(g, w) {
		return fmt.Errorf("%s has the streams %v, want %v", filepath.Base(got), g, w)
	}
	return nil
}

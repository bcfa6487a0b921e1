package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// operations are for pictures.
var operations = []codec.Operation{
	codec.Convert{Format: "webp", Width: 320},
	codec.Convert{Format: "jpg", Width: 800, Height: 600, Fit: codec.FitContain},
	codec.Convert{Format: "png", Width: 200, Height: 200},
	codec.Convert{Format: "avif", Width: 160},
	codec.Convert{Format: "tiff", Width: 400},
	codec.Convert{Format: "gif", Width: 100},
	codec.Convert{Format: "jxl", Width: 100},
}

// turns are for video and sound, for which pictures make no sense.
var turns = []codec.Operation{
	codec.Convert{Format: "mp4", Width: 160},
	codec.Convert{Format: "mkv"},
	codec.Convert{Format: "mp3"},
	codec.Trim{Format: "mp4", Start: 0.2, Duration: 1},
	codec.Trim{Format: "mkv", Start: 0.2, Duration: 1, Mode: codec.TrimFast},
	codec.PosterFrame{Width: 320},
	codec.GIF{Duration: 1, Width: 160},
	codec.Storyboard{Frames: 4, Width: 64},
	codec.ExtractAudio{Format: "m4a"},
	codec.ExtractSubtitles{},
	codec.Waveform{Points: 100, Width: 100, Height: 40},
	codec.Renditions{Outputs: []codec.Rendition{
		{Format: "mp4", Width: 96}, {Format: "opus"}, {Format: "webp", Width: 160},
	}},
	codec.Chain{Steps: codec.Steps{codec.Trim{Duration: 1}, codec.Transform{Width: 160, Rotate: 90},
		codec.Watermark{Text: "soak"}, codec.Convert{Format: "mp4"}}},
}

// folders with the inputs of each codec, as patterns. "" is for both.
var folders = map[string][]string{
	"":      {"*.*", "image/*.*", "video/*.*", "audio/*.*", "hostile/*-truncated.*", "hostile/*corrupt*"},
	"vips":  {"*.jpg", "*.png", "image/*.*", "hostile/*-truncated.*", "hostile/*corrupt*"},
	"libav": {"*.mp4", "video/*.*", "audio/*.*"},
}

// works is an endless row of inputs, each with its operation, in an order that is
// the same in each run and at no time kinder to memory than at another.
type works struct {
	paths  []string
	random *rand.Rand
}

// worksFor finds inputs for the codec in the folder media, or by default in the
// corpus beside the module, or in examples/media.
func worksFor(media, codecName string) (*works, error) {
	patterns, ok := folders[codecName]
	if !ok {
		return nil, fmt.Errorf("there is no codec %q", codecName)
	}
	candidates := []string{media}
	if media == "" {
		candidates = []string{
			filepath.Join("..", "..", "..", "shared", "corpus"), filepath.Join("..", "media"),
		}
	}
	for _, folder := range candidates {
		paths, err := inputs(folder, patterns)
		if err != nil {
			return nil, err
		}
		if len(paths) > 0 {
			return &works{paths, rand.New(rand.NewPCG(1, 2))}, nil
		}
	}
	return nil, fmt.Errorf("there are no media in %v", candidates)
}

// inputs returns media and broken files that are small enough to do often.
func inputs(folder string, patterns []string) ([]string, error) {
	const large = 1 << 20
	var paths []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return nil, err
		}
		for _, path := range found {
			info, err := os.Stat(path)
			if err == nil && info.Mode().IsRegular() && info.Size() < large {
				paths = append(paths, path)
			}
		}
	}
	return paths, nil
}

// next returns the next input.
func (w *works) next() engine.Input {
	path := w.paths[w.random.IntN(len(w.paths))]
	in := engine.FromFile(path)
	choice := operations
	folder := filepath.Base(filepath.Dir(path))
	if folder == "video" || folder == "audio" || filepath.Ext(path) == ".mp4" {
		choice = turns
	}
	in.Operation = choice[w.random.IntN(len(choice))]
	return in
}

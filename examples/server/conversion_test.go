package main

import (
	"testing"

	"github.com/spoolmedia/spool/codec"
)

func TestTheQualityOfAnOutputIsTold(t *testing.T) {
	s := &server{qualities: qualities(codec.NewRegistry())}
	copied := codec.Result{Streams: []codec.Stream{{Action: codec.Copied}}}
	encoded := codec.Result{Streams: []codec.Stream{{Action: codec.Dropped}, {Action: codec.Encoded}}}
	for name, test := range map[string]struct {
		op   codec.Operation
		made codec.Result
		want int // 0: none
	}{
		"as asked":              {codec.Convert{Format: "webp", Quality: 70}, encoded, 70},
		"the default":           {codec.Compress{}, encoded, 82},
		"found":                 {codec.Compress{TargetBytes: 1000}, codec.Result{Quality: 37}, 37},
		"a size decides":        {codec.Compress{TargetBytes: 1000}, encoded, 0},
		"without loss":          {codec.Compress{Lossless: true}, encoded, 0},
		"copied":                {codec.Compress{}, copied, 0},
		"there is no quality":   {codec.StripMetadata{}, encoded, 0},
		"an unknown operation":  {nil, encoded, 0},
		"what a codec left out": {codec.Compress{Quality: 9}, codec.Result{}, 9},
	} {
		got := s.qualityOf(test.op, test.made)
		if (got == nil) != (test.want == 0) || got != nil && *got != test.want {
			t.Errorf("%s: %v, want %d", name, got, test.want)
		}
	}
}

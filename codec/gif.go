package codec

import "cmp"

// GIF makes a short animation of a video.
type GIF struct {
	// Start is where it begins, in seconds after the start of the video.
	Start float64 `json:"start,omitempty"`
	// Duration in seconds, from 0.1 to 300; 0 means 4. It ends where the video
	// ends, if that is sooner.
	Duration float64 `json:"duration,omitempty"`
	// Width in pixels; 0 means 480. No picture is made larger than the video's.
	Width int `json:"width,omitempty"`
	// FPS is frames a second, from 1 to 50; 0 means 12.
	FPS float64 `json:"fps,omitempty"`
	// Format is gif or webp; "" means gif.
	Format string `json:"format,omitempty"`
	// Quality from 1 to 100 of webp; 0 means 82.
	Quality int `json:"quality,omitempty"`
}

// Name returns "gif".
func (GIF) Name() string { return "gif" }

// Target returns the canonical name of the format.
func (g GIF) Target() string { return canonicalFormat(cmp.Or(g.Format, "gif")) }

// Validate implements [Operation].
func (g GIF) Validate() error {
	f := faults{op: g.Name()}
	f.seconds("start", g.Start, 0)
	if g.Duration != 0 {
		f.within("duration", &g.Duration, 0.1, 300)
	}
	f.between("width", g.Width, 1, 4096)
	if g.FPS != 0 {
		f.within("fps", &g.FPS, 1, 50)
	}
	f.picture(g.Format, "gif", "webp")
	f.between("quality", g.Quality, 1, 100)
	return f.err()
}

// WithDefaults returns g with the documented defaults in place of zero fields,
// and Format as its canonical name.
func (g GIF) WithDefaults() GIF {
	g.Duration = cmp.Or(g.Duration, 4)
	g.Width = cmp.Or(g.Width, 480)
	g.FPS = cmp.Or(g.FPS, 12)
	g.Format = g.Target()
	g.Quality = cmp.Or(g.Quality, 82)
	return g
}

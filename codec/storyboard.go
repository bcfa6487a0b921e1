package codec

import "cmp"

// Storyboard makes one picture of many small ones from all over a video, for the
// preview of a player's seek bar, and a WebVTT file that says which is where.
type Storyboard struct {
	// Frames is how many pictures there are, up to 400; 0 means 12. They are
	// taken from the middle of as many equal parts of the video.
	Frames int `json:"frames,omitempty"`
	// Interval takes a picture of each so many seconds instead, and then Frames
	// is the most that there may be.
	Interval float64 `json:"interval,omitempty"`
	// Columns of the grid; 0 means 4.
	Columns int `json:"columns,omitempty"`
	// Width of one picture in pixels; 0 means 240.
	Width int `json:"width,omitempty"`
	// Format is jpg, png, webp or avif; "" means jpg.
	Format string `json:"format,omitempty"`
	// Quality from 1 to 100 for lossy encoders; 0 means 86.
	Quality int `json:"quality,omitempty"`
}

// Name returns "storyboard".
func (Storyboard) Name() string { return "storyboard" }

// Target returns the canonical name of the format.
func (s Storyboard) Target() string { return canonicalFormat(cmp.Or(s.Format, "jpg")) }

// Validate implements [Operation].
func (s Storyboard) Validate() error {
	f := faults{op: s.Name()}
	f.between("frames", s.Frames, 1, 400)
	f.seconds("interval", s.Interval, 0)
	f.between("columns", s.Columns, 1, 100)
	f.between("width", s.Width, 16, 1920)
	f.picture(s.Format, pictureFormats...)
	f.between("quality", s.Quality, 1, 100)
	return f.err()
}

// WithDefaults returns s with the documented defaults in place of zero fields,
// and Format as its canonical name.
func (s Storyboard) WithDefaults() Storyboard {
	s.Frames = cmp.Or(s.Frames, 12)
	s.Columns = cmp.Or(s.Columns, 4)
	s.Width = cmp.Or(s.Width, 240)
	s.Format = s.Target()
	s.Quality = cmp.Or(s.Quality, 86)
	return s
}

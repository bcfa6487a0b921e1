package codec

// Inspect tells what a file is, from its headers: its output is a [Report] in JSON.
type Inspect struct{}

// Name returns "inspect".
func (Inspect) Name() string { return "inspect" }

// Validate implements [Operation].
func (Inspect) Validate() error { return nil }

// Report is the output of [Inspect]. Fields that do not apply are left out.
type Report struct {
	Filename  string `json:"filename"`
	MimeType  string `json:"mimeType"`
	SizeBytes int64  `json:"sizeBytes"`
	Kind      Kind   `json:"kind"`
	Format    string `json:"format"` // such as "jpg", "mp4"
	// Width and Height are pixels as shown, after the orientation.
	Width       int               `json:"width,omitempty"`
	Height      int               `json:"height,omitempty"`
	Duration    float64           `json:"duration,omitempty"` // seconds
	BitrateKbps int               `json:"bitrateKbps,omitempty"`
	Image       *ImageReport      `json:"image,omitempty"`
	Streams     []StreamReport    `json:"streams,omitempty"`
	Chapters    []Chapter         `json:"chapters,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Cost        Cost              `json:"cost"` // of decoding it
}

// ImageReport is what a [Report] says of a picture or a document.
type ImageReport struct {
	Frames      int    `json:"frames,omitempty"` // of an animation
	Pages       int    `json:"pages,omitempty"`  // of a document
	ColourSpace string `json:"colourSpace"`      // such as "srgb", "cmyk", "grey"
	Profile     string `json:"profile,omitempty"`
	// Depth is bits of a channel, once decoded: 8 for less than that.
	Depth    int  `json:"depth"`
	Channels int  `json:"channels"`
	Alpha    bool `json:"alpha,omitempty"`
	// Orientation is that of EXIF, from 1 to 8; 0 if the file names none.
	Orientation int `json:"orientation,omitempty"`
	Loop        int `json:"loop,omitempty"` // of an animation; 0: for ever
	// EXIF holds the fields by their names in the EXIF specification.
	EXIF map[string]string `json:"exif,omitempty"`
}

// StreamReport is what a [Report] says of one stream of a container.
type StreamReport struct {
	Index    int     `json:"index"`
	Kind     string  `json:"kind"` // as in [Stream]
	Codec    string  `json:"codec"`
	Profile  string  `json:"profile,omitempty"`
	Language string  `json:"language,omitempty"`
	Title    string  `json:"title,omitempty"`
	Default  bool    `json:"default,omitempty"`
	Cover    bool    `json:"cover,omitempty"` // a picture of the whole, not a video
	Start    float64 `json:"start,omitempty"` // seconds
	Duration float64 `json:"duration,omitempty"`
	// BitrateKbps is 0 where the container does not tell.
	BitrateKbps int `json:"bitrateKbps,omitempty"`

	// Width and Height are pixels as stored, before Rotation.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Rotation is by how many degrees the picture is turned clockwise to be shown.
	Rotation    int     `json:"rotation,omitempty"`
	FrameRate   float64 `json:"frameRate,omitempty"`
	PixelAspect string  `json:"pixelAspect,omitempty"` // such as "16:11"; "" is square
	PixelFormat string  `json:"pixelFormat,omitempty"` // such as "yuv420p"
	// ColourPrimaries, ColourTransfer and ColourMatrix are FFmpeg's names.
	ColourPrimaries string `json:"colourPrimaries,omitempty"`
	ColourTransfer  string `json:"colourTransfer,omitempty"`
	ColourMatrix    string `json:"colourMatrix,omitempty"`

	SampleRate    int    `json:"sampleRate,omitempty"`
	Channels      int    `json:"channels,omitempty"`
	ChannelLayout string `json:"channelLayout,omitempty"` // such as "5.1"
}

// Chapter is a part of a recording that has a title.
type Chapter struct {
	Start float64 `json:"start"` // seconds
	End   float64 `json:"end"`
	Title string  `json:"title,omitempty"`
}

package codec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Convert makes a file of another format, and changes its size if asked.
//
// Video and sound are copied without a new encode where the target container
// takes their streams and no field asks for a change.
type Convert struct {
	// Format is the target's name, such as "webp" or "mp4": see [Formats]; or
	// [FormatAuto], for images.
	Format string `json:"format"`
	// Accept says with [FormatAuto] what the client shows: the Accept field of its
	// request, such as "image/avif,image/webp,*/*;q=0.8". "" stands for a client that
	// shows jpg, png and gif.
	Accept string `json:"accept,omitempty"`
	// Quality from 1 to 100 for lossy encoders; 0 means 82. A format that has none, such
	// as png, gif or flac, does not use it, and a note says so, in all operations. Sound
	// of mp3, ogg and opus has a bit rate that varies around what it decides, for stereo
	// at 82 some 190, 144 and 128 kbit/s, and less for simple sound; AAC has 160 all along.
	// MP3 is LAME's -V 2 at 82, -V 0 at 100 and -V 7 at 1.
	Quality int `json:"quality,omitempty"`
	// AutoQuality finds the quality of an image: see [AutoMinSSIM]. It goes with no
	// Quality.
	AutoQuality bool `json:"autoQuality,omitempty"`
	// MinSSIM from 0.5 to 0.9999 is the bound of AutoQuality; 0 means [AutoMinSSIM].
	MinSSIM float64 `json:"minSSIM,omitempty"`
	// Resize is one of the Preset constants up to [PresetHeight] and stands for
	// Width, Height and Fit; "" is none.
	Resize string `json:"resize,omitempty"`
	// Width and Height in pixels of the result; 0 leaves that side to the aspect
	// ratio, and both 0 keep the size. A picture is made smaller, never larger,
	// unless Enlarge is set.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Fit says what happens when both sides are given and the aspect ratio
	// differs: one of the Fit constants, "" means [FitCover].
	Fit     string `json:"fit,omitempty"`
	Enlarge bool   `json:"enlarge,omitempty"`
	// Background is the colour, as "#rrggbb", behind transparent parts where the
	// target has no transparency, and around a picture with [FitContain]; ""
	// means white.
	Background string `json:"background,omitempty"`
	// KeepProfile keeps the colour profile of an image instead of turning its
	// colours to sRGB.
	KeepProfile bool `json:"keepProfile,omitempty"`
	// AutoOrient turns an image as its EXIF orientation says; nil means true. With
	// false the pixels stay as they are stored, and the orientation stays in the
	// metadata, where the format has them.
	AutoOrient *bool `json:"autoOrient,omitempty"`
	// Page of a tiff, a pdf or another document of images, from 1; 0 means the first,
	// and a note tells that there are more.
	Page int `json:"page,omitempty"`
	// Pages, in the place of Page, are "all", or a range such as "2-5": a tiff then has
	// as many pages if they are of one size. Otherwise each page becomes an output,
	// with "-" and its number behind the name.
	Pages string `json:"pages,omitempty"`
	// Effort of the encoder of a picture or a film, from 1, which is fast, to 9, which
	// makes small files; 0 means a usual one, which is 6 for films, and less for large
	// images. jpg, tiff and heif have no choice, and a note says so.
	Effort int `json:"effort,omitempty"`
	// Depth is how many bits a sample of an image has: 8, 10 or 12 for avif and heif; 8
	// or 16 for png, tiff and jxl. 0 means 8 for avif and heif, and what the picture has
	// for the others. It goes with no other format, and not with [FormatAuto].
	Depth int `json:"depth,omitempty"`
	// Video says how the picture of a film is encoded.
	Video VideoEncoding `json:"video,omitzero"`
	// Deinterlace makes whole pictures of a film in fields; nil means so where its
	// pictures are encoded anyway, true asks for that, and false leaves the fields.
	Deinterlace *bool `json:"deinterlace,omitempty"`
	// AudioTracks and SubtitleTracks are what to keep of a film's sound and
	// subtitles: the number of a stream as inspect tells it, such as "2", or a
	// language, such as "en", which takes all in it. None means all that the format
	// holds; a format for sound holds one.
	AudioTracks    []string `json:"audioTracks,omitempty"`
	SubtitleTracks []string `json:"subtitleTracks,omitempty"`
	// Channels of the sound, from 1 to 8, such as 2 for stereo and 6 for 5.1; 0 keeps those
	// of the source, and another number asks for a new encode of the sound. All channels but
	// that of the low frequencies are heard in fewer, and made quieter so that nothing is
	// clipped: 5.1 by 8 dB in stereo. More than the source has are silent, but that mono
	// is heard in both of stereo, 3 dB quieter in each. mp3 takes 2, and a note says so where
	// there were to be more.
	Channels int `json:"channels,omitempty"`
	// Mute leaves the sound of a film out.
	Mute bool `json:"mute,omitempty"`
	// Sound is the storage key of a file whose sound takes the place of the film's.
	// It begins with the film and ends with it, or sooner.
	Sound string `json:"sound,omitempty"`
}

// Name returns "convert".
func (Convert) Name() string { return "convert" }

// Target returns the canonical name of the format.
func (c Convert) Target() string { return canonicalFormat(c.Format) }

// Blobs returns the storage key of the sound as "sound".
func (c Convert) Blobs() map[string]string {
	if c.Sound == "" {
		return nil
	}
	return map[string]string{"sound": c.Sound}
}

// Validate implements [Operation].
func (c Convert) Validate() error {
	f := faults{op: c.Name()}
	f.formatOrAuto(c.Format, c.Accept)
	f.encoding(EncodingOf(c))
	size := resize{c.Width, c.Height, c.Fit, ""}
	f.resize(size)
	f.preset("resize", c.Resize, size, plainPresets)
	f.colour("background", c.Background)
	f.depth(c.Depth, c.Target())
	f.pages(c.Page, c.Pages)
	f.tracks("audioTracks", c.AudioTracks...)
	f.tracks("subtitleTracks", c.SubtitleTracks...)
	f.channels(c.Channels)
	f.sound(c)
	return f.err()
}

// depths are how many bits a sample may have, by format.
var depths = map[string][]int{"avif": {8, 10, 12}, "heif": {8, 10, 12}, "png": {8, 16},
	"tiff": {8, 16}, "jxl": {8, 16}}

// depth wants a depth that the format has.
func (f *faults) depth(bits int, format string) {
	switch {
	case bits == 0 || slices.Contains(depths[format], bits):
	case depths[format] == nil:
		f.add("depth", "does not go with %s; it goes with %s", format,
			strings.Join(slices.Sorted(maps.Keys(depths)), ", "))
	default:
		f.add("depth", "%s has no %d bits; it has %s", format, bits,
			strings.Trim(fmt.Sprint(depths[format]), "[]"))
	}
}

// channels wants a number of channels of sound.
func (f *faults) channels(n int) { f.between("channels", n, 1, 8) }

// sound wants fields of sound that go with each other and with the format.
func (f *faults) sound(c Convert) {
	_, film := videoCodecs[c.Target()]
	switch {
	case c.Mute && !film:
		f.add("mute", "is for films, and %s holds none", c.Format)
	case c.Mute && (c.Sound != "" || len(c.AudioTracks) > 0 || c.Channels != 0):
		f.add("mute", "does not go with sound, audioTracks and channels")
	case c.Sound != "" && !film:
		f.add("sound", "is for films, and %s holds none", c.Format)
	case c.Sound != "" && len(c.AudioTracks) > 0:
		f.add("sound", "does not go with audioTracks")
	}
}

// WithDefaults returns c with the preset and the documented defaults in place of
// zero fields, and Format as its canonical name.
func (c Convert) WithDefaults() Convert {
	c.Format = c.Target()
	c.Quality, c.MinSSIM = autoDefaults(c.AutoQuality, c.Quality, 82, c.MinSSIM)
	size := presetSize(c.Resize, resize{c.Width, c.Height, c.Fit, ""})
	c.Resize = ""
	c.Width, c.Height = size.width, size.height
	c.Fit = cmp.Or(size.fit, FitCover)
	c.Background = cmp.Or(c.Background, "#ffffff")
	return c
}
